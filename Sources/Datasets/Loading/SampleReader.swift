/// Reads samples into their places in a batch. Each worker has its own, for the tables that it keeps.
struct SampleReader {
    private let source: any SampleSource
    private let plan: BatchPlan
    private let tasks: [LearningTask]
    private var renderer: ViewRenderer

    init(source: any SampleSource, plan: BatchPlan, tasks: [LearningTask], normalization: ImageNormalization) {
        self.source = source
        self.plan = plan
        self.tasks = tasks
        renderer = ViewRenderer(normalization: normalization)
    }

    /// Reads the sample of `job`; what goes wrong is part of the result.
    mutating func read(_ job: BatchPipeline.Job) -> Result<BatchSample, any Error> {
        Result { try readThrowing(job) }
    }

    private mutating func readThrowing(_ job: BatchPipeline.Job) throws -> BatchSample {
        let sample = try source.sample(at: job.draw.index, tasks: tasks)
        let view = try plan.view(of: sample, drawnAs: job.draw)
        let pixels = view.frameHeight * view.frameWidth
        renderer.renderImage(sample.image, view: view, to: job.storage.images + job.place * pixels * 3)
        for (task, target) in zip(tasks, job.storage.labels) {
            let labels = try sample.checkedLabels(of: task)
            renderer.renderLabels(
                labels, task: task, view: view, to: target + job.place * pixels * task.labelChannels)
        }
        return BatchSample(draw: job.draw, identifier: sample.identifier, view: view)
    }
}
