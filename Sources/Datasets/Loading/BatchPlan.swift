/// Which samples make up batch after batch, and how each of them is seen.
package enum BatchPlan: Sendable {
    /// Endless shuffled batches of augmented crops. `shard` is the part of the global batch that is loaded: places
    /// within 0 ..< batch size.
    case training(order: SampleOrder, shard: Range<Int>, augmentation: any TrainingCrop)
    /// Each of `samples` once, in order, whole in a frame of the given size; the last batch may be partial.
    case evaluation(samples: Range<Int>, batchSize: Int, frameHeight: Int, frameWidth: Int)
    /// Each of `samples` once, in order, as `crop` cuts it; the last batch may be partial.
    case examination(samples: Range<Int>, batchSize: Int, crop: any TrainingCrop)

    /// Training on whole global batches.
    package static func training(order: SampleOrder, augmentation: any TrainingCrop) -> BatchPlan {
        .training(order: order, shard: 0..<order.batchSize, augmentation: augmentation)
    }

    /// The most samples that a batch holds.
    package var capacity: Int {
        switch self {
        case .training(_, let shard, _): shard.count
        case .evaluation(_, let batchSize, _, _), .examination(_, let batchSize, _): batchSize
        }
    }

    /// Rows of every picture of a batch.
    package var frameHeight: Int {
        switch self {
        case .training(_, _, let augmentation): augmentation.cropHeight
        case .evaluation(_, _, let frameHeight, _): frameHeight
        case .examination(_, _, let crop): crop.cropHeight
        }
    }

    /// Columns of every picture of a batch.
    package var frameWidth: Int {
        switch self {
        case .training(_, _, let augmentation): augmentation.cropWidth
        case .evaluation(_, _, _, let frameWidth): frameWidth
        case .examination(_, _, let crop): crop.cropWidth
        }
    }

    /// The samples of step `step` in the order of the batch; nil when there are no more.
    package func draws(ofStep step: Int) -> [SampleDraw]? {
        switch self {
        case .training(let order, let shard, _):
            let first = step * order.batchSize
            return order.draws(at: first + shard.lowerBound..<first + shard.upperBound)
        case .evaluation(let samples, let batchSize, _, _), .examination(let samples, let batchSize, _):
            let remaining = samples.dropFirst(step * batchSize).prefix(batchSize)
            return remaining.isEmpty ? nil : remaining.map { SampleDraw(epoch: 0, index: $0) }
        }
    }

    /// How `sample`, drawn as `draw`, is seen.
    /// - Throws: ``SampleError`` when an evaluated picture is larger than the frame.
    package func view(of sample: Sample, drawnAs draw: SampleDraw) throws -> SampleView {
        let (height, width) = (sample.image.height, sample.image.width)
        switch self {
        case .training(_, _, let crop), .examination(_, _, let crop):
            return crop.view(
                epoch: draw.epoch, index: draw.index, sourceHeight: height, sourceWidth: width)
        case .evaluation(_, _, let frameHeight, let frameWidth):
            guard height <= frameHeight && width <= frameWidth else {
                throw sample.misfit(frameHeight: frameHeight, frameWidth: frameWidth)
            }
            return .whole(
                sourceHeight: height, sourceWidth: width, frameHeight: frameHeight, frameWidth: frameWidth)
        }
    }

    func validate(samplesInSource count: Int) {
        switch self {
        case .training(let order, let shard, _):
            precondition(order.count == count, "the order shuffles the samples of the source")
            precondition(
                shard.lowerBound >= 0 && shard.upperBound <= order.batchSize && !shard.isEmpty,
                "a shard is a part of the global batch, one sample at least")
        case .evaluation(let samples, let batchSize, let frameHeight, let frameWidth):
            precondition(samples.lowerBound >= 0 && samples.upperBound <= count, "the source has these samples")
            precondition(batchSize > 0 && frameHeight > 0 && frameWidth > 0, "a batch holds at least one pixel")
        case .examination(let samples, let batchSize, _):
            precondition(samples.lowerBound >= 0 && samples.upperBound <= count, "the source has these samples")
            precondition(batchSize > 0, "a batch holds at least one sample")
        }
    }
}
