import Foundation
import ProgramTesting
import Testing

@Suite(.serialized, .enabled(if: Job.isPossible, "there is no mpirun here"))
struct JobTests {
    @Test(arguments: [(1, nil), (2, nil), (3, nil), (4, nil), (4, 2), (3, 2)], InstalledMPI.all)
    func ranksGetTheBitsOfOneProcess(_ ranks: (Int, perNode: Int?), mpi: InstalledMPI) throws {
        let alone = try Job("reduce", ranks: nil)
        #expect(alone.status == 0 && alone.texts[0]?.isEmpty == false, "\(alone.errors)")
        let job = try Job("reduce", ranks: ranks.0, ranksPerNode: ranks.perNode, under: mpi)
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

    @Test(arguments: InstalledMPI.all) func errorsComeBackWithCodeAndText(mpi: InstalledMPI) throws {
        let job = try Job("error", ranks: 2, under: mpi)
        #expect(job.status == 0, "\(job.errors)")
        let text = job.texts[1] ?? ""
        // "MPI_ERR_ROOT: invalid root" of Open MPI, "Invalid root" of others.
        #expect(text.hasPrefix("broadcast failed on rank 1 on ") && text.contains("nvalid root"), "\(text)")
        #expect(text.contains(" (code "), "\(text)")
    }

    /// Libraries of the standard's interface are there beside others', which go before them.
    @Test(arguments: InstalledMPI.others) func theStandardsInterfaceIsUsedWhereThereIsNoOther(mpi: InstalledMPI) throws
    {
        let manager = FileManager.default
        let library = "\(mpi.folder!)/lib/libmpi_abi.so.1"
        guard manager.fileExists(atPath: library) else { return }
        let folder = try TemporaryFolder()
        for part in ["bin", "lib"] {
            try manager.createDirectory(atPath: folder(part), withIntermediateDirectories: true)
        }
        try manager.createSymbolicLink(atPath: folder("lib/libmpi_abi.so.1"), withDestinationPath: library)
        try "#!/bin/sh\nexec '\(mpi.launcher!.path)' \"$@\"\n".write(
            toFile: folder("bin/mpirun"), atomically: true, encoding: .utf8)
        try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder("bin/mpirun"))
        let alone = try Job("reduce", ranks: nil)
        let job = try Job("reduce", ranks: 3, under: InstalledMPI(folder: folder.path))
        #expect(job.status == 0, "\(job.errors)")
        for text in job.texts { #expect(text == alone.texts[0]) }
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
