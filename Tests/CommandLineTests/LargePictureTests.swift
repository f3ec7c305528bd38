import Datasets
import Foundation
import ProgramTesting
import Testing

/// Pictures that take more memory than they may have go in tiles, and nobody can tell from what comes out.
@Suite(.serialized) struct LargePictureTests {
    /// Sides that no stride divides, one of them much longer than what a feature sees, which takes as much in any tile.
    private static let (height, width) = (53, 1501)
    /// Fewer bytes than the normalized picture alone has, so that no pass over all of it has room.
    private static let evaluationBytes = height * width * 3 * 4 - 1

    private func configuration(_ method: String, in folder: URL) throws -> String {
        let path = folder.appendingPathComponent("\(method).yaml").path
        try """
        model: {width: 4, method: \(method), aspp: 8, low: 4}
        tasks: {semseg: {}, normals: {}, depth: {}, edge: {}, sal: {}, human_parts: {}}
        data: {crop: [32, 32], workers: 1, rooms: {train: 2, validation: 2, size: [\(Self.height), \(Self.width)]}}
        training: {iterations: 2, batch: 2}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func files(in folder: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            files[name] = FileManager.default.contents(atPath: folder.appendingPathComponent(name).path)
        }
        return files
    }

    @Test(
        "figures and saved predictions are the same bytes, of every kind of task, on 1 and 2 ranks",
        arguments: ["rcm", "conv"])
    func evaluation(_ method: String) throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> URL { folder.appendingPathComponent(name) }
            let configuration = try configuration(method, in: folder)
            let tiled = ["--set", "parallel.evaluation_bytes=\(Self.evaluationBytes)"]
            let train = ["train", configuration, "--convolution", "direct"]
            try Program.succeed(train + ["--output", path("run").path])
            // Validation while training goes in tiles too, of several tasks of one network with method conv.
            try Program.succeed(train + tiled + ["--output", path("tiled-run").path])
            func evaluate(_ run: String, _ options: [String]) throws -> String {
                try Program.succeed(
                    ["evaluate", path(run).path, configuration, "--convolution", "direct", "--json"] + options
                ).output
            }
            let whole = try evaluate("run", ["--save-predictions", path("whole").path])
            #expect(try evaluate("run", tiled + ["--save-predictions", path("tiles").path]) == whole)
            #expect(
                try Data(contentsOf: path("tiled-run/pictures.png")) == Data(contentsOf: path("run/pictures.png")))
            #expect(whole.contains("ods_f") && whole.contains("mean_iou") && whole.contains("rmse"))
            #expect(try files(in: path("tiles")) == files(in: path("whole")))
            #expect(try files(in: path("whole")).count >= 6 * 2)
            let ranks = try Program.run(
                ranks: 2, ["evaluate", path("run").path, configuration, "--convolution", "direct", "--json"] + tiled)
            #expect(ranks.status == 0 && ranks.output == whole, "\(ranks.errors)")
        }
    }

    @Test("the files of a prediction are the same bytes, of every kind of task")
    func prediction() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try Program.succeed("train", try configuration("rcm", in: folder), "--output", path("run"))
            try Program.succeed(
                "data", "rooms", "--index", "1", "--size", "\(Self.height)x\(Self.width)", "--output", path("drawn"))
            let predict = [
                "predict", path("run"), path("drawn/rooms-1-1-image.png"), "--convolution", "direct", "--output",
            ]
            try Program.succeed(predict + [path("whole")])
            // Less than the normalized picture and two copies of the answers: those of normals alone have as much again.
            try Program.succeed(predict + [path("tiles"), "--memory", "\(Self.evaluationBytes)"])
            let whole = try files(in: folder.appendingPathComponent("whole"))
            #expect(whole.count == 6 * 3 + 1)
            #expect(try files(in: folder.appendingPathComponent("tiles")) == whole)

            let refused = try Program.run(predict + [path("none"), "--memory", "10kB"])
            #expect(refused.status == 1, "\(refused.errors)")
            #expect(refused.errors.contains("image.png: a picture of \(Self.height) x \(Self.width) pixels needs "))
            #expect(refused.errors.contains(" in the smallest tiles, and 0 may be taken; allow more"))
            for wrong in ["0", "2TB", "much", "-1"] {
                let outcome = try Program.run(predict + [path("none"), "--memory=\(wrong)"])
                #expect(outcome.status == 2, "\(wrong): \(outcome.errors)")
            }
        }
    }

    @Test("validation pictures that have no room even in tiles are refused before training starts")
    func refusal() throws {
        try withTemporaryFolder { folder in
            let configuration = try configuration("rcm", in: folder)
            let run = folder.appendingPathComponent("run")
            let outcome = try Program.run(
                "train", configuration, "--output", run.path, "--set", "parallel.evaluation_bytes=1000")
            #expect(outcome.status == 2, "\(outcome.errors)")
            #expect(
                outcome.errors.contains("validation pictures of \(Self.height) x \(Self.width) pixels need "),
                "\(outcome.errors)")
            #expect(outcome.errors.contains("in the smallest tiles, and 0 may be taken: allow more with parallel"))
            #expect(!FileManager.default.fileExists(atPath: run.appendingPathComponent("model").path))
        }
    }
}
