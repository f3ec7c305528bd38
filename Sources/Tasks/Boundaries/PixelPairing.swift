/// Pairs of predicted and true pixels, each with one at most: as many as can be, and of all such matchings one whose
/// distances have the least sum. It is kept from one prediction to the next, which adds some pixels and takes others away.
///
/// Pixels are places in a map with a border as wide as the reach, so that no neighbour needs a check. Distances are counted
/// in hundredths of a pixel, as in the benchmark's own program, so that all sums are exact.
///
/// The assignment problem in its dual form: every predicted and every true pixel has a price, two prices never come to more
/// than the distance of their pixels, those of a pair come to just that, a true pixel has a price of 0 or less and 0 without
/// a partner, and a predicted one without a partner has the price of being alone. Where all this holds, no other matching is
/// better. A pixel that comes or goes breaks it in one place, and the shortest way of exchanges from there mends it.
struct PixelPairing {
    /// From a pixel to all places within reach, nearest first, and how far they are.
    private let steps: [(step: Int, distance: Int)]
    private let isTrue: [Bool]
    private var isPredicted: [Bool]
    /// The partner of every true and every predicted pixel, or -1.
    private var partnerOfTruth: [Int32]
    private var partnerOfPrediction: [Int32]
    private var priceOfTruth: [Int]
    private var priceOfPrediction: [Int]
    private var search: Search
    /// How many pairs there are.
    private(set) var count = 0

    /// More than exchanges can win in distance: being alone is worse than any of them.
    private static let alone = 1 << 40

    /// - Parameters:
    ///   - truth: the places of true pixels.
    ///   - places: how many places there are.
    ///   - steps: to all places within reach and back, nearest first; distances in hundredths of a pixel.
    init(truth: [Int], places: Int, steps: [(step: Int, distance: Int)]) {
        self.steps = steps
        var isTrue = [Bool](repeating: false, count: places)
        for pixel in truth { isTrue[pixel] = true }
        self.isTrue = isTrue
        isPredicted = [Bool](repeating: false, count: places)
        partnerOfTruth = [Int32](repeating: -1, count: places)
        partnerOfPrediction = [Int32](repeating: -1, count: places)
        priceOfTruth = [Int](repeating: 0, count: places)
        priceOfPrediction = [Int](repeating: 0, count: places)
        search = Search(places: places)
    }

    /// Whether a predicted pixel has a partner.
    func hasPartner(_ pixel: Int) -> Bool { partnerOfPrediction[pixel] >= 0 }

    /// Takes a predicted pixel in, which is not there yet.
    mutating func insert(_ pixel: Int) {
        isPredicted[pixel] = true
        var (price, free) = (Self.alone, -1)
        for (step, distance) in steps where isTrue[pixel + step] {
            let other = distance - priceOfTruth[pixel + step]
            guard other <= price else { continue }
            let isFree = partnerOfTruth[pixel + step] < 0
            if other < price { free = isFree ? pixel + step : -1 } else if isFree && free < 0 { free = pixel + step }
            price = other
        }
        priceOfPrediction[pixel] = price
        if free >= 0 && price < Self.alone {
            pair(pixel, free)
            count += 1
        } else if price < Self.alone {
            findPartner(of: pixel)
        }
    }

    /// Lets a predicted pixel go.
    mutating func remove(_ pixel: Int) {
        isPredicted[pixel] = false
        let truth = Int(partnerOfPrediction[pixel])
        guard truth >= 0 else { return }
        partnerOfPrediction[pixel] = -1
        partnerOfTruth[truth] = -1
        count -= 1
        if priceOfTruth[truth] < 0 { findPartner(ofTrue: truth) }
    }

    private mutating func pair(_ pixel: Int, _ truth: Int) {
        partnerOfPrediction[pixel] = Int32(truth)
        partnerOfTruth[truth] = Int32(pixel)
    }

    /// Finds the cheapest way to a free true pixel, or to a predicted one that is left alone in place of `start`.
    private mutating func findPartner(of start: Int) {
        search.begin()
        var (best, end, endIsTrue) = (Self.alone - priceOfPrediction[start], start, false)
        var visited = [(pixel: start, length: 0)]
        reach(from: start, length: 0)
        while let (length, truth) = search.next(), length < best {
            let partner = Int(partnerOfTruth[truth])
            if partner < 0 {
                (best, end, endIsTrue) = (length, truth, true)
                break
            }
            visited.append((partner, length))
            if length + Self.alone - priceOfPrediction[partner] < best {
                (best, end) = (length + Self.alone - priceOfPrediction[partner], partner)
            }
            reach(from: partner, length: length)
        }
        for (pixel, length) in visited {
            priceOfPrediction[pixel] += best - length
            let truth = Int(partnerOfPrediction[pixel])
            if truth >= 0 { priceOfTruth[truth] -= best - length }
        }
        var truth = end
        if endIsTrue {
            count += 1
        } else {
            guard end != start else { return }
            truth = Int(partnerOfPrediction[end])
            partnerOfPrediction[end] = -1
        }
        while true {
            let pixel = search.origin(of: truth)
            let next = Int(partnerOfPrediction[pixel])
            pair(pixel, truth)
            if pixel == start { return }
            truth = next
        }
    }

