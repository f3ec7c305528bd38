import Foundation

/// Whose evaluation rules a metric follows. They agree on all that is not listed here.
///
/// | | predictions of edges, saliency, normals | pixels of unknown depth | depth over images |
/// |---|---|---|---|
/// | `exact` | float32 as the network gives them | left out | pooled |
/// | `rcm` | bytes, rounded to nearest | truth 1e-9 m | mean RMSE, median log-RMSE |
/// | `astmt` | bytes, truncated | truth 1e-9 m | mean RMSE, median log-RMSE |
/// | `mtl` | bytes, truncated | left out | pooled |
/// | `bsds` | float32 as they are given | left out | pooled |
///
/// `rcm` is the paper's code, `astmt` that of "Attentive Single-Tasking of Multiple Tasks" (CVPR 2019) and `mtl`
/// that of Multi-Task-Learning-PyTorch (PAMI 2021). They score predictions read back from 8-bit PNG files. `bsds` is the
/// program that came with BSDS500 (Arbeláez et al., PAMI 2011), which is about edges alone; all else is as in `exact`.
package enum MetricConvention: String, CaseIterable, Sendable {
    case exact, rcm, astmt, mtl, bsds

    /// How predictions become bytes before they are scored; nil where they do not.
    package var byteRounding: ByteRounding? {
        switch self {
        case .exact, .bsds: nil
        case .rcm: .nearest
        case .astmt, .mtl: .truncated
        }
    }

    /// A score that these rules make the byte `byte` of; without bytes, the one of the probability byte / 255.
    func score(ofByte byte: Float) -> Float {
        // Truncation needs a probability above the byte's own, or rounding errors would make it the one below.
        let probability = min((Double(byte) + (byteRounding == .truncated ? 0.5 : 0)) / 255, 1)
        return Float(log(probability / (1 - probability)))
    }

    /// Whether pixels of unknown depth are scored, as if they were 1e-9 m away.
    var scoresUnknownDepth: Bool { self == .rcm || self == .astmt }
}

/// How values of 0 … 1 are stored in 8 bits.
package enum ByteRounding: Sendable {
    /// floor(255 p + 0.5)
    case nearest
    /// floor(255 p)
    case truncated

    /// The byte of `share` in 0 … 1, computed in float32; what is outside is clamped, and not-a-number is 0.
    @inline(__always)
    package func byte(share: Float) -> UInt8 {
        let scaled = 255 * share + (self == .nearest ? 0.5 : 0)
        return scaled > 0 ? UInt8(min(scaled, 255)) : 0
    }

    /// The byte of an edge or saliency score before the sigmoid.
    package func byte(score: Float) -> UInt8 {
        byte(share: probability(ofScore: score))
    }

    /// The byte of a normal's component in −1 … 1.
    @inline(__always)
    package func byte(component: Float) -> UInt8 {
        // In this order, as the paper's code has it: 255 (n + 1) / 2.
        let scaled = 255 * (component + 1) / 2 + (self == .nearest ? 0.5 : 0)
        return scaled > 0 ? UInt8(min(scaled, 255)) : 0
    }
}

/// The sigmoid of a score.
func probability(ofScore score: Float) -> Float {
    Float(1 / (1 + exp(-Double(score))))
}

/// The score before the sigmoid of a probability in 0 … 1; infinite at its ends.
func score(ofProbability probability: Float) -> Float {
    Float(log(Double(probability) / (1 - Double(probability))))
}
