import Datasets
import Foundation
import Fuzzing
import ProgramTesting
import Testing

/// Contours of others, scored as BSDS500's benchmark does: figures, curve and pictures in the terminal, as JSON and as a page.
@Suite struct BoundaryFiguresTests {
    private static let (height, width) = (20, 30)

    private static func line(_ row: Int, _ columns: ClosedRange<Int>, _ value: UInt8) -> [UInt8] {
        (0..<height * width).map { $0 / width == row && columns.contains($0 % width) ? value : 0 }
    }

    /// Two pictures: in `a` two people have drawn, in `b` nobody has anything.
    private func withData(_ body: (_ root: String, _ configuration: String) throws -> Void) throws {
        try withTemporaryPath { root in
            for name in ["d/images", "d/edge/a", "d/edge/b", "p/edge"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            func write(_ values: [UInt8], _ name: String) throws {
                try PNGFile(height: Self.height, width: Self.width, pixels: .grey(values)).write(to: "\(root)/\(name)")
            }
            let nothing = [UInt8](repeating: 0, count: Self.height * Self.width)
            for name in ["a", "b"] { try write(nothing, "d/images/\(name).png") }
            try write(Self.line(5, 2...11, 255), "d/edge/a/first.png")
            try write(Self.line(5, 7...16, 255), "d/edge/a/second.png")
            try write(nothing, "d/edge/b/first.png")
            try write(Self.line(5, 2...12, 204), "p/edge/a.png")
            try write(nothing, "p/edge/b.png")
            for list in ["train", "val"] {
                try "a\nb\n".write(toFile: "\(root)/d/\(list).txt", atomically: true, encoding: .utf8)
            }
            try "tasks: {edge: {}}\ndata: {dataset: folder, root: \(root)/d}\n".write(
                toFile: "\(root)/my.yaml", atomically: true, encoding: .utf8)
            try body(root, "\(root)/my.yaml")
        }
    }

    private func report(_ root: String, _ arguments: String...) throws -> [String: Any] {
        let outcome = try Program.succeed(
            ["evaluate", "--predictions", "\(root)/p", "\(root)/my.yaml", "--convention", "bsds", "--json"] + arguments)
        return try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test func curveAndPicturesInJSON() throws {
        try withData { root, _ in
            let report = try report(root)
            let curve = try #require((report["curves"] as? [[String: Any]])?.first)
            #expect(curve["task"] as? String == "edge" && curve["convention"] as? String == "bsds")
            #expect((curve["average_precision_rule"] as? String)?.contains("Area_PR") == true)
            #expect(curve["ods_threshold"] as? Double == 0.01)
            #expect(curve["ois_precision"] as? Double == 1 && curve["ois_recall"] as? Double == 0.8)
            let points = try #require(curve["points"] as? [[String: Any]])
            #expect(points.count == 99)
            for (place, threshold, found) in [(0, 0.01, true), (79, 0.8, true), (80, 0.81, false)] {
                let point = points[place]
                #expect(point["threshold"] as? Double == threshold)
                #expect(point["truth"] as? Int == 20 && point["matched_truth"] as? Int == (found ? 16 : 0))
                #expect(point["predictions"] as? Int == (found ? 11 : 0))
                #expect(point["matched_predictions"] as? Int == (found ? 11 : 0))
                #expect(point["recall"] as? Double == (found ? 0.8 : 0))
                // Nothing is predicted: no precision.
                #expect(found ? point["precision"] as? Double == 1 : point["precision"] is NSNull)
            }
            let pictures = try #require(curve["pictures"] as? [[String: Any]])
            #expect(pictures.map { $0["sample"] as? String } == ["a", "b"])
            #expect(pictures.map { $0["annotators"] as? Int } == [2, 1])
            let best = try pictures.map { try #require($0["best"] as? [String: Any]) }
            #expect(best[0]["f"] as? Double == 2 * 0.8 / 1.8)
            for key in ["precision", "recall", "f"] { #expect(best[1][key] is NSNull, "\(key)") }
            let rows = try #require(report["rows"] as? [[String: Any]])
            let names = rows.compactMap { $0["metric"] as? String }
            #expect(names == ["ods_f", "ois_f", "average_precision", "ods_precision", "ods_recall"])
        }
    }

    @Test("the terminal and the page show the same; what is undefined is a dash")
    func textAndPage() throws {
        try withData { root, configuration in
            let page = "\(root)/edges.html"
            let command = ["evaluate", "--predictions", "\(root)/p", configuration, "--convention", "bsds"]
            let text = try Program.succeed(command + ["--html", page]).output
            for part in [
                "best threshold of the set 0.01; each picture at its own: precision 1.000, recall 0.800",
                "average_precision is the sum of precision at recalls 0, 0.01 … 1 over 100", "16 of 20", "11 of 11",
            ] { #expect(text.contains(part), "\(part): \(text)") }
            let last = try #require(text.split(separator: "\n").last { $0.hasPrefix("b ") })
            #expect(last.contains("—") && last.contains("0 of 0"))
            let html = try String(contentsOfFile: page, encoding: .utf8)
            for part in ["<svg", "Precision over recall", "16 of 20", "—", "0.889", "best threshold of the set 0.01"] {
                #expect(html.contains(part), "\(part)")
            }
            for address in ["http:", "https:", "<script"] { #expect(!html.contains(address)) }
            let refused = try Program.run(command + ["--html", "\(root)/my.yaml"])
            #expect(refused.status == 2 && refused.errors.contains("--html names a file that ends in .html"))
        }
    }

    @Test("PNG, MAT and .npy of the same contours have the same figures, on one rank and two")
    func forms() throws {
        try withData { root, _ in
            func text(_ report: [String: Any]) throws -> Data {
                try JSONSerialization.data(withJSONObject: report, options: .sortedKeys)
            }
            let expected = try text(report(root))
            let shares = Self.line(5, 2...12, 204).map { Double($0) / 255 }
            let columnsFirst = (0..<Self.width).flatMap { column in
                (0..<Self.height).map { shares[$0 * Self.width + column].bitPattern }
            }
            let builder = MATBuilder()
            let size = [Int32(Self.height), Int32(Self.width)]
            let file = builder.file([builder.numbers("pb", dimensions: size, type: 9, columnsFirst)])
            try FileManager.default.removeItem(atPath: "\(root)/p/edge/a.png")
            try Data(file).write(to: URL(fileURLWithPath: "\(root)/p/edge/a.mat"))
            #expect(try text(report(root)) == expected)
            try FileManager.default.removeItem(atPath: "\(root)/p/edge/a.mat")
            try Data(NumPyArray.encoded(shares.map { Float($0) }, shape: [Self.height, Self.width])).write(
                to: URL(fileURLWithPath: "\(root)/p/edge/a.npy"))
            #expect(try text(report(root, "--probabilities")) == expected)
            let ranks = try Program.run(
                ranks: 2,
                [
                    "evaluate", "--predictions", "\(root)/p", "\(root)/my.yaml", "--convention", "bsds", "--json",
                    "--probabilities",
                ])
            try #require(ranks.status == 0, "\(ranks.errors)")
            let both = try #require(JSONSerialization.jsonObject(with: Data(ranks.output.utf8)) as? [String: Any])
            #expect(try text(both) == expected)
        }
    }

    @Test("edges of several annotators train, where more than half agree or nobody has drawn any, and are evaluated")
    func training() throws {
        try withData { root, configuration in
            let checked = try Program.succeed("data", "check", configuration, "--split", "val")
            // Of the 1200 pixels 10 are drawn by one of two.
            #expect(checked.output.contains("edge: 99.2 % known"), "\(checked.output)")
            let small = [
                "model.width=8", "model.aspp=8", "model.low=4", "training.iterations=2", "training.batch=2",
                "data.crop=[32, 32]", "data.workers=1",
            ].flatMap { ["--set", $0] }
            try Program.succeed(["train", configuration, "--output", "\(root)/run"] + small)
            let outcome = try Program.succeed("evaluate", "\(root)/run", configuration, "--json")
            let report = try #require(
                JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            let curve = try #require((report["curves"] as? [[String: Any]])?.first)
            let point = try #require((curve["points"] as? [[String: Any]])?.first)
            #expect(point["truth"] as? Int == 20 && curve["convention"] as? String == "exact")
            #expect((curve["average_precision_rule"] as? String)?.hasPrefix("the area under") == true)
        }
    }

    /// The folders of BSDS500, as the article on evaluation lays them out.
    @Test func folderOfBSDS500() throws {
        try withTemporaryPath { root in
            for name in ["images", "groundTruth", "ucm2", "d", "contours"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            for (link, target) in [("d/images", "images"), ("d/edge", "groundTruth"), ("contours/edge", "ucm2")] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(root)/\(link)", withDestinationPath: "../\(target)")
            }
            let (height, width) = (Self.height, Self.width)
            try PNGFile(height: height, width: width, pixels: .grey([UInt8](repeating: 0, count: height * width)))
                .write(to: "\(root)/images/100.png")
            let builder = MATBuilder()
            func columnsFirst(_ map: [UInt8]) -> [UInt8] {
                (0..<width).flatMap { column in (0..<height).map { map[$0 * width + column] } }
            }
            let size = [Int32(height), Int32(width)]
            let people = [Self.line(5, 2...11, 1), Self.line(5, 7...16, 1)].map { map in
                builder.structure(
                    "", dimensions: [1, 1], fields: ["Segmentation", "Boundaries"],
                    [
                        builder.numbers("", classCode: 11, dimensions: [1, 1], type: 4, [UInt16(1)]),
                        builder.numbers("", classCode: 9, dimensions: size, type: 2, columnsFirst(map)),
                    ])
            }
            let truth = builder.compressed(builder.cells("groundTruth", dimensions: [1, 2], people))
            try Data(builder.file([truth])).write(to: URL(fileURLWithPath: "\(root)/groundTruth/100.mat"))
            // What is on the pixels lies in row and column 2 r + 2 of the double size, in columns first.
            let contour = Self.line(5, 2...12, 1)
            let values = (0..<2 * width + 1).flatMap { column in
                (0..<2 * height + 1).map { row -> UInt64 in
                    let isPixel = row >= 2 && column >= 2 && row % 2 == 0 && column % 2 == 0
                    return (isPixel ? 0.8 * Double(contour[(row / 2 - 1) * width + column / 2 - 1]) : 1).bitPattern
                }
            }
            let ucm = builder.numbers(
                "ucm2", dimensions: [Int32(2 * height + 1), Int32(2 * width + 1)], type: 9, values)
            try Data(builder.file([ucm])).write(to: URL(fileURLWithPath: "\(root)/ucm2/100.mat"))
            try "100\n".write(toFile: "\(root)/d/val.txt", atomically: true, encoding: .utf8)
            try "tasks: {edge: {}}\ndata: {dataset: folder, root: \(root)/d}\n".write(
                toFile: "\(root)/bsds.yaml", atomically: true, encoding: .utf8)
            let outcome = try Program.succeed(
                "evaluate", "--predictions", "\(root)/contours", "\(root)/bsds.yaml", "--convention", "bsds")
            for part in ["0.889", "16 of 20", "11 of 11", "100"] {
                #expect(outcome.output.contains(part), "\(part): \(outcome.output)")
            }
        }
    }
}
