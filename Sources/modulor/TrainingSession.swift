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

    init(
        folder: String, output: OutputSettings, parallel: ParallelSettings, resume: Bool,
        kernels request: KernelRequest,
        team: RankTeam
    ) throws {
        self.team = team
        log = TrainingLog(
            columns: { Terminal.columns }, isColored: Terminal.isColored, logEvery: output.logEvery,
            write: Terminal.write)
        recorder = EventRecorder(
            folder: folder, version: Modulor.configuration.version, command: CommandLine.arguments,
            complain: Terminal.note)
        StopSignal.install()
        kernels = try resume ? request.kernels(resuming: folder, team: team) : request.kernels()
        pool = parallel.threadPool(on: team.processors)
        try Job.introduce(team, pool, kernels)
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
