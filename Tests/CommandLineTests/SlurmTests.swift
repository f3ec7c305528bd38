import Foundation
import ProgramTesting
import Testing

/// The batch file of cluster/slurm on a real Slurm.
@Suite(.serialized, .enabled(if: TestSlurm.obstacle == nil, "\(TestSlurm.obstacle ?? "")"))
struct SlurmTests {
    @Test func aJobQueuesAgainAfterAWarningAndAfterALostRank() throws {
        try withTemporaryFolder { folder in
            let slurm = try TestSlurm(in: folder.appendingPathComponent("slurm"))
            let configuration = try SmallRun.configuration(
                in: folder, iterations: 3000, validateEvery: 1000, checkpointEvery: 500)
            let run = folder.appendingPathComponent("run")
            let log = folder.appendingPathComponent("log")
            func said() -> String { String(decoding: (try? Data(contentsOf: log)) ?? Data(), as: UTF8.self) }
            func isRunning(from step: Int) -> Bool {
                let start = said().range(of: "training ", options: .backwards)
                return start.map { SmallRun.step(said()[$0.lowerBound...]) > step } ?? false
            }

            #expect(try slurm.wait { try slurm.command("sinfo", "-h", "-o", "%T") == "idle" })
            let script = RunningJob.root.appendingPathComponent("cluster/slurm/train.sbatch").path
            let job = try #require(
                try slurm.command(
                    "sbatch", "--parsable", "--ntasks", "2", "--output", log.path, script, configuration, run.path),
                "\(slurm.failure)")
            #expect(slurm.wait { isRunning(from: 10) }, "\(said())")
            // What Slurm sends when a job is pre-empted.
            _ = try slurm.command("scancel", "--signal=USR1", job)
            #expect(try slurm.wait { try slurm.field("Restarts", of: job) == "1" }, "\(said())")
            #expect(said().contains("modulor: stopped after step "), "\(said())")
            let stopped = SmallRun.step(said()[...])

            try slurm.start(job)
            #expect(slurm.wait { said().contains("resuming after step \(stopped)") && isRunning(from: stopped) })
            let ranks = slurm.ranks()
            kill(try #require(ranks[1]), SIGKILL)
            #expect(try slurm.wait { try slurm.field("Restarts", of: job) == "2" }, "\(said())")
            #expect(said().components(separatedBy: "modulor: lost rank 1 on ").count == 2, "\(said())")

            try slurm.start(job)
            #expect(try slurm.wait { try slurm.field("JobState", of: job) == "COMPLETED" }, "\(said())")
            let whole = folder.appendingPathComponent("whole")
            #expect(try Program.run(["train", configuration, "--output", whole.path]).status == 0)
            let isSame = try SmallRun.files(run) == SmallRun.files(whole)
            #expect(isSame)
        }
    }
}
