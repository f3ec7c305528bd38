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
    /// Runs `body` with the team that this process belongs to. Without a launcher no MPI is opened.
    ///
    /// An error that all ranks meet is told by the first one. An error of a rank that others cannot know, or do not meet,
    /// ends the whole job, with the rank and its host in the message.
    static func run(_ body: (RankTeam) throws -> Void) throws {
        let environment = ProcessInfo.processInfo.environment
        guard let launcher = try Launcher.detect(environment) else {
            return try body(RankTeam())
        }
        do {
            try MPILibrary.open(for: launcher, environment)
        } catch {
            // Another host may have what this one lacks, and its ranks would wait.
            throw launcher.rank == 0 ? error : afterTheFirst(launcher.speaks ? error : ExitCode(2))
        }
        // Swift's runtime would look at the memory of a rank that crashes, and so keep the others from learning of it.
        for number in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE] { signal(number, SIG_DFL) }
        // From here on a signal of the launcher leaves time to say why the job ends.
        StopSignal.install()
        if launcher.speaks { StaleMemory.remove() }
        let watchdog = try watchdog(launcher)
        let world: MPICommunicator
        do {
            world = try MPIJob.start(launcher)
        } catch let error as MPILibraryError {
            throw launcher.rank == 0 ? error : afterTheFirst(ExitCode(2))
        }
        try watchdog.connect(world)
        tellListener("begun", world.rank)
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

    /// Does what all processes of a job do alike before they are ranks; the first one tells what goes wrong there.
    static func alike<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            var rank = (error as? LauncherError)?.rank ?? 0
            if let launcher = try? Launcher.detect(ProcessInfo.processInfo.environment) { rank = launcher.rank }
            throw rank == 0 ? error : afterTheFirst(Modulor.code(of: error))
        }
    }

    /// Refuses to run a command in each of several processes that a launcher started to work together.
    static func refuseSeveral() throws {
        let launcher = try Launcher.detect(ProcessInfo.processInfo.environment)
        guard let launcher, launcher.size != 1 else { return }
        throw UsageError(
            "\(launcher.whatItStarted), and this command is for one: start it without a launcher; train, pretrain, add, "
                + "initialize, evaluate and some of bench run on several ranks")
    }

    /// Gives an error back when the first process has had its say, for most launchers end all when one ends.
    private static func afterTheFirst(_ error: any Error) -> any Error {
        sleep(2)
        return error
    }

    /// Lets the first rank tell where and how every rank of a job runs.
    static func introduce(_ team: RankTeam, _ pool: ThreadPool, _ kernels: Kernels) throws {
        guard team.size > 1 else { return }
        for line in try team.introductions(pool, kernels, library: MPILibrary.version) where team.isFirst {
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
        tellListener("ended", team.rank)
    }

    /// Lets launch/mpirun know that the ranks have begun, and come to their end: an mpirun that loses a host may end them,
    /// and itself with status 0.
    private static func tellListener(_ what: String, _ rank: Int) {
        guard rank == 0, ProcessInfo.processInfo.environment["MODULOR_LISTENER"] != nil else { return }
        try? FileHandle.standardError.write(contentsOf: Data("launch/mpirun ranks have \(what)\n".utf8))
    }

    private static func watchdog(_ launcher: Launcher) throws -> Watchdog {
        let parent = getppid()
        return try Watchdog(
            stallSeconds: ParallelSettings().stallSeconds,
            Watchdog.Surroundings(
                say: { Terminal.note($0) }, exit: { _exit($0) },
                // launch/mpirun asks ranks to stop by another signal.
                isBeingEnded: { launcher.kind == .openMPI && StopSignal.isTerminated },
                // Whoever started ranks would also have to end them.
                isAbandoned: { getppid() != parent },
                surveyStart: { launcher.surveyStart() }))
    }
}

/// A command that ranks run together, by ``Job``; any other runs in one process.
protocol RankCommand: ParsableCommand {}
