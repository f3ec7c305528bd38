import Foundation
import ProgramTesting
import Testing

/// launch/mpirun with programs that are no trainers: what it does when ranks end.
@Suite(.serialized, .enabled(if: Job.isPossible, "there is no mpirun here"))
struct RestartTests {
    /// Runs two ranks of a shell script; gives the status and what launch/mpirun itself says.
    func run(
        _ script: String, command: String = "train", restarts: Int, under mpi: InstalledMPI = .ofPath
    ) throws -> (status: Int32, notes: [Substring]) {
        try withTemporaryFolder { folder in
            let program = folder.appendingPathComponent("program")
            try "#!/bin/sh\nrank=${OMPI_COMM_WORLD_RANK:-$PMI_RANK}\n\(script)\n"
                .write(to: program, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
            let errors = folder.appendingPathComponent("errors")
            let status = try Job.launch(
                ["-n", "2", "--restarts", "\(restarts)"] + mpi.options + [command], program: program.path,
                errors: errors)
            let lines = try String(contentsOf: errors, encoding: .utf8).split(separator: "\n")
            return (status: status, notes: lines.filter { $0.hasPrefix("launch/mpirun:") })
        }
    }

    /// Where launchers do not end the other ranks, these end by themselves, as real ones do.
    let dies = "[ \"$rank\" = 1 ] && kill -9 $$; [ -z \"$PMI_RANK\" ] || exit 75; sleep 30"

    @Test(arguments: InstalledMPI.all)
    func aLostRankEndsTheJobWithTheStatusThatMayResume(mpi: InstalledMPI) throws {
        let (status, notes) = try run(dies, restarts: 0, under: mpi)
        #expect(status == 75)
        // The other one's 75 may be all that is left of it.
        guard mpi.folder == nil || !notes.isEmpty else { return }
        #expect(notes.count == 1)
        // Not every MPI says always which rank it was, or by what it ended.
        let sentence =
            #/launch\/mpirun: lost (rank 1 on .*|a rank): (its process ended by signal 9|mpi\S+ ended with status 255).*/#
        #expect(notes.first?.wholeMatch(of: sentence) != nil, "\(notes)")
        #expect(notes.first?.hasSuffix("; start again with --resume") == true, "\(notes)")
    }

    @Test(arguments: InstalledMPI.all) func aLostRankIsStartedAgainToResume(mpi: InstalledMPI) throws {
        let (status, notes) = try run("[ \"$2\" = --resume ] && exit 0; " + dies, restarts: 3, under: mpi)
        #expect(status == 0)
        #expect(notes.last == "launch/mpirun: starting again from the last checkpoint" && notes.count <= 2, "\(notes)")
    }

    @Test func whatHasNoCheckpointsIsStartedAgainAsItWas() throws {
        let once = "[ $# = 1 ] || exit 2; [ -e \"$0.again\" ] && exit 0; [ \"$rank\" = 1 ] && "
        let (status, notes) = try run(
            once + "touch \"$0.again\" && kill -9 $$; sleep 30", command: "evaluate", restarts: 3)
        #expect(status == 0)
        #expect(notes.last == "launch/mpirun: starting again" && notes.count == 2, "\(notes)")
        #expect(notes.first?.contains("--resume") == false, "\(notes)")
    }

    @Test(arguments: InstalledMPI.all) func restartsAreCounted(mpi: InstalledMPI) throws {
        let (status, notes) = try run("exit 75", restarts: 2, under: mpi)
        #expect(status == 75)
        #expect(notes.count == 2)
    }

    @Test(arguments: InstalledMPI.all) func failuresAreNotRepeated(mpi: InstalledMPI) throws {
        let (status, notes) = try run("exit 2", restarts: 2, under: mpi)
        #expect(status == 2)
        #expect(notes.isEmpty)
    }

    /// An mpirun that has lost its way: its ranks end after a while, and it never does, whatever it is told.
    private let neverEnds = """
        #!/bin/sh
        [ "$1" != --version ] || { echo "mpirun (Open MPI) 4.1.4"; exit; }
        trap '' TERM INT HUP USR1
        [ ! -e "$0.again" ] || exit 0
        touch "$0.again"
        OMPI_COMM_WORLD_RANK=0 sleep 3 &
        echo $! >>"$0.processes"
        echo $$ >>"$0.processes"
        while :; do sleep 100; done

        """

    @Test(arguments: [0, 1]) func anMpirunThatNeverEndsIsKilledAndCountsAsALostRank(restarts: Int) throws {
        try withTemporaryFolder { folder in
            let place = folder.appendingPathComponent("mpirun").path
            try neverEnds.write(toFile: place, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place)
            let errors = folder.appendingPathComponent("errors")
            let status = try Job.launch(
                ["-n", "1", "--mpi", place, "--restarts", "\(restarts)", "train"], program: "/bin/true", errors: errors)
            let said = try String(contentsOf: errors, encoding: .utf8)
            let sentence = "launch/mpirun: lost the ranks: mpirun has none and did not end; start again with --resume\n"
            let again = "launch/mpirun: starting again from the last checkpoint\n"
            #expect(status == (restarts == 0 ? 75 : 0))
            #expect(said == sentence + (restarts == 0 ? "" : again), "\(said)")
            for process in try String(contentsOfFile: place + ".processes", encoding: .utf8).split(separator: "\n") {
                #expect(!FileManager.default.fileExists(atPath: "/proc/\(process)"))
            }
        }
    }

    @Test func whatIsNoMpirunIsRefused() throws {
        try withTemporaryFolder { folder in
            let errors = folder.appendingPathComponent("errors")
            for (place, words) in [
                ("/bin/true", "/bin/true is of no MPI known here"), ("/nowhere", "/nowhere is no program"),
                (folder.path, "there is no mpirun in \(folder.path)/bin"),
            ] {
                let status = try Job.launch(
                    ["-n", "2", "--mpi", place, "train"], program: "/bin/true", errors: errors)
                let said = try String(contentsOf: errors, encoding: .utf8)
                #expect(status == 2 && said.hasPrefix("launch/mpirun: \(words)"), "\(said)")
                #expect(said.split(separator: "\n").count == 1, "\(said)")
            }
        }
    }
}
