import Foundation
import ProgramTesting
import Testing

/// Ranks that are killed, stopped or asked to stop while they train.
@Suite(.serialized) struct LostRanksTests {
    /// A generator with a fixed seed (SplitMix64).
    private struct Moments: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    private static let startsOfTraining = "training "

    /// The part of the log since the last start.
    private func lastAttempt(_ log: String) -> Substring {
        log.range(of: Self.startsOfTraining, options: .backwards).map { log[$0.lowerBound...] } ?? ""
    }

    @Test(arguments: ProcessInfo.processInfo.environment["MODULOR_LONG_TESTS"] == nil ? [3] : [3, 20])
    func aTrainingThatLosesRanksEndsAsIfNothingHadHappened(kills: Int) throws {
        try withTemporaryFolder { folder in
            // More than are done before the last kill: after each start at most eight that the test waits for, and those
            // that are done while it looks at log and ranks, which takes it some 20 ms.
            let configuration = try SmallRun.configuration(in: folder, iterations: 16 * kills)
            let whole = folder.appendingPathComponent("whole")
            #expect(try Program.run(["train", configuration, "--output", whole.path]).status == 0)
            let parts = folder.appendingPathComponent("parts")
            let job = try RunningJob(
                "launch/mpirun",
                ["-n", "3", "--restarts", "\(kills)", "train", configuration, "--output", parts.path], in: folder)
            var moments = Moments(state: UInt64(kills))
            var killed: Set<pid_t> = []
            for number in 0..<kills {
                // Either somewhere on the way to the first step, or some steps after the start.
                let isAtStart = number % 3 == 2
                let steps = Int.random(in: 1...5, using: &moments)
                let rank = Int.random(in: 0..<3, using: &moments)
                let delay = Double.random(in: 0..<(isAtStart ? 0.4 : 0.06), using: &moments)
                // Where the log of this start begins, and the first step in it.
                var (start, begun): (Int?, Int?) = (nil, nil)
                /// The last step of this start; the one that it goes on after is another's.
                func step() -> Int {
                    let log = String(Substring(job.output.utf8.dropFirst(start ?? 0)))
                    return SmallRun.step(log.replacing("after step ", with: "")[...])
                }
                let isReady = job.wait {
                    let ranks = job.ranks()
                    guard ranks.count == 3, killed.isDisjoint(with: ranks.values) else { return false }
                    start = start ?? job.output.utf8.count
                    guard !isAtStart else { return true }
                    let done = step()
                    if done > 0 { begun = begun ?? done }
                    return begun.map { done >= $0 + steps } ?? false
                }
                #expect(isReady, "\(number): \(job.output.suffix(300)) \(job.errors)")
                // At a moment, but where steps are fast not later than some of them: the run must not be over before.
                let last = isAtStart ? 1 : (begun ?? 0) + steps + 2
                _ = job.wait(seconds: delay) { step() >= last }
                let ranks = job.ranks()
                guard let process = ranks[rank] else {
                    Issue.record("rank \(rank) is not there for kill \(number): \(job.errors)")
                    break
                }
                killed.formUnion(ranks.values)
                kill(process, SIGKILL)
            }
            #expect(job.status() == 0, "\(job.errors)")
            let lost = job.complaints.filter { $0.contains("lost rank ") }
            #expect(lost.count == kills, "\(job.errors)")
            let again = job.complaints.filter { $0 == "launch/mpirun: starting again from the last checkpoint" }
            #expect(again.count == kills)
            #expect(job.complaints.count == 2 * kills, "\(job.errors)")
            let isSame = try SmallRun.files(parts) == SmallRun.files(whole)
            #expect(isSame)
        }
    }

