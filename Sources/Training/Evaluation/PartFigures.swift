import Tasks

/// Figures of a task's classes or channels under their names, as JSON and event files have them.
package struct PartFigures: Codable, Sendable, Equatable {
    /// A class or a channel.
    package struct Row: Codable, Sendable, Equatable {
        package let name: String
        /// Known pixels of a class in the labels; known values of a channel.
        package let known: Int
        /// By figure; nil, in JSON null, where one is undefined, as that of a class which never occurs. Absent in files of
        /// earlier versions.
        package let values: [String: Double?]
    }

    package let task: String
    package let parts: MetricBreakdown.Parts
    package let figures: [MetricFigure]
    package let rows: [Row]
    /// Of classes: for each true class, in the order of `rows`, its pixels that were predicted as each class.
    package let confusion: [[Int]]?

    /// - Parameter names: of the parts, in their order; those beyond have numbers.
    /// - Returns: nil where the score tells no parts apart.
    package init?(_ score: ValidationScore, names: [String]) {
        guard let breakdown = score.breakdown else { return nil }
        task = score.task
        parts = breakdown.parts
        figures = breakdown.figures
        let word = breakdown.parts == .classes ? "class" : "channel"
        rows = breakdown.values.indices.map { part in
            let values = zip(breakdown.figures, breakdown.values[part]).map { figure, value in
                (figure.name, value.flatMap { $0.isFinite ? $0 : nil })
            }
            return Row(
                name: part < names.count ? names[part] : "\(word) \(part)", known: breakdown.known[part],
                values: Dictionary(uniqueKeysWithValues: values))
        }
        confusion = breakdown.confusion
    }

    /// The class that most of a class's pixels were wrongly predicted as, and their share of it; nil where there is none.
    package func confused(_ row: Int) -> (name: String, share: Double)? {
        guard let counts = confusion?[row] else { return nil }
        let others = counts.indices.filter { $0 != row && counts[$0] > 0 }
        // The first of equals.
        guard let most = others.max(by: { (counts[$0], -$0) < (counts[$1], -$1) }) else { return nil }
        return (rows[most].name, Double(counts[most]) / Double(rows[row].known))
    }
}
