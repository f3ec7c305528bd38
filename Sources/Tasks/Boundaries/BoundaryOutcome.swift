/// How many boundary pixels have a partner.
package struct BoundaryCounts: Sendable, Equatable {
    /// True pixels with a partner, and all of them, over all annotators.
    package let matchedTruth: Int
    package let truth: Int
    /// Predicted pixels with a partner of any annotator, and all of them.
    package let matchedPredictions: Int
    package let predictions: Int

    /// Nil where nothing is predicted.
    package var precision: Double? { predictions == 0 ? nil : Double(matchedPredictions) / Double(predictions) }
    /// Nil where there is nothing to find.
    package var recall: Double? { truth == 0 ? nil : Double(matchedTruth) / Double(truth) }
    /// 2 P R / (P + R): 0 where nothing was found, nil where there is nothing to find.
    package var f: Double? {
        guard let recall else { return nil }
        let precision = precision ?? 0
        return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
    }
}

/// How well predicted boundary pixels match true ones, with numbers for what is undefined too.
struct BoundaryOutcome {
    let counts: BoundaryCounts
    /// By whose rules: see ``BoundaryBenchmark``.
    let precisionOfNothing: Double

    /// 0 where there is nothing to find.
    var recall: Double { counts.recall ?? 0 }
    var precision: Double { counts.precision ?? precisionOfNothing }
    var f: Double { Self.f(precision, recall) }

    static func f(_ precision: Double, _ recall: Double) -> Double {
        let sum = precision + recall
        return sum == 0 ? 0 : 2 * precision * recall / sum
    }
}

/// The threshold with the largest F, the first of equals, and what is reached there.
struct BoundaryOptimum {
    var threshold: Double
    var precision: Double
    var recall: Double
    var f: Double { BoundaryOutcome.f(precision, recall) }

    /// - Parameters:
    ///   - outcomes: one for each of `thresholds`.
    ///   - interpolates: whether the best may lie between two thresholds: a hundred mixtures of each two are looked at, of
    ///     their thresholds, precisions and recalls, as the benchmark does.
    init(_ outcomes: [BoundaryOutcome], at thresholds: [Double], interpolates: Bool) {
        (threshold, precision, recall) = (thresholds[0], outcomes[0].precision, outcomes[0].recall)
        var best = f
        func consider(_ threshold: Double, _ precision: Double, _ recall: Double) {
            let f = BoundaryOutcome.f(precision, recall)
            guard f > best else { return }
            best = f
            (self.threshold, self.precision, self.recall) = (threshold, precision, recall)
        }
        for index in 1..<outcomes.count {
            let (low, high) = (outcomes[index - 1], outcomes[index])
            guard interpolates else {
                consider(thresholds[index], high.precision, high.recall)
                continue
            }
            for step in 0...99 {
                let part = Double(step) / 99
                func mixture(_ low: Double, _ high: Double) -> Double { high * part + low * (1 - part) }
                consider(
                    mixture(thresholds[index - 1], thresholds[index]), mixture(low.precision, high.precision),
                    mixture(low.recall, high.recall))
            }
        }
    }
}
