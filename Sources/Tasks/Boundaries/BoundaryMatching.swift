import Datasets

/// Pairs predicted boundary pixels with the true ones of each annotator that are not too far apart.
///
/// Every annotator's pixels are matched on their own, one to one: as many pairs as can be, and of all such matchings one
/// whose distances have the least sum (``PixelPairing``). A predicted pixel is right if it has a partner in any of them.
///
/// The benchmark's own program (correspondPixels of Martin et al., PAMI 2004) looks for the same, an assignment in which
/// an unmatched pixel costs more than any distance, but with randomly chosen outliers, which is why its counts change from
/// run to run. It finds about one pair in a thousand fewer.
struct BoundaryMatching {
    private let width: Int
    private let margin: Int
    private var annotators: [PixelPairing]
    /// The pixels of the last prediction.
    private var pixels: [Int] = []

    /// How many pixels have a partner.
    struct Matches: Equatable {
        /// Of the true ones, over all annotators.
        var truth: Int
        /// Of the predicted ones, of which each counts once.
        var predicted: Int
    }

    /// - Parameters:
    ///   - truths: one map for each annotator, all of one size.
    ///   - maximumDistance: in pixels.
    init(truths: [BinaryMask], maximumDistance: Double) {
        precondition(maximumDistance >= 0, "a distance is not negative")
        precondition(!truths.isEmpty, "somebody has drawn the truth")
        let margin = Int(maximumDistance.rounded(.up))
        let width = truths[0].width + 2 * margin
        var steps: [(step: Int, distance: Int)] = []
        for down in -margin...margin {
            for across in -margin...margin {
                let square = Double(down * down + across * across)
                if square <= maximumDistance * maximumDistance {
                    steps.append((down * width + across, Int((100 * square.squareRoot()).rounded())))
                }
            }
        }
        steps.sort { ($0.distance, $0.step) < ($1.distance, $1.step) }
        let places = width * (truths[0].height + 2 * margin)
        annotators = truths.map { truth in
            PixelPairing(truth: Self.places(truth, width: width, margin: margin), places: places, steps: steps)
        }
        (self.width, self.margin) = (width, margin)
    }

    /// The pixels of a mask in the bordered map.
    private static func places(_ mask: BinaryMask, width: Int, margin: Int) -> [Int] {
        mask.places.map { ($0.row + margin) * width + $0.column + margin }
    }

    /// How many pixels of the truth and of `prediction`, a mask of the same size, have a partner.
    ///
    /// Work is little where `prediction` has almost the pixels of the last one.
    mutating func matches(with prediction: BinaryMask) -> Matches {
        let new = Self.places(prediction, width: width, margin: margin)
        let (removed, added) = Self.differences(from: pixels, to: new)
        for annotator in annotators.indices {
            for pixel in removed { annotators[annotator].remove(pixel) }
            for pixel in added { annotators[annotator].insert(pixel) }
        }
        pixels = new
        let annotators = annotators
        return Matches(
            truth: annotators.reduce(0) { $0 + $1.count },
            predicted: pixels.count { pixel in annotators.contains { $0.hasPartner(pixel) } })
    }

    /// What only one of two ascending lists has.
    private static func differences(from old: [Int], to new: [Int]) -> (removed: [Int], added: [Int]) {
        var (removed, added): ([Int], [Int]) = ([], [])
        var (first, second) = (0, 0)
        while first < old.count || second < new.count {
            if second == new.count || (first < old.count && old[first] < new[second]) {
                removed.append(old[first])
                first += 1
            } else if first == old.count || new[second] < old[first] {
                added.append(new[second])
                second += 1
            } else {
                first += 1
                second += 1
            }
        }
        return (removed, added)
    }
}