    private mutating func reach(from pixel: Int, length: Int) {
        let base = length - priceOfPrediction[pixel]
        for (step, distance) in steps where isTrue[pixel + step] {
            search.reach(pixel + step, from: pixel, length: base + distance - priceOfTruth[pixel + step])
        }
    }

    /// Finds the cheapest way to a predicted pixel that is alone, or to a true one that becomes free in place of `start`.
    private mutating func findPartner(ofTrue start: Int) {
        search.begin()
        var (best, end, endIsTrue) = (-priceOfTruth[start], start, true)
        var visited = [(truth: start, length: 0)]
        reach(fromTrue: start, length: 0)
        while let (length, pixel) = search.next(), length < best {
            let partner = Int(partnerOfPrediction[pixel])
            if partner < 0 {
                (best, end, endIsTrue) = (length, pixel, false)
                break
            }
            visited.append((partner, length))
            if length - priceOfTruth[partner] < best {
                (best, end) = (length - priceOfTruth[partner], partner)
            }
            reach(fromTrue: partner, length: length)
        }
        for (truth, length) in visited {
            priceOfTruth[truth] += best - length
            let pixel = Int(partnerOfTruth[truth])
            if pixel >= 0 { priceOfPrediction[pixel] -= best - length }
        }
        var pixel = end
        if endIsTrue {
            guard end != start else { return }
            pixel = Int(partnerOfTruth[end])
            partnerOfTruth[end] = -1
        } else {
            count += 1
        }
        while true {
            let truth = search.origin(of: pixel)
            let next = Int(partnerOfTruth[truth])
            pair(pixel, truth)
            if truth == start { return }
            pixel = next
        }
    }

    private mutating func reach(fromTrue truth: Int, length: Int) {
        let base = length - priceOfTruth[truth]
        for (step, distance) in steps where isPredicted[truth + step] {
            search.reach(truth + step, from: truth, length: base + distance - priceOfPrediction[truth + step])
        }
    }
}

/// Dijkstra's shortest ways over places, of which few are reached.
private struct Search {
    /// The search in which a place was last reached, and after which it was left for good.
    private var reached: [Int32]
    private var left: [Int32]
    private var length: [Int]
    private var origins: [Int32]
    private var number: Int32 = 0
    /// A heap, the shortest way first.
    private var heap: [(length: Int, place: Int)] = []

    init(places: Int) {
        reached = [Int32](repeating: 0, count: places)
        left = reached
        length = [Int](repeating: 0, count: places)
        origins = reached
    }

    mutating func begin() {
        number += 1
        heap.removeAll(keepingCapacity: true)
    }

    /// From where the shortest way comes to a place that was reached.
    func origin(of place: Int) -> Int { Int(origins[place]) }

    /// Notes a way, unless there is one that is as short.
    @inline(__always)
    mutating func reach(_ place: Int, from origin: Int, length way: Int) {
        guard reached[place] != number || (left[place] != number && way < length[place]) else { return }
        reached[place] = number
        length[place] = way
        origins[place] = Int32(origin)
        var hole = heap.count
        heap.append((way, place))
        while hole > 0 {
            let parent = (hole - 1) / 2
            guard heap[parent].length > way else { break }
            heap[hole] = heap[parent]
            hole = parent
        }
        heap[hole] = (way, place)
    }

    /// The nearest place that was reached and not yet left; nil where there is none.
    mutating func next() -> (length: Int, place: Int)? {
        while let top = heap.first {
            let last = heap.removeLast()
            if !heap.isEmpty {
                var hole = 0
                while 2 * hole + 1 < heap.count {
                    var child = 2 * hole + 1
                    if child + 1 < heap.count && heap[child + 1].length < heap[child].length { child += 1 }
                    guard heap[child].length < last.length else { break }
                    heap[hole] = heap[child]
                    hole = child
                }
                heap[hole] = last
            }
            guard left[top.place] != number else { continue }
            left[top.place] = number
            return top
        }
        return nil
    }
}
