import ArgumentParser
import Collectives
import Configuration
import ConvolutionEngine
import Foundation
import MPICollectives
import TensorCore
import Training

/// The ranks that a launcher started together, or this process alone.
enum Job {
    /// Runs `body` with the team that this process belongs to. Without a launcher MPI is never initialized.
    ///
    /// An error of a rank that others cannot know ends the whole job, with the rank and its host in the message.
    static func run(_ body: (RankTeam) throws -> Void) throws {
        guard let launcher = try Launcher.detect(ProcessInfo.processInfo.environment) else {
            return try body(RankTeam())
        }
        // From here on a signal of the launcher leaves time to say why the job ends.
        StopSignal.install()
        let watchdog = try watchdog(launcher)
        let world = try MPIJob.start()
        try watchdog.connect(world)
        let team = try RankTeam(world, sharing: .available(), watchdog: watchdog)
        do {
            try body(team)
        } catch let code as ExitCode {
            try finish(team, watchdog)
            throw code
        } catch {
            guard isCommon(error) else {
                // An error of communication is most often a rank's that is lost, which the watch-dog names.
                if error is CollectiveError { watchdog.settle() }
                // The others would wait for this rank for ever.
                Terminal.note("rank \(team.rank) on \(team.host): \(error)")
                team.abort(code: 1)
            }
            try finish(team, watchdog)
            if team.isFirst { throw error }
            throw Modulor.code(of: error)
        }
        try finish(team, watchdog)
    }

    /// Lets the first rank tell where and how every rank of a job runs.
    static func introduce(_ team: RankTeam, _ pool: ThreadPool, _ kernels: Kernels) throws {
        guard team.size > 1 else { return }
        let library = MPIJob.libraryVersion.split(separator: ",").first.map(String.init) ?? "MPI"
        for line in try team.introductions(pool, kernels, library: library) where team.isFirst {
            Terminal.write(line + "\n")
        }
    }

    /// Whether every rank meets the error at the same place, so that the first one can speak for all.
    private static func isCommon(_ error: any Error) -> Bool {
        error is any RequestError || error is FirstRankError || error is DivergenceError || error is AgreementError
    }

    private static func finish(_ team: RankTeam, _ watchdog: Watchdog) throws {
        team.leave()
        try MPIJob.finish()
        watchdog.leave()
    }

    private static func watchdog(_ launcher: Launcher) throws -> Watchdog {
        try Watchdog(
            stallSeconds: ParallelSettings().stallSeconds,
            Watchdog.Surroundings(
                say: { Terminal.note($0) }, exit: { _exit($0) },
                // launch/mpirun asks ranks to stop by another signal.
                isBeingEnded: { launcher.kind == .openMPI && StopSignal.isTerminated },
                surveyStart: { launcher.surveyStart() }))
    }
}