    @Test(arguments: [0, 1]) func aStoppedRankEndsTheJobAndIsNamed(rank: Int) throws {
        try withTemporaryFolder { folder in
            let configuration = try SmallRun.configuration(in: folder, iterations: 100_000)
            let run = folder.appendingPathComponent("run")
            let job = try RunningJob(
                "launch/mpirun",
                [
                    "-n", "3", "train", configuration, "--output", run.path, "--set", "parallel.stall_seconds=3",
                ], in: folder)
            #expect(job.wait { SmallRun.step(lastAttempt(job.output)) >= 5 }, "\(job.errors)")
            kill(try #require(job.ranks()[rank], "\(job.errors)"), SIGSTOP)
            #expect(job.status(within: 30) == 75)
            #expect(job.complaints.count == 1, "\(job.errors)")
            let sentence = job.errors
            #expect(sentence.hasPrefix("modulor: lost rank \(rank) on "), "\(sentence)")
            #expect(sentence.contains(" in step "))
            #expect(sentence.contains("no sign of life for 3 s; the others wait for "))
            #expect(job.ranks().isEmpty)
        }
    }

    /// A job of three ranks that is some steps into a long training.
    private func trainingJob(in folder: URL, under mpi: InstalledMPI = .ofPath) throws -> RunningJob {
        let configuration = try SmallRun.configuration(in: folder, iterations: 100_000)
        let run = folder.appendingPathComponent("run")
        let job = try RunningJob(
            "launch/mpirun", ["-n", "3"] + mpi.options + ["train", configuration, "--output", run.path], in: folder)
        #expect(job.wait { SmallRun.step(lastAttempt(job.output)) >= 2 }, "\(job.errors)")
        return job
    }

    /// Whether a job's ranks are gone within 15 s.
    private func isGone(_ job: RunningJob) -> Bool {
        let end = Date() + 15
        while !job.ranks().isEmpty, Date() < end { usleep(50_000) }
        return job.ranks().isEmpty
    }

    @Test(
        arguments: [
            (SIGTERM, false), (SIGUSR1, false), (SIGINT, false), (SIGHUP, false), (SIGTERM, true), (SIGINT, true),
        ], InstalledMPI.all)
    func aSignalStopsAllRanksAfterTheSameStep(_ signal: (number: Int32, toGroup: Bool), mpi: InstalledMPI) throws {
        try withTemporaryFolder { folder in
            let job = try trainingJob(in: folder, under: mpi)
            job.signal(signal.number, toGroup: signal.toGroup)
            #expect(job.status(within: 60) == 75)
            #expect(job.complaints.count == 1, "\(job.errors)")
            let step = SmallRun.step(lastAttempt(job.output))
            #expect(job.errors == "modulor: stopped after step \(step), which is saved; go on with --resume\n")
            let digits = String(step)
            let name = String(repeating: "0", count: 8 - digits.count) + digits
            let checksums = folder.appendingPathComponent("run/checkpoints/\(name)/checksums")
            #expect(FileManager.default.fileExists(atPath: checksums.path))
            #expect(isGone(job))
        }
    }

    @Test(arguments: [SIGKILL, SIGSEGV, SIGABRT], InstalledMPI.all)
    func aRankThatCrashesEndsTheJobAndIsNamed(signal: Int32, mpi: InstalledMPI) throws {
        try withTemporaryFolder { folder in
            let job = try trainingJob(in: folder, under: mpi)
            kill(try #require(job.ranks()[1], "\(job.errors)"), signal)
            #expect(job.status(within: 15) == 75)
            let lost = job.complaints.filter { $0.contains("lost ") }
            #expect(lost.count == 1 && lost[0].contains(#/lost (rank 1 on|a rank)/#), "\(job.errors)")
            #expect(isGone(job))
        }
    }

    @Test(arguments: InstalledMPI.all) func aJobThatLosesItsLauncherEnds(mpi: InstalledMPI) throws {
        try withTemporaryFolder { folder in
            let job = try trainingJob(in: folder, under: mpi)
            job.signal(SIGKILL)
            #expect(isGone(job))
        }
    }

    @Test(arguments: [SIGKILL, SIGTERM], InstalledMPI.all)
    func aJobThatLosesItsMpirunMayGoOn(signal: Int32, mpi: InstalledMPI) throws {
        try withTemporaryFolder { folder in
            let job = try trainingJob(in: folder, under: mpi)
            kill(try #require(job.mpirun()), signal)
            #expect(job.status(within: 30) == 75, "\(job.errors)")
            #expect(job.complaints.count == 1, "\(job.errors)")
            #expect(isGone(job))
        }
    }

    @Test(arguments: InstalledMPI.all) func aSignalEndsACommandThatHasNothingToSave(mpi: InstalledMPI) throws {
        try withTemporaryFolder { folder in
            let program = folder.appendingPathComponent("program").path
            try "#!/bin/sh\ntouch \"$0.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}\"\nexec sleep 600\n"
                .write(toFile: program, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            let job = try RunningJob(
                "launch/mpirun", ["-n", "2", "--restarts", "1"] + mpi.options + ["evaluate"], in: folder,
                environment: ["MODULOR_PROGRAM": program])
            #expect(job.wait { (0..<2).allSatisfy { FileManager.default.fileExists(atPath: "\(program).\($0)") } })
            job.signal(SIGTERM)
            #expect(job.status(within: 60) == 130)
            #expect(job.errors.isEmpty, "\(job.errors)")
        }
    }

    @Test func aDamagedCheckpointIsPassedOver() throws {
        try withTemporaryFolder { folder in
            let configuration = try SmallRun.configuration(in: folder, iterations: 8)
            let whole = folder.appendingPathComponent("whole")
            let parts = folder.appendingPathComponent("parts")
            #expect(try Program.run(["train", configuration, "--output", whole.path]).status == 0)
            #expect(try Program.run(["train", configuration, "--output", parts.path]).status == 0)
            let damaged = parts.appendingPathComponent("checkpoints/00000008")
            let file = damaged.appendingPathComponent("semseg.safetensors")
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: file)
            try FileManager.default.removeItem(at: parts.appendingPathComponent("model/tasks"))
            let outcome = try Program.run(
                ranks: 2, ["train", configuration, "--output", parts.path, "--resume"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("checkpoints/00000008 is damaged and passed over: "), "\(outcome.output)")
            #expect(outcome.output.contains("resuming after step 6"))
            let isSame = try SmallRun.files(parts) == SmallRun.files(whole)
            #expect(isSame)
        }
    }
}
