import Collectives
import Datasets
import Networks
import Tasks

extension Validation {
    /// Scores the network by any rules, boundaries by their benchmark, and saves what it predicts where a folder is
    /// given. Each rank evaluates its share of the samples; all learn the figures.
    ///
    /// What was added around a picture to fill its frame is cut off before.
    func scores(
        by rules: ScoringRules, threads: Int, saving folder: PredictionFolder? = nil
    ) throws -> [ValidationScore] {
        let lanes = ScoreLanes(heads, rules: rules, threads: threads)
        let source = data.validation
        try evaluate(Shards(samples: source.count, ranks: team.size).ranges[team.rank]) { batch in
            let samples = batch.samples
            let maps = samples.indices.map { sample in
                heads.map { head in
                    let view = samples[sample].view
                    return (
                        output: output(head, sample).center(height: view.sourceHeight, width: view.sourceWidth),
                        label: Self.label(batch, head.task, sample)
                            .center(height: view.sourceHeight, width: view.sourceWidth)
                    )
                }
            }
            try lanes.forEach(samples.count) { sample, scores in
                let index = samples[sample].draw.index
                for (place, head) in heads.enumerated() {
                    let (output, label) = maps[sample][place]
                    if !source.hasLabel(of: head.task, at: index) {
                        // It is predicted, and there is nothing to score it by.
                    } else if head.task.isMatchedByBoundaries {
                        try source.boundaries(of: head.task, at: index).withView { truth in
                            scores[place].add(output: output, label: truth, sample: index)
                        }
                    } else {
                        scores[place].add(output: output, label: label, sample: index)
                    }
                    try folder?.write(output.prediction(of: head.task), of: head.task, samples[sample].identifier)
                }
            }
        }
        return try lanes.results(over: team)
    }
}

extension MapView {
    /// What is saved of an output: the winning classes, or a copy of all values.
    fileprivate func prediction(of task: LearningTask) -> PixelMap {
        let isClassification = task.kind == .classes
        var values: [Float] = []
        values.reserveCapacity(height * width * (isClassification ? 1 : channels))
        for row in 0..<height {
            let pixels = UnsafeBufferPointer(start: self.row(row), count: width * channels)
            if isClassification {
                for column in 0..<width {
                    values.append(Float(indexOfLargest(pixels.baseAddress! + column * channels, count: channels)))
                }
            } else {
                values += pixels
            }
        }
        return PixelMap(height: height, width: width, channels: isClassification ? 1 : channels, values: values)
    }
}
