import Datasets
import Foundation
import Tasks
import TensorCore
import Testing

/// Boundaries that several people have drawn, by counts that were made by hand or by trying everything.
@Suite("Boundaries of several annotators")
struct BoundaryAnnotatorsTests {
    /// Horizontal lines in a picture of 20 × 20, by their row, columns and value; 0 elsewhere.
    private func lines(_ lines: (row: Int, columns: ClosedRange<Int>, value: Float)...) -> [Float] {
        var values = [Float](repeating: 0, count: 400)
        for line in lines { for column in line.columns { values[20 * line.row + column] = line.value } }
        return values
    }

    /// Maps of one channel as the channels of one.
    private func joined(_ maps: [[Float]], height: Int = 20, width: Int = 20) -> PixelMap {
        PixelMap(
            height: height, width: width, channels: maps.count,
            values: (0..<height * width).flatMap { pixel in maps.map { $0[pixel] } })
    }

    private func score(
        _ probabilities: [Float], _ truth: PixelMap, by convention: MetricConvention = .bsds, distance: Double = 0
    ) -> TaskScore {
        var score = TaskScore(task: .edge, convention: convention, boundaryDistance: distance)
        let map = PixelMap(height: truth.height, width: truth.width, channels: 1, values: probabilities)
        truth.withView { score.add(stored: .probabilities(map), label: $0, sample: 7) }
        return score
    }

    /// Two people have drawn 10 pixels each, of which 5 are the same; 11 of the 17 predicted pixels are right, for one of
    /// them, for the other or for both, and of the 20 drawn ones 10 and 6 are found.
    @Test func countsByHand() throws {
        let truth = joined([lines((5, 2...11, 1)), lines((5, 7...16, 1))])
        let prediction = lines((5, 2...12, 0.9), (12, 4...9, 0.35))
        let score = score(prediction, truth)
        let curve = try #require(score.curve)
        #expect(curve.points.count == 99)
        for point in curve.points {
            let isLow = point.threshold <= 0.35, isHigh = point.threshold > 0.9
            #expect(point.counts.truth == 20)
            #expect(point.counts.matchedTruth == (isHigh ? 0 : 16), "\(point)")
            #expect(point.counts.matchedPredictions == (isHigh ? 0 : 11), "\(point)")
            #expect(point.counts.predictions == (isLow ? 17 : isHigh ? 0 : 11), "\(point)")
            #expect(point.counts.precision == (isHigh ? nil : isLow ? 11.0 / 17 : 1))
            #expect(point.counts.recall == (isHigh ? 0 : 0.8))
        }
        // 0.35 is in, 0.36 is the first threshold that the second line is not above.
        #expect(curve.threshold == 0.36)
        #expect(curve.pictures.map(\.sample) == [7] && curve.pictures.map(\.annotators) == [2])
        #expect(curve.pictures[0].best.threshold == 0.36 && curve.pictures[0].best.counts == curve.points[35].counts)
        let best = 2 * 0.8 / 1.8
        for (name, value) in [("ods_f", best), ("ois_f", best), ("ods_precision", 1), ("ods_recall", 0.8)] {
            #expect(try score.value(name) == value, "\(name)")
        }
        // A straight line from precision 0 at recall 0, where nothing is predicted, to 11 / 17 at recall 0.8, the first
        // of the outcomes there: the sum over 0, 0.01 … 0.8, of 81 points whose mean is the half, over 100.
        #expect(abs(try score.value("average_precision") - 81.0 / 2 * 11 / 17 / 100) < 1e-12)
        #expect(curve.precisionRule == .samples)
    }

    @Test("the best threshold may lie between two, by mixtures of their precision and recall")
    func interpolation() throws {
        // At 0.5 all of 10 is found among 20, at 0.51 6 among 6: precision 1/2 … 1, recall 1 … 0.6.
        let truth = joined([lines((5, 2...11, 1))])
        let score = score(lines((5, 2...7, 0.9), (5, 8...11, 0.5), (12, 2...11, 0.5)), truth)
        // F of the mixtures with the share d: precision (1 + d) / 2, recall 1 - 0.4 d.
        let mixtures = (0...99).map { step -> (f: Double, share: Double) in
            let d = Double(step) / 99
            let (p, r) = ((1 + d) / 2, 1 - 0.4 * d)
            return (2 * p * r / (p + r), d)
        }
        let best = try #require(mixtures.max { $0.f < $1.f })
        #expect(best.share > 0 && best.share < 1)
        #expect(abs(try score.value("ods_f") - best.f) < 1e-12)
        #expect(abs(try #require(score.curve).threshold - (0.5 + 0.01 * best.share)) < 1e-12)
        // A picture's own best is at a threshold.
        #expect(abs(try score.value("ois_f") - 0.75) < 1e-12)
    }

    @Test("of one annotator's map, and of the same map twice, precision and recall are the same")
    func sameMapTwice() throws {
        let random = RandomStream("one map twice")
        let prediction = (0..<400).map { random.unit(UInt64($0)) }
        let truth = lines((3, 1...17, 1), (4, 1...17, 1), (10, 0...19, 1), (15, 5...9, 1))
        for convention in MetricConvention.allCases {
            let once = score(prediction, joined([truth]), by: convention, distance: 0.08)
            let twice = score(prediction, joined([truth, truth]), by: convention, distance: 0.08)
            #expect(once.results == twice.results, "\(convention)")
            for (one, two) in zip(try #require(once.curve).points, try #require(twice.curve).points) {
                #expect(one.counts.matchedPredictions == two.counts.matchedPredictions)
                #expect(2 * one.counts.matchedTruth == two.counts.matchedTruth)
            }
        }
    }

