import Datasets

/// What is measured of one task's outputs: figures over a set of samples.
///
/// A metric holds no samples. What it has seen is in a ``MetricTally``, which adds up to the same bits in any order and on
/// any number of ranks: pixels are counted in whole numbers, and what must be summed is one row of Doubles for each sample.
package protocol TaskMetric: Sendable {
    /// Values per pixel of the outputs that are scored, and of their labels.
    var outputChannels: Int { get }
    var labelChannels: Int { get }

    /// Whether a label may have several maps of `labelChannels`, one after another: one for each annotator.
    var hasAnnotators: Bool { get }

    /// The figures, the primary one first. They do not depend on what was scored.
    var figures: [MetricFigure] { get }

    /// A tally of nothing yet.
    var emptyTally: MetricTally { get }

    /// Scores the network's output for one sample, before any activation.
    /// - Parameters:
    ///   - label: of the output's height and width.
    ///   - sample: the sample's index in the whole set; an index comes once.
    func add(output: MapView, label: MapView, sample: Int, to tally: inout MetricTally)

    /// Scores a prediction that was saved in a file, of its label's height and width. Readers give a metric only the forms
    /// of ``StoredPrediction`` that its kind of task is saved in.
    func add(stored prediction: StoredPrediction, label: MapView, sample: Int, to tally: inout MetricTally)

    /// One value for each of ``figures``; asked for once a pixel was scored. Not a number where a figure is undefined.
    func values(_ tally: MetricTally) -> [Double]

    /// Figures of each class or channel; nil where there is nothing to tell apart.
    func breakdown(_ tally: MetricTally) -> MetricBreakdown?

    /// Precision over recall of boundaries; nil of other metrics.
    func curve(_ tally: MetricTally) -> BoundaryCurve?
}

extension TaskMetric {
    package var hasAnnotators: Bool { false }
    package func curve(_ tally: MetricTally) -> BoundaryCurve? { nil }
}

/// Figures of a task's classes, or of its channels.
package struct MetricBreakdown: Sendable, Equatable {
    /// What the parts are.
    package enum Parts: String, Codable, Sendable {
        case classes, channels
    }

    package let parts: Parts
    package let figures: [MetricFigure]
    /// For each part one value for each figure; nil where it is undefined, as the recall of a class that does not occur.
    package let values: [[Double?]]
    /// Known values (pixels) of each part in the labels.
    package let known: [Int]
    /// Of classes: pixels of each true class (a row) that were predicted as each class (a column).
    package let confusion: [[Int]]?

    package init(
        _ parts: Parts, figures: [MetricFigure], values: [[Double?]], known: [Int], confusion: [[Int]]? = nil
    ) {
        precondition(
            values.count == known.count && values.allSatisfy { $0.count == figures.count }
                && (confusion.map { $0.count == known.count } ?? true), "each part has one value for each figure")
        self.parts = parts
        self.figures = figures
        self.values = values
        self.known = known
        self.confusion = confusion
    }

    /// The values of the named figure, in the order of parts.
    package func values(of name: String) -> [Double?] {
        guard let column = figures.firstIndex(where: { $0.name == name }) else {
            preconditionFailure("there is no figure \(name) of single \(parts.rawValue)")
        }
        return values.map { $0[column] }
    }
}
