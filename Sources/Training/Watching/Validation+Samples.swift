import Collectives
import Datasets
import Tasks

/// Single samples: which are answered best and worst, and how they look.
extension Validation {
    /// The samples at which to look, by task in the order of `heads`: indices of validation samples.
    package typealias SampleChoice = [[Int]]

    /// The scores of all tasks, and each task's `count` worst and best samples, the worst first.
    package func runWithExtremes(_ count: Int) throws -> (scores: [ValidationScore], extremes: SampleChoice) {
        var own = [[Scored]](repeating: [], count: heads.count)
        let scores = try run { batch, sample in
            for place in heads.indices {
                guard let score = score(of: sample, in: batch, place: place) else { continue }
                let error = score.higherIsBetter ? -score.value : score.value
                own[place].append(Scored(index: batch.samples[sample].draw.index, error: error))
            }
        }
        let extremes = try own.map { scored in
            // Ties are broken by the index, so the choice does not depend on the number of ranks.
            let all = try team.gather(scored).joined().sorted { ($1.error, $0.index) < ($0.error, $1.index) }
            let worst = min(count, (all.count + 1) / 2)
            return (all.prefix(worst) + all.suffix(min(count, all.count - worst))).map(\.index)
        }
        return (scores, extremes)
    }

    /// A sample of a task, with its error.
    private struct Scored: PlainValue {
        let index: Int
        let error: Double
    }

    /// How the chosen samples look, in their order; this rank alone evaluates them.
    package func pictured(_ choice: SampleChoice) throws -> [PicturedSample] {
        var found: [Int: [Int: PicturedSample]] = [:]
        // Neighbours share a batch.
        let ranges = Set(choice.joined()).sorted().reduce(into: [Range<Int>]()) { ranges, index in
            if let last = ranges.last, last.upperBound == index {
                ranges[ranges.count - 1] = last.lowerBound..<index + 1
            } else {
                ranges.append(index..<index + 1)
            }
        }
        for range in ranges {
            try evaluate(range) { batch in
                for sample in 0..<batch.count {
                    let index = batch.samples[sample].draw.index
                    let image = try data.validation.sample(at: index, tasks: []).image.withView { Picture(image: $0) }
                    for place in choice.indices where choice[place].contains(index) {
                        found[index, default: [:]][place] = pictured(sample, in: batch, place, image: image)
                    }
                }
            }
        }
        return choice.indices.flatMap { place in choice[place].map { found[$0]![place]! } }
    }

    private func pictured(
        _ sample: Int, in batch: borrowing Batch, _ place: Int, image: Picture
    ) -> PicturedSample {
        let head = heads[place]
        let (identifier, view) = (batch.samples[sample].identifier, batch.samples[sample].view)
        let truth = Self.label(batch, head.task, sample)
        let range = ValueRange(of: truth, task: head.task)
        func cut(_ picture: Picture) -> Picture {
            picture.part(row: view.top, column: view.left, height: view.sourceHeight, width: view.sourceWidth)
                .reduced(toFit: PicturedSample.side)
        }
        return PicturedSample(
            sample: identifier, task: head.name, score: score(of: sample, in: batch, place: place),
            image: image.reduced(toFit: PicturedSample.side),
            truth: cut(Picture(label: truth, task: head.task, range: range)),
            prediction: cut(answer(head, sample).picture(of: head.task, range: range)))
    }

    /// The figure of one sample by which it is told from others. Of classes only those that occur count: most do not
    /// occur in one picture.
    private func score(of sample: Int, in batch: borrowing Batch, place: Int) -> MetricResult? {
        let head = heads[place]
        var score = TaskScore(task: head.task, classes: head.channels)
        answer(head, sample).add(to: &score, label: Self.label(batch, head.task, sample), sample: 0)
        return score.results.first { $0.name == "mean_iou_of_occurring_classes" } ?? score.primary
    }
}
