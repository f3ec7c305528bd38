import Checkpoints
import Configuration
import Datasets
import Foundation
import Graph
import Networks
import TensorCore

/// The course of a run: steps, what is told of them, validations, checkpoints, and where it stops or goes on. Which network
/// is trained on which pictures, and how it is validated, is its owner's.
final class TrainingLoop {
    private let settings: TrainingSettings
    private let keptCheckpoints: Int
    private let step: TrainingStep
    private let checkpoint: TrainingCheckpoint
    private let folder: RunFolder
    private let team: RankTeam
    /// Where this rank's time is written down, if anywhere.
    private let trace: Trace?
    /// By which other kernels the run was computed before; nil where all its steps were by the same.
    private var otherBits: String?
    /// Which validation was the best; nil in runs that do not ask.
    private(set) var course: ValidationCourse?
    private let shouldStop: () -> Bool
    private let observe: (TrainingEvent) -> Void
    /// Steps that are done.
    private(set) var done = 0
    /// Those of the newest checkpoint.
    private var saved = 0
    /// Where this rank's time went.
    private(set) var times: RankTimes

    /// How the steps came to an end.
    enum Ending {
        case lastStep
        /// `training.stop_after` validations had no gain.
        case noGain
        /// A signal asked for it; the state is saved.
        case signal
    }

    /// - Parameters:
    ///   - criterion: by which validations are compared, if they are.
    ///   - trace: what steps, validation and checkpoints are added to.
    ///   - shouldStop: asked after every step; true saves the state and ends the run.
    ///   - observe: told what happens, on the calling thread.
    init(
        _ settings: TrainingSettings, output: OutputSettings, step: TrainingStep, checkpoint: TrainingCheckpoint,
        folder: RunFolder, team: RankTeam, criterion: BestCriterion?, trace: Trace? = nil,
        shouldStop: @escaping () -> Bool,
        observe: @escaping (TrainingEvent) -> Void
    ) {
        self.settings = settings
        keptCheckpoints = output.keepCheckpoints
        self.step = step
        self.checkpoint = checkpoint
        self.folder = folder
        self.team = team
        self.trace = trace
        course = criterion.map { ValidationCourse($0) }
        self.shouldStop = shouldStop
        self.observe = observe
        times = RankTimes(rank: team.rank, host: team.host)
        if let trace { step.record(in: trace) }
    }

    /// Goes on from the newest checkpoint that is whole. Where there never was one, the run begins again.
    ///
    /// - Parameter restart: whether it begins again too where its checkpoints are lost.
    /// - Throws: `UsageError` where they are lost otherwise: a finished model would be replaced.
    func restore(restart: Bool) throws {
        let (checkpoint, folder, observe) = (checkpoint, folder, observe)
        let state = try team.fromFirst {
            let (latest, damaged) = try folder.checkpoints.latestValid()
            for damage in damaged {
                observe(.noticed("the checkpoint \(damage.path) is damaged and passed over: \(damage.reason)"))
            }
            guard let latest else {
                guard folder.holdsRun else { return State(step: 0, course: nil, otherBits: nil) }
                try checkMayBegin(restart: restart, damaged: damaged)
                observe(
                    .noticed(
                        restart
                            ? "the run begins again from the beginning, over what it has written"
                            : "there is no checkpoint, so the run starts from the beginning"))
                return State(step: 0, course: nil, otherBits: nil)
            }
            let otherBits = try checkpoint.otherBits(after: latest)
            if otherBits.isNew { observe(.noticed("from here on other kernels round otherwise: \(otherBits.text!)")) }
            return State(
                step: try checkpoint.read(latest), course: try checkpoint.course(in: latest), otherBits: otherBits.text)
        }
        (done, saved) = (state.step, state.step)
        otherBits = state.otherBits
        restore(state.course)
        for (group, state) in zip(checkpoint.parameters.groups, checkpoint.states) {
            for memory in [group.trained.values, group.statistics.values] + state.memories.map(\.memory) {
                try team.broadcast(memory)
            }
        }
        step.resume(after: done)
    }

    /// What a checkpoint says beside its tensors.
    private struct State: Codable {
        let step: Int
        let course: ValidationCourse?
        let otherBits: String?
    }

    /// Makes sure that a run without a checkpoint never had one, or may lose what came of it.
    private func checkMayBegin(restart: Bool, damaged: [CheckpointFolder.Damage]) throws {
        guard !restart else { return }
        let validated = folder.validatedModel?.step ?? 0
        // The first one is written with the first step of these.
        let firstDue = min(settings.checkpointEvery > 0 ? settings.checkpointEvery : .max, settings.iterations)
        guard
            !damaged.isEmpty || validated >= firstDue
                || FileManager.default.fileExists(atPath: folder.bankPath)
        else { return }
        let lost = damaged.isEmpty ? "is there any more" : "is whole (\(damaged[0].reason))"
        throw UsageError(
            "\(folder.path): no checkpoint \(lost), so the run would start from the beginning"
                + (validated > 0 ? " and replace its model of step \(validated)" : "")
                + "; put a checkpoint back, or add --restart to begin again")
    }

    private func restore(_ saved: ValidationCourse?) {
        guard let own = course, var saved else { return }
        guard saved.criterion == own.criterion else {
            return observe(
                .noticed("validations are compared by another figure from here on; the next one is the best so far"))
        }
        saved.hasEnded = false
        course = saved
    }

