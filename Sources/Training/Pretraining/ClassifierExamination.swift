import Collectives
import ConvolutionEngine
import Datasets
import Networks
import Tasks
import TensorCore

/// The shares of pictures whose class was the likeliest, and among the five likeliest.
package struct ClassificationAccuracy: Sendable, Equatable {
    package let top1: Double
    package let top5: Double

    static let figures = ["top1_accuracy", "top5_accuracy"].map { MetricFigure($0, .share, .higher) }

    package var results: [MetricResult] {
        zip(Self.figures, [top1, top5]).map { MetricResult($0, value: $1, convention: .exact) }
    }
}

/// Asks a classifier for the classes of a data set's pictures. Ranks share them; whole numbers are summed, so the result
/// does not depend on ranks.
final class ClassifierExamination {
    private let pass: EvaluationPass
    private let data: ClassifiedData
    private let source: any SampleSource
    private let plan: BatchPlan
    private let team: RankTeam

    /// - Parameters:
    ///   - classifier: built for pictures of the size of the data's examination.
    ///   - parameters: shared with the training step, so that what has been learned so far is examined.
    ///   - batchSize: of training, all ranks together.
    init(
        _ classifier: Classifier, parameters: NetworkParameters, data: ClassifiedData, batchSize: Int,
        kernels: Kernels, pool: ThreadPool, team: RankTeam
    ) throws {
        let batchSize = EvaluationPass.samples(batch: batchSize, of: data.validation.count, ranks: team.size)
        pass = try EvaluationPass(
            graphs: [classifier.graph], parameters: parameters, samples: batchSize, kernels: kernels, pool: pool)
        self.data = data
        self.team = team
        source = data.cachedValidation
        plan = .examination(
            samples: Shards(samples: data.validation.count, ranks: team.size).ranges[team.rank], batchSize: batchSize,
            crop: data.examinationCrop)
    }

    /// Over all pictures. Of equal logits the first one counts as the larger.
    ///
    /// - Throws: `PredictionError` where a logit is not finite.
    func accuracy() throws -> ClassificationAccuracy {
        let loader = try BatchLoader(source: source, tasks: [], plan: plan, workers: data.workers)
        let logits = pass.outputs[0].value
        var (first, fifth) = (0, 0)
        while let batch = try loader.next() {
            // The last batch may be partial; what is left of the one before it changes nothing, as samples do not
            // see each other in evaluation.
            pass.input.update(from: batch.images, count: batch.count * batch.height * batch.width * 3)
            pass.run()
            for (place, sample) in batch.samples.enumerated() {
                let row = logits.data + place * logits.sampleStride
                let values = UnsafeBufferPointer(start: row, count: logits.channels)
                let error = PredictionError(
                    of: Classifier.output, for: sample.identifier, in: values, width: 1, channels: logits.channels)
                if let error { throw error }
                let own = data.validation.classIndex(at: sample.draw.index)
                let better = (0..<logits.channels).count { $0 < own ? row[$0] >= row[own] : row[$0] > row[own] }
                if better < 1 { first += 1 }
                if better < 5 { fifth += 1 }
            }
        }
        let shares = try team.sum([first, fifth].map(Int64.init)).map { Double($0) / Double(data.validation.count) }
        return ClassificationAccuracy(top1: shares[0], top5: shares[1])
    }
}
