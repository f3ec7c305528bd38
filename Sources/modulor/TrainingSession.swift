import ArgumentParser
import Configuration
import ConvolutionEngine
import Foundation
import Reports
import TensorCore
import Training

/// What every command that trains sets up: kernels and threads, signals that stop it, the log, and the event files.
struct TrainingSession {
    let kernels: Kernels
    let pool: ThreadPool
    private let team: RankTeam
    private let log: TrainingLog
    private let recorder: EventRecorder

    /// - Parameter kernels: makes them, when signals are looked at already.
    init(
        folder: String, output: OutputSettings, parallel: ParallelSettings, team: RankTeam,
        kernels: () throws -> Kernels
    ) throws {
        self.team = team
        log = TrainingLog(
            columns: { Terminal.columns }, isColored: Terminal.isColored, logEvery: output.logEvery,
            write: Terminal.write)
        recorder = EventRecorder(
            folder: folder, command: CommandLine.arguments, complain: Terminal.note)
        StopSignal.install()
        self.kernels = try kernels()
        pool = parallel.threadPool(on: team.processors)
        try Job.introduce(team, pool, self.kernels)
    }

    /// Tells the first rank's user what happens.
    func observe(_ event: TrainingEvent) {
        guard team.isFirst else { return }
        log.observe(event)
        recorder.observe(event)
    }

    /// Says that a signal stopped the run early, and how to go on; the status to end with.
    func stopped(after step: Int) -> ExitCode {
        if team.isFirst { Terminal.note("stopped after step \(step), which is saved; go on with --resume") }
        return ExitCode(75)
    }
}
