import Datasets

/// Pairs predicted with true boundary pixels, each with one at most, that are not too far apart: as many pairs as can be.
///
/// The benchmark's own program (correspondPixels of Martin et al., PAMI 2004) solves an assignment problem with randomly
/// chosen outliers, which is why its counts change from run to run. Unmatched pixels cost it more than any distance, so
/// it looks for the largest number of pairs too, and finds about one in a thousand fewer. The number of pairs of a
/// largest matching is unique, whatever order it is found in.
///
/// Pixels are looked up in maps with a border as wide as the reach, so that no neighbour needs a check. The pairs of one
/// call are the next one's start: from one threshold to the next most pixels stay.
struct BoundaryMatching {
    private let width: Int
    private let margin: Int
    /// Steps to all pixels within reach in the bordered map, nearest first.
    private let steps: [Int32]
    private let truth: [Bool]
    /// The partner of every true and every predicted pixel, or -1.
    private var partnerOfTruth: [Int32]
    private var partnerOfPrediction: [Int32]

    /// - Parameter maximumDistance: in pixels.
    init(truth mask: BinaryMask, maximumDistance: Double) {
        precondition(maximumDistance >= 0, "a distance is not negative")
        margin = Int(maximumDistance.rounded(.up))
        width = mask.width + 2 * margin
        let count = width * (mask.height + 2 * margin)
        var reached: [(distance: Int, step: Int)] = []
        for down in -margin...margin {
            for across in -margin...margin {
                let distance = down * down + across * across
                if Double(distance) <= maximumDistance * maximumDistance {
                    reached.append((distance, down * width + across))
                }
            }
        }
        steps = reached.sorted { ($0.distance, $0.step) < ($1.distance, $1.step) }.map { Int32($0.step) }
        var truth = [Bool](repeating: false, count: count)
        for place in mask.places { truth[(place.row + margin) * width + place.column + margin] = true }
        self.truth = truth
        partnerOfTruth = [Int32](repeating: -1, count: count)
        partnerOfPrediction = [Int32](repeating: -1, count: count)
    }

    /// How many pairs there are between the truth and `prediction`, a mask of the same size.
    mutating func pairs(with prediction: BinaryMask) -> Int {
        let pixels = prediction.places.map { Int32(($0.row + margin) * width + $0.column + margin) }
        var isPredicted = [Bool](repeating: false, count: truth.count)
        for pixel in pixels { isPredicted[Int(pixel)] = true }
        for index in partnerOfTruth.indices where partnerOfTruth[index] >= 0 && !isPredicted[Int(partnerOfTruth[index])]
        {
            partnerOfPrediction[Int(partnerOfTruth[index])] = -1
            partnerOfTruth[index] = -1
        }
        pairFreely(pixels)
        // A pass in which nothing changes has looked at all that can be reached from unpaired pixels, so there is no
        // way to another pair.
        var search = Search(count: truth.count)
        var isChanging = true
        while isChanging {
            isChanging = false
            search.begin()
            for pixel in pixels where partnerOfPrediction[Int(pixel)] < 0 {
                if extend(from: pixel, &search) { isChanging = true }
            }
        }
        return pixels.count { partnerOfPrediction[Int($0)] >= 0 }
    }

    /// Pairs what can be paired without moving others.
    private mutating func pairFreely(_ pixels: [Int32]) {
        for pixel in pixels where partnerOfPrediction[Int(pixel)] < 0 {
            for step in steps {
                let other = Int(pixel + step)
                if truth[other] && partnerOfTruth[other] < 0 {
                    partnerOfTruth[other] = pixel
                    partnerOfPrediction[Int(pixel)] = Int32(other)
                    break
                }
            }
        }
    }

    /// What a search remembers; nothing is allocated anew for the next one.
    private struct Search {
        /// The pass in which a true pixel was last looked at.
        var seen: [Int32]
        var pass: Int32 = 0
        /// The predicted pixels on the way, the next step of each, and the true pixel that led to the one after it.
        var way: [(pixel: Int32, next: Int)] = []

        init(count: Int) { seen = [Int32](repeating: 0, count: count) }

        mutating func begin() { pass += 1 }
    }

    /// Follows alternating steps, to true pixels within reach and from them to their partners, until a true pixel is
    /// free; then everybody on the way takes the one that it led to.
    private mutating func extend(from start: Int32, _ search: inout Search) -> Bool {
        search.way.removeAll(keepingCapacity: true)
        search.way.append((start, 0))
        while let (pixel, next) = search.way.last {
            var step = next
            var found: Int32 = -1
            while step < steps.count {
                let other = pixel + steps[step]
                step += 1
                if truth[Int(other)] && search.seen[Int(other)] != search.pass {
                    found = other
                    break
                }
            }
            guard found >= 0 else {
                search.way.removeLast()
                continue
            }
            search.way[search.way.count - 1].next = step
            search.seen[Int(found)] = search.pass
            let partner = partnerOfTruth[Int(found)]
            if partner >= 0 {
                search.way.append((partner, 0))
                continue
            }
            for (pixel, next) in search.way {
                let taken = pixel + steps[next - 1]
                partnerOfPrediction[Int(pixel)] = taken
                partnerOfTruth[Int(taken)] = pixel
            }
            return true
        }
        return false
    }
}