    /// Compares a validation of the state as it is now with those before; all ranks do.
    ///
    /// - Returns: whether it is the best so far, of runs that ask.
    func judge(_ scores: [ValidationScore]) -> Bool {
        let isBest = course?.add(scores, step: done) ?? false
        if let course { observe(.judged(step: done, course)) }
        return isBest
    }

    /// Whether there was no gain for so long that the run ends. The first rank decides for all.
    private func isWithoutGain() throws -> Bool {
        guard settings.stopAfter > 0, let course else { return false }
        return try team.fromFirst { course.withoutGain >= settings.stopAfter }
    }

    /// Does the steps that are left, until the last one, until there was no gain for long, or until a signal asks to stop.
    ///
    /// - Parameters:
    ///   - loader: gives the batches from the first step on that is not done; it is stopped in the end.
    ///   - fillLabels: writes a batch's labels to where the step reads them.
    ///   - validate: scores what has been learned so far, within ``validating(_:)``.
    /// - Returns: why no more steps are done.
    /// - Throws: `DivergenceError` where a loss or what was learned is not finite; the last checkpoint stays.
    func run(_ loader: BatchLoader, fillLabels: (borrowing Batch) -> Void, validate: () throws -> Void) throws -> Ending
    {
        defer { loader.stop() }
        let first = done
        while done < settings.iterations {
            // Behind the checkpoint of the same step: who is asked to stop has little time, and who is lost meanwhile
            // loses no step. A run that goes on from there begins with it.
            if done > 0, settings.validateEvery > 0, done % settings.validateEvery == 0 {
                try validate()
                if try isWithoutGain() {
                    course?.hasEnded = true
                    // A run that goes on from here ends here again, unless it may be longer without a gain.
                    if saved != done { try save() }
                    return .noGain
                }
            }
            try runStep(loader, fillLabels)
            if done == first + 1, let traffic = try step.traffic() { observe(.communicated(traffic)) }
            let isLast = done == settings.iterations
            let isStopping = !isLast && step.isStopWanted
            if isLast || isStopping || (settings.checkpointEvery > 0 && done % settings.checkpointEvery == 0) {
                try save()
            }
            if isStopping {
                observe(.stopped(step: done))
                return .signal
            }
        }
        return .lastStep
    }

    /// Runs `body` as a validation, after all ranks were made to hold the same, with the averages of the weights where
    /// such are kept.
    func validating<Result>(_ body: () throws -> Result) throws -> Result {
        try trace.span(.validation) {
            let start = ContinuousClock.now
            try step.unify()
            try checkIsFinite()
            team.report(step: done, .validating)
            let result = try scored(body)
            times.validation += (ContinuousClock.now - start).seconds
            return result
        }
    }

    private func scored<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try step.withAverages(body)
        } catch let error as PredictionError {
            throw diverged(DivergenceError(step: done, of: error))
        }
    }

    /// What is written, or scored, is a state that training can go on from. All ranks hold the same.
    private func checkIsFinite() throws {
        if let error = DivergenceError(step: done, of: checkpoint.parameters) { throw diverged(error) }
    }

    /// The error with the way on from the last checkpoint before it.
    private func diverged(_ error: DivergenceError) -> DivergenceError {
        error.resumable(from: folder.checkpoints.newestPath(before: error.step))
    }

    /// Gathers where the ranks' time went.
    func tellTimes() throws {
        observe(.timed(step: done, ranks: try team.gather(times)))
    }

    private func runStep(_ loader: BatchLoader, _ fillLabels: (borrowing Batch) -> Void) throws {
        let start = ContinuousClock.now
        trace?.step = done + 1
        team.report(step: done + 1, .loadingData)
        let waited = team.waitedSeconds
        guard let batch = try trace.span(.pictures, { try loader.next() }) else {
            preconditionFailure("training batches never end")
        }
        trace?.addBatch(batch.reading)
        let loaded = ContinuousClock.now
        step.input.update(from: batch.images, count: step.inputCount)
        fillLabels(batch)
        let rate = settings.learningRate(at: done)
        team.report(step: done + 1, .computing)
        try step.run(rate: rate, wantsToStop: shouldStop())
        done += 1
        if let error = DivergenceError(step: done, of: step) { throw diverged(error) }
        let report = StepReport(
            step: done, steps: settings.iterations, losses: zip(step.heads, step.losses).map { ($0.name, $1) },
            learningRate: rate, images: settings.batch, seconds: (ContinuousClock.now - start).seconds,
            waitSeconds: (loaded - start).seconds, communicationSeconds: team.waitedSeconds - waited, ranks: team.size)
        times.add(report)
        observe(.stepped(report))
    }

    private func save() throws {
        try trace.span(.checkpoint) { try writeCheckpoint() }
    }

    private func writeCheckpoint() throws {
        let start = ContinuousClock.now
        try step.unify()
        try checkIsFinite()
        let checkpoints = folder.checkpoints
        team.report(step: done, .saving)
        try team.first {
            try checkpoint.write(step: done, to: checkpoints, course: course, otherBits: otherBits)
            try checkpoints.prune(keeping: keptCheckpoints)
        }
        saved = done
        observe(.savedCheckpoint(step: done, path: checkpoints.checkpointPath(step: done)))
        times.saving += (ContinuousClock.now - start).seconds
        try tellTimes()
    }
}
