import Datasets

/// The quality of one task's outputs over a set of samples.
///
/// Samples may be added in any order, by several scores that are merged later: the results are the same bits, because
/// counts are integers and sums of Doubles are folded in sample order (see ``MetricTally``).
package struct TaskScore: Sendable {
    package let metric: any TaskMetric
    package let convention: MetricConvention
    /// What was seen so far; set to the sum over ranks before results are asked for.
    package var tally: MetricTally

    /// A score of nothing yet.
    /// - Parameter convention: whose rules `metric` follows.
    package init(_ metric: any TaskMetric, convention: MetricConvention) {
        self.metric = metric
        self.convention = convention
        tally = metric.emptyTally
    }

    /// Scores the network's output for one sample, before any activation.
    /// - Parameters:
    ///   - output: at the label's size.
    ///   - label: as the task's kind has it. Classes beyond the task's are a programmer's error: readers refuse them.
    ///   - sample: the sample's index in the whole set; an index comes once.
    package mutating func add(output: MapView, label: MapView, sample: Int) {
        precondition(
            output.height == label.height && output.width == label.width && output.channels == metric.outputChannels
                && fits(label), "an output is scored at its label's size")
        metric.add(output: output, label: label, sample: sample, to: &tally)
    }

    /// Scores a prediction that was saved in a file.
    /// - Parameter label: of the prediction's size, as for `add(output:label:sample:)`.
    package mutating func add(stored prediction: StoredPrediction, label: MapView, sample: Int) {
        let map = prediction.map
        precondition(
            map.height == label.height && map.width == label.width && fits(label),
            "a prediction is scored at its label's size")
        metric.add(stored: prediction, label: label, sample: sample, to: &tally)
    }

    private func fits(_ label: MapView) -> Bool {
        metric.hasAnnotators
            ? label.channels.isMultiple(of: metric.labelChannels) : label.channels == metric.labelChannels
    }

    /// Adds what another score of the same metric and convention has seen of other samples.
    package mutating func merge(_ other: TaskScore) {
        precondition(
            other.metric.figures == metric.figures && other.convention == convention, "only scores of one metric add up"
        )
        tally.merge(other.tally)
    }

    /// The values of all figures, the primary one first; none while no pixel with known truth was scored.
    package var results: [MetricResult] {
        guard tally.scoredPixels > 0 else { return [] }
        return zip(metric.figures, metric.values(tally)).map { MetricResult($0, value: $1, convention: convention) }
    }

    /// The primary figure; nil while no pixel with known truth was scored.
    package var primary: MetricResult? { results.first }

    /// Figures of each class or channel; nil where there are none, and while no pixel with known truth was scored.
    package var breakdown: MetricBreakdown? { tally.scoredPixels > 0 ? metric.breakdown(tally) : nil }

    /// Precision over recall of boundaries; nil of other metrics, and while no picture was scored.
    package var curve: BoundaryCurve? { tally.scoredPixels > 0 ? metric.curve(tally) : nil }
}
