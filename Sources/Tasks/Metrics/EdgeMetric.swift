/// Edges: F over all pixels of the set at the threshold that suits it best, pixel against pixel.
///
/// It is not the boundary benchmark: an edge that is one pixel off counts as missed and as invented.
struct EdgeMetric: Sendable {
    private let cuts: ScoreCuts

    init(convention: MetricConvention) {
        cuts = ScoreCuts(thresholds: (1...99).map { Double($0) / 100 }, rounding: convention.byteRounding)
    }

    var emptyTally: MetricTally { MetricTally(counts: 2 * (cuts.cuts.count + 1), columns: 0) }

    func add(output: MapView, label: MapView, to tally: inout MetricTally) {
        let pixels = tally.updateCounts { cuts.count(output: output, label: label, into: $0) }
        tally.addSample(pixels: pixels)
    }

    func values(_ tally: MetricTally) -> [MetricValue] {
        let outcomes = cuts.outcomes { Double(tally.count($0)) }
        var best = (f: -1.0, precision: 0.0, recall: 0.0)
        for outcome in outcomes {
            let f = BinaryOutcome.f(precision: outcome.precision, recall: outcome.recall)
            if f > best.f { best = (f, outcome.precision, outcome.recall) }
        }
        return [
            MetricValue("max_f_of_pixels", best.f, .share),
            MetricValue("precision_at_max_f", best.precision, .share),
            MetricValue("recall_at_max_f", best.recall, .share),
        ]
    }
}
