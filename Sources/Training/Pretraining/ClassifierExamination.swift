import ConvolutionEngine
import Datasets
import Networks
import TensorCore

/// Asks a classifier for the classes of a data set's pictures, whole and as they are.
final class ClassifierExamination {
    private let pass: EvaluationPass
    private let examples: RoomsClassification
    private let source: CachedSampleSource
    private let plan: BatchPlan
    private let workers: Int

    /// - Parameters:
    ///   - classifier: built for pictures of the examples' size.
    ///   - parameters: shared with the training step, so that what has been learned so far is examined.
    init(
        _ classifier: Classifier, parameters: NetworkParameters, examples: RoomsClassification, batchSize: Int,
        workers: Int, kernels: Kernels, pool: ThreadPool
    ) throws {
        pass = try EvaluationPass(
            graphs: [classifier.graph], parameters: parameters, samples: batchSize, kernels: kernels, pool: pool)
        self.examples = examples
        source = CachedSampleSource(examples, byteLimit: 1 << 28)
        plan = .evaluation(
            samples: 0..<examples.count, batchSize: batchSize, frameHeight: examples.height,
            frameWidth: examples.width)
        self.workers = workers
    }

    /// The share of the pictures whose class had the highest logit, the first one of equals.
    func accuracy() throws -> Double {
        let loader = try BatchLoader(source: source, tasks: [], plan: plan, workers: workers)
        let logits = pass.outputs[0].value
        var right = 0
        while let batch = try loader.next() {
            // The last batch may be partial; what is left of the one before it changes nothing, as samples do not
            // see each other in evaluation.
            pass.input.update(from: batch.images, count: batch.count * batch.height * batch.width * 3)
            pass.run()
            for (place, sample) in batch.samples.enumerated() {
                let row = logits.data + place * logits.sampleStride
                let best = (0..<logits.channels).reduce(0) { row[$1] > row[$0] ? $1 : $0 }
                if best == examples.classIndex(at: sample.draw.index) { right += 1 }
            }
        }
        return Double(right) / Double(examples.count)
    }
}
