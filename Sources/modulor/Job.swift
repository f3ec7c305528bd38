import ArgumentParser
import Collectives
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
        guard try Launcher.detect(ProcessInfo.processInfo.environment) != nil else { return try body(RankTeam()) }
        let team = try RankTeam(MPIJob.start(), sharing: .available())
        do {
            try body(team)
        } catch let code as ExitCode {
            try finish(team)
            throw code
        } catch {
            guard isCommon(error) else {
                // The others would wait for this rank for ever.
                Terminal.note("rank \(team.rank) on \(team.host): \(error)")
                team.abort(code: 1)
            }
            try finish(team)
            if team.isFirst { throw error }
            throw Modulor.code(of: error)
        }
        try finish(team)
    }

    /// Lets the first rank tell on standard error where and how every rank of a job runs.
    static func introduce(_ team: RankTeam, _ pool: ThreadPool, _ kernels: Kernels) throws {
        guard team.size > 1 else { return }
        let library = MPIJob.libraryVersion.split(separator: ",").first.map(String.init) ?? "MPI"
        for line in try team.introductions(pool, kernels, library: library) where team.isFirst {
            Terminal.progress(line)
        }
    }

    /// Whether every rank meets the error at the same place, so that the first one can speak for all.
    private static func isCommon(_ error: any Error) -> Bool {
        error is any RequestError || error is FirstRankError || error is DivergenceError || error is AgreementError
    }

    private static func finish(_ team: RankTeam) throws {
        team.leave()
        try MPIJob.finish()
    }
}
