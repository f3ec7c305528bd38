import Foundation
import ProgramTesting
import Testing

/// launch/mpirun with programs that are no trainers: what it does when ranks end.
@Suite(.serialized, .enabled(if: Job.isPossible, "there is no mpirun here"))
struct RestartTests {
    /// Runs two ranks of a shell script; gives the status and what launch/mpirun itself says.
    func run(
        _ script: String, command: String = "train", restarts: Int
    ) throws -> (status: Int32, notes: [Substring]) {
        try withTemporaryFolder { folder in
            let program = folder.appendingPathComponent("program")
            try "#!/bin/sh\n\(script)\n".write(to: program, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
            let errors = folder.appendingPathComponent("errors")
            let status = try Job.launch(
                ["-n", "2", "--restarts", "\(restarts)", command], program: program.path, errors: errors)
            let lines = try String(contentsOf: errors, encoding: .utf8).split(separator: "\n")
            return (status: status, notes: lines.filter { $0.hasPrefix("launch/mpirun:") })
        }
    }

    let dies = "[ \"$OMPI_COMM_WORLD_RANK\" = 1 ] && kill -9 $$; sleep 30"

    @Test func aLostRankEndsTheJobWithTheStatusThatMayResume() throws {
        let (status, notes) = try run(dies, restarts: 0)
        #expect(status == 75)
        #expect(notes.count == 1)
        // Open MPI does not always say which rank it was.
        let sentence =
            #/launch\/mpirun: lost (rank 1 on .*|a rank): its process ended by signal 9.*; start again with --resume/#
        #expect(notes.first?.wholeMatch(of: sentence) != nil, "\(notes)")
    }

    @Test func aLostRankIsStartedAgainToResume() throws {
        let (status, notes) = try run("[ \"$2\" = --resume ] && exit 0; " + dies, restarts: 3)
        #expect(status == 0)
        #expect(notes.last == "launch/mpirun: starting again from the last checkpoint" && notes.count == 2)
    }

    @Test func whatHasNoCheckpointsIsStartedAgainAsItWas() throws {
        let once = "[ $# = 1 ] || exit 2; [ -e \"$0.again\" ] && exit 0; [ \"$OMPI_COMM_WORLD_RANK\" = 1 ] && "
        let (status, notes) = try run(
            once + "touch \"$0.again\" && kill -9 $$; sleep 30", command: "evaluate", restarts: 3)
        #expect(status == 0)
        #expect(notes.last == "launch/mpirun: starting again" && notes.count == 2, "\(notes)")
        #expect(notes.first?.contains("--resume") == false, "\(notes)")
    }

    @Test func restartsAreCounted() throws {
        let (status, notes) = try run("exit 75", restarts: 2)
        #expect(status == 75)
        #expect(notes.count == 2)
    }

    @Test func failuresAreNotRepeated() throws {
        let (status, notes) = try run("exit 2", restarts: 2)
        #expect(status == 2)
        #expect(notes.isEmpty)
    }
}
