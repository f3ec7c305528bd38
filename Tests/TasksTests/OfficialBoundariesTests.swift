import Datasets
import Foundation
import Tasks
import Testing

/// The boundary benchmark against figures of the reference programs, with the largest matching in the place of the
/// benchmark's own random one.
@Suite struct OfficialBoundariesTests {
    struct Case: Sendable, CustomStringConvertible {
        let set: String
        let pipeline: String
        let convention: MetricConvention
        let distance: String

        var description: String { "\(set), \(pipeline), \(distance)" }
    }

    static let cases = ["PASCAL_MT", "NYUD_MT"].flatMap { set in
        [("nms", MetricConvention.rcm), ("no nms", .mtl)].flatMap { pipeline, convention in
            ["0.0075", "0.011", "0.03"].map {
                Case(set: set, pipeline: pipeline, convention: convention, distance: $0)
            }
        }
    }

    private func source(_ set: String, _ split: String) throws -> any StoredSampleSource {
        let root = "\(FixtureMap.shared)/\(set)"
        return set == "PASCAL_MT"
            ? try PascalContext(root: root, split: split, tasks: [.edge]) : try NYUD(root: root, split: split)
    }

    private func add(_ source: any StoredSampleSource, _ index: Int, set: String, to score: inout TaskScore) throws {
        let array = try NumPyArray("\(FixtureMap.shared)/predictions/\(set)/edge/\(source.identifiers[index]).npy")
        let map = PixelMap(height: array.shape[0], width: array.shape[1], channels: 1, values: array.values)
        score.add(map, try source.boundaries(of: .edge, at: index), sample: index)
    }

    private func expected(_ set: String, _ pipeline: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: FixtureMap.shared + "/expected/edges.json"))
        let figures = try JSONSerialization.jsonObject(with: data) as! [String: Any]
        return figures["\(set), \(pipeline)"] as! [String: Any]
    }

    @Test(arguments: cases)
    func figuresOfASet(_ setup: Case) throws {
        let figures = try expected(setup.set, setup.pipeline)["maxDist"] as! [String: [String: [String: Any]]]
        for split in ["val", "train"] {
            let source = try source(setup.set, split)
            var score = TaskScore(
                task: .edge, convention: setup.convention, boundaryDistance: Double(setup.distance)!)
            for index in 0..<source.count { try add(source, index, set: setup.set, to: &score) }
            let matched = figures[setup.distance]![split]!["largest_matching"] as! [String: Any]
            for (name, key) in [
                ("ods_f", "ods_f"), ("ois_f", "ois_f"), ("average_precision", "ap"),
                ("ods_precision", "ods_precision"), ("ods_recall", "ods_recall"),
            ] {
                let value = try score.value(name)
                let figure = (matched[key] as! NSNumber).doubleValue
                // The figures have seven decimals.
                #expect(abs(value - figure) < 1e-7, "\(split) \(name): \(value), not \(figure)")
            }
            #expect(score.primary?.name == "ods_f")

            var parts = [TaskScore](
                repeating: TaskScore(
                    task: .edge, convention: setup.convention, boundaryDistance: Double(setup.distance)!), count: 2)
            for index in (0..<source.count).reversed() {
                try add(source, index, set: setup.set, to: &parts[index % 2])
            }
            parts[1].merge(parts[0])
            #expect(parts[1].tally.counts == score.tally.counts)
            #expect(parts[1].curve == score.curve && parts[1].results == score.results)
        }
    }

    /// The code of both hands its files to the same job of the benchmark's program; how bytes are made of shares, the
    /// only other difference, does not tell where every share is just above a byte.
    @Test func edgesOfEqualBytesScoreAlikeByTheRulesOfRCMAndASTMT() throws {
        let source = try source("PASCAL_MT", "val")
        func tally(_ convention: MetricConvention) throws -> MetricTally {
            var score = TaskScore(task: .edge, convention: convention, boundaryDistance: 0.03)
            for (index, identifier) in source.identifiers.enumerated() {
                let array = try NumPyArray("\(FixtureMap.shared)/predictions/PASCAL_MT/edge/\(identifier).npy")
                let scores = array.values.map { value -> Float in
                    let byte = Double(min(ByteRounding.truncated.byte(score: value), 254))
                    let share = (byte + 0.25) / 255
                    return Float(log(share / (1 - share)))
                }
                let map = PixelMap(height: array.shape[0], width: array.shape[1], channels: 1, values: scores)
                score.add(map, try source.boundaries(of: .edge, at: index), sample: index)
            }
            return score.tally
        }
        let rcm = try tally(.rcm)
        #expect(try tally(.astmt) == rcm)
        #expect(try tally(.mtl).counts.count != rcm.counts.count)
    }

    @Test(arguments: cases)
    func countsOfEveryPicture(_ setup: Case) throws {
        let pictures = try expected(setup.set, setup.pipeline)["images"] as! [String: [String: Any]]
        let benchmark = BoundaryBenchmark(convention: setup.convention, maximumDistance: Double(setup.distance)!)
        for split in ["val", "train"] {
            let source = try source(setup.set, split)
            for (index, identifier) in source.identifiers.enumerated() {
                var score = TaskScore(
                    task: .edge, convention: setup.convention, boundaryDistance: benchmark.maximumDistance)
                try add(source, index, set: setup.set, to: &score)
                let counts = score.tally.counts.dropFirst(2)
                let figures = pictures[identifier]!
                #expect(Int(counts[2]) == (figures["ground_truth_pixels"] as! NSNumber).intValue)
                let predicted = figures["prediction_pixels"] as! [String: NSNumber]
                let matched = (figures["matched"] as! [String: [String: NSNumber]])[setup.distance]!
                for (threshold, pixels) in predicted {
                    let place = benchmark.thresholds.firstIndex(of: Double(threshold)!)!
                    #expect(Int(counts[4 + 2 * place]) == pixels.intValue, "\(identifier) at \(threshold)")
                    #expect(Int(counts[3 + 2 * place]) == matched[threshold]!.intValue, "\(identifier) at \(threshold)")
                }
            }
        }
    }
}
