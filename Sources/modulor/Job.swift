import ArgumentParser
import Collectives
import Configuration
import ConvolutionEngine
import Foundation
import MPICollectives
import Networks
import TensorCore
import Training

/// The ranks that a launcher started together, or this process alone.
enum Job {
    /// Runs `body` with the team that this process belongs to. Without a launcher MPI is never initialized.
    ///
    /// An error that all ranks meet is told by the first one. An error of a rank that others cannot know, or do not meet,
    /// ends the whole job, with the rank and its host in the message.
    static func run(_ body: (RankTeam) throws -> Void) throws {
        guard let launcher = try Launcher.detect(ProcessInfo.processInfo.environment) else {
            return try body(RankTeam())
        }
        // From here on a signal of the launcher leaves time to say why the job ends.
        StopSignal.install()
        let watchdog = try watchdog(launcher)
        let world = try MPIJob.start()
        try watchdog.connect(world)
        let meeting = try world.duplicate()
        let team = try RankTeam(world, sharing: .available(), watchdog: watchdog)
        do {
            try body(team)
        } catch let code as ExitCode {
            try finish(team, watchdog)
            throw code
        } catch {
            // An error of communication is most often a rank's that is lost, which the watch-dog names.
            if isOfCommunication(error) { watchdog.settle() }
            guard mayBeCommon(error), allMeet(team, in: meeting) else {
                // The others would wait for this rank for ever.
                Terminal.note("rank \(team.rank) on \(team.host): \(error)")
                team.abort(code: Modulor.code(of: error).rawValue)
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

    /// Whether every rank may have met the error, so that the first one can speak for all. A request may be wrong on some
    /// hosts alone, as where a file is missing in one's copy; then ranks wait for each other in vain.
    private static func mayBeCommon(_ error: any Error) -> Bool {
        error is any RequestError || error is FirstRankError || error is DivergenceError || error is PredictionError
            || error is AgreementError && !isOfCommunication(error)
    }

    private static func isOfCommunication(_ error: any Error) -> Bool {
        if case AgreementError.communication = error { true } else { error is CollectiveError }
    }

    /// Whether the others end as well. Ranks that meet the same error are not far apart.
    private static func allMeet(_ team: RankTeam, in meeting: any Communicator) -> Bool {
        team.leave()
        return (try? meeting.barrier(withinSeconds: 10)) == true
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