    @Test("what is undefined has no number")
    func undefined() throws {
        let nothing = [Float](repeating: 0, count: 400)
        let score = score(nothing, joined([nothing, nothing]))
        let point = try #require(score.curve?.points.first).counts
        #expect(point.precision == nil && point.recall == nil && point.f == nil)
        // Found nothing of what is there.
        let missed = try #require(self.score(nothing, joined([lines((5, 2...11, 1))])).curve?.points.first).counts
        #expect(missed.precision == nil && missed.recall == 0 && missed.f == 0)
    }

    @Test("a pixel is left out where all annotators do not know it")
    func unknown() throws {
        let truth = joined([lines((5, 2...11, 255)), lines((5, 2...6, 255), (5, 9...9, 1))])
        let counts = try #require(score(lines((5, 2...11, 0.9)), truth).curve?.points.first).counts
        // Columns 7 to 11 stay: the second one has drawn one of them.
        #expect(counts.truth == 1 && counts.matchedTruth == 1)
        #expect(counts.predictions == 5 && counts.matchedPredictions == 1)
    }

    @Test("contours are scored as they are: without suppression, and a truth that is drawn thick stays so")
    func conventions() throws {
        let truth = joined([lines((5, 2...11, 1), (6, 2...11, 1), (7, 2...11, 1))])
        let prediction = lines((0, 2...11, 0.9), (6, 2...11, 0.9))
        let plain = try #require(score(prediction, truth).curve?.points.first).counts
        #expect(plain.truth == 30 && plain.matchedTruth == 10 && plain.predictions == 20)
        let exact = try #require(score(prediction, truth, by: .exact).curve?.points.first).counts
        // Thinned, and the line at the picture's rim is faded out.
        #expect(exact.truth < 30 && exact.predictions < 20)
        // A byte that is a threshold is at it: 51 / 255 is 0.2.
        var bytes = TaskScore(task: .edge, convention: .bsds, boundaryDistance: 0)
        let map = PixelMap(height: 20, width: 20, channels: 1, values: lines((6, 2...11, 51)))
        truth.withView { bytes.add(stored: .bytes(map), label: $0, sample: 0) }
        let points = try #require(bytes.curve).points
        #expect(points[19].threshold == 0.2 && points[19].counts.predictions == 10)
        #expect(points[20].counts.predictions == 0)
    }

    /// Pixels of a few values at random in a small picture, for two people, against all matchings there are.
    @Test(arguments: 0..<30)
    func matchingsAgainstAllOfThem(seed: Int) throws {
        let random = RandomStream("matchings").substream(UInt64(seed))
        var drawn: UInt64 = 0
        func next(below count: Int) -> Int {
            drawn += 1
            return random.integer(drawn, below: count)
        }
        let (height, width, reach) = (6, 7, 2.3)
        let diagonal = Double(height * height + width * width).squareRoot()
        func places(_ count: Int) -> [Float] {
            var map = [Float](repeating: 0, count: height * width)
            for _ in 0..<count { map[next(below: map.count)] = 1 }
            return map
        }
        let truths = [places(6), places(6)]
        let shares = places(7).map { $0 == 0 ? Float(0) : [0.2, 0.4, 0.6, 0.8][next(below: 4)] }
        let curve = try #require(
            score(shares, joined(truths, height: height, width: width), distance: reach / diagonal).curve)
        for threshold in [0.1, 0.3, 0.5, 0.7] {
            var mask = BinaryMask(height: height, width: width)
            for (pixel, share) in shares.enumerated() where Double(share) >= threshold {
                mask.set(row: pixel / width, column: pixel % width)
            }
            mask.thin()
            let predicted = mask.places
            let best = truths.map { truth in
                let drawn = truth.indices.filter { truth[$0] == 1 }.map { (row: $0 / width, column: $0 % width) }
                return Self.matchings(predicted, drawn, reach: reach)
            }
            let counts = try #require(curve.points.first { abs($0.threshold - threshold) < 1e-9 }).counts
            #expect(counts.predictions == predicted.count)
            #expect(counts.matchedTruth == best[0].pairs + best[1].pairs, "\(threshold)")
            // Several matchings may be as good; then each of what they lead to is right.
            let right = Set(best[0].sets.flatMap { first in best[1].sets.map { (first | $0).nonzeroBitCount } })
            #expect(right.contains(counts.matchedPredictions), "\(threshold): \(counts), \(right)")
        }
    }

    /// Of all matchings with the most pairs those with the least sum of distances, counted in hundredths of a pixel: the
    /// number of pairs, and which predicted pixels have one, as bits.
    private static func matchings(
        _ predicted: [(row: Int, column: Int)], _ drawn: [(row: Int, column: Int)], reach: Double
    ) -> (pairs: Int, sets: Set<Int>) {
        var best = (pairs: 0, sum: 0, sets: Set([0]))
        func extend(_ place: Int, pairs: Int, sum: Int, set: Int, taken: Int) {
            guard place < predicted.count else {
                if pairs > best.pairs || (pairs == best.pairs && sum < best.sum) { best = (pairs, sum, []) }
                if pairs == best.pairs && sum == best.sum { best.sets.insert(set) }
                return
            }
            extend(place + 1, pairs: pairs, sum: sum, set: set, taken: taken)
            for (other, pixel) in drawn.enumerated() where taken >> other & 1 == 0 {
                let (down, across) = (pixel.row - predicted[place].row, pixel.column - predicted[place].column)
                let distance = Double(down * down + across * across).squareRoot()
                guard distance <= reach else { continue }
                extend(
                    place + 1, pairs: pairs + 1, sum: sum + Int((100 * distance).rounded()), set: set | 1 << place,
                    taken: taken | 1 << other)
            }
        }
        extend(0, pairs: 0, sum: 0, set: 0, taken: 0)
        return (best.pairs, best.sets)
    }
}
