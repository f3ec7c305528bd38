/// The rules of the boundary benchmark (Martin, Fowlkes and Malik, PAMI 2004; Arbeláez et al., PAMI 2011) that differ
/// between those who use it.
///
/// | | predictions | suppression | thresholds |
/// |---|---|---|---|
/// | `exact` | float32 | yes | at least 0.01, 0.02 … 0.99 |
/// | `rcm` | bytes, rounded | yes | above 0.001, 0.01, 0.02 … 0.99, 0.999 |
/// | `astmt` | bytes, truncated | yes | above 0.001, 0.01, 0.02 … 0.99, 0.999 |
/// | `mtl` | bytes, truncated | no | at least 0.01, 0.02 … 0.99 |
/// | `bsds` | as they are | no | at least 0.01, 0.02 … 0.99 |
///
/// `bsds` is the benchmark itself as it came with BSDS500 (`boundaryBench.m`), for contours that are thin already: only what
/// is cut at a threshold is thinned, and the truth stays as it was drawn.
///
/// RCM (`evaluation/evaluation_edge.py`) and ASTMT (`fblib/evaluation/eval_edges.py`) hand their files to one and the same
/// job of the benchmark's program; Multi-Task-Learning-PyTorch brings a reader and thresholds of its own.
package struct BoundaryBenchmark: Sendable, Equatable {
    package let convention: MetricConvention
    /// How far apart a predicted and a true pixel may be, as a share of the picture's diagonal.
    package let maximumDistance: Double

    /// What is customary for PASCAL, and for NYUD.
    package static let distanceForPascal = 0.0075
    package static let distanceForNYUD = 0.011

    package init(convention: MetricConvention, maximumDistance: Double) {
        precondition(maximumDistance >= 0, "a distance is not negative")
        self.convention = convention
        self.maximumDistance = maximumDistance
    }

    /// Whether only the crests of bands of high scores are kept, by ``EdgeSuppression``.
    var suppresses: Bool { convention != .mtl && convention != .bsds }

    /// Whether the truth is thinned too.
    var thinsTruth: Bool { convention != .bsds }

    /// Whether the best threshold of the set may lie between two, where precision and recall are mixtures of theirs.
    var interpolates: Bool { convention == .bsds }

    /// Of several F of a picture that agree in so many decimals the first is its best; nil where all digits count.
    var decimalsOfF: Int? { convention == .bsds ? nil : 6 }

    /// The precision where nothing is predicted.
    var precisionOfNothing: Double { convention == .bsds ? 0 : 1 }

    /// How average precision is computed.
    var precisionRule: BoundaryCurve.PrecisionRule { convention == .exact ? .area : .samples }

    /// Whether files go through the job of RCM and ASTMT.
    private var isJob: Bool { convention == .rcm || convention == .astmt }

    /// Ascending.
    package var thresholds: [Double] {
        let hundredths = (1...99).map { Double($0) / 100 }
        return isJob ? [0.001] + hundredths + [0.999] : hundredths
    }

    /// Whether a share is a boundary at a threshold.
    @inline(__always)
    func isBoundary(_ share: Float, at threshold: Float) -> Bool {
        isJob ? share > threshold : share >= threshold
    }

    /// The score of a pixel as a share of 1.
    func share(ofScore score: Float) -> Float {
        guard let rounding = convention.byteRounding else { return probability(ofScore: score) }
        return Float(rounding.byte(score: score)) / 255
    }

    /// The probability of a pixel as a share of 1.
    func share(ofProbability probability: Float) -> Float {
        convention.byteRounding.map { Float($0.byte(share: probability)) / 255 } ?? probability
    }
}
