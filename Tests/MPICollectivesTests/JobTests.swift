import Testing

@Suite(.serialized, .enabled(if: Job.isPossible, "there is no mpirun here"))
struct JobTests {
    @Test(arguments: [(1, nil), (2, nil), (3, nil), (4, nil), (4, 2), (3, 2)])
    func ranksGetTheBitsOfOneProcess(ranks: Int, ranksPerNode: Int?) throws {
        let alone = try Job("reduce", ranks: nil)
        #expect(alone.status == 0 && alone.texts[0]?.isEmpty == false, "\(alone.errors)")
        let job = try Job("reduce", ranks: ranks, ranksPerNode: ranksPerNode)
        #expect(job.status == 0, "\(job.errors)")
        for text in job.texts { #expect(text == alone.texts[0]) }
    }

    @Test func ranksThatDifferAreNamed() throws {
        let job = try Job("disagree", ranks: 3)
        #expect(job.status == 0, "\(job.errors)")
        for text in job.texts {
            #expect(text?.contains("\n  bank: aa on ranks 0, 1 (") == true, "\(text ?? "")")
            #expect(text?.contains(", bb on rank 2 (") == true)
            #expect(text?.contains("version") == false)
        }
    }

    @Test func errorsComeBackWithCodeAndText() throws {
        let job = try Job("error", ranks: 2)
        #expect(job.status == 0, "\(job.errors)")
        #expect(job.texts[1]?.hasPrefix("broadcast failed on rank 1 on ") == true, "\(job.texts[1] ?? "")")
        #expect(job.texts[1]?.contains("MPI_ERR_ROOT: invalid root (code ") == true, "\(job.texts[1] ?? "")")
    }

    @Test(arguments: [nil, 1, 2, 3])
    func whatIsReadOnlyCannotBeWritten(ranks: Int?) throws {
        let job = try Job("fault", ranks: ranks)
        // mpirun counts a rank that ends by a memory fault, which is signal 11, as lost.
        if ranks != nil {
            #expect(job.status == 75 && job.errors.contains("ended by signal 11"), "\(job.errors)")
        } else {
            #expect(job.status == 11, "\(job.errors)")
        }
        // All came to the write, and none past it.
        #expect(job.texts.allSatisfy { $0 == "the copy is as it should be" }, "\(job.texts)")
    }

    @Test func abortEndsAllRanksWithItsCode() throws {
        let job = try Job("abort", ranks: 3)
        #expect(job.status == 75, "\(job.errors)")
        #expect(job.texts == [nil, nil, nil])
    }
}
