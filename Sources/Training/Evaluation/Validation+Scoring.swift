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
                        answer: answer(head, sample).center(height: view.sourceHeight, width: view.sourceWidth),
                        label: Self.label(batch, head.task, sample)
                            .center(height: view.sourceHeight, width: view.sourceWidth)
                    )
                }
            }
            try lanes.forEach(samples.count) { sample, scores in
                let index = samples[sample].draw.index
                for (place, head) in heads.enumerated() {
                    let (answer, label) = maps[sample][place]
                    if !source.hasLabel(of: head.task, at: index) {
                        // It is predicted, and there is nothing to score it by.
                    } else if head.task.isMatchedByBoundaries {
                        try source.boundaries(of: head.task, at: index).withView { truth in
                            answer.add(to: &scores[place], label: truth, sample: index)
                        }
                    } else {
                        answer.add(to: &scores[place], label: label, sample: index)
                    }
                    try folder?.write(answer.prediction(of: head.task), of: head.task, samples[sample].identifier)
                }
            }
        }
        return try lanes.results(over: team)
    }
}
