import Datasets
import Foundation
import Testing

/// A trained model is taken away: predictions, other programs' files, latency.
@Suite(.serialized) struct DeliveryTests {
    /// Gives `body` a model of two tasks that one step has trained.
    private func withModel(_ body: (_ folder: URL, _ model: String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("run.yaml").path
            try """
            model: {width: 4, method: rcm, aspp: 8, low: 4}
            tasks: {semseg: {weight: 1}, depth: {weight: 1}}
            data: {crop: [32, 32], workers: 1, rooms: {train: 4, validation: 2, size: [32, 32]}}
            training: {iterations: 1, batch: 2}
            """.write(toFile: path, atomically: true, encoding: .utf8)
            let run = folder.appendingPathComponent("run").path
            let outcome = try Program.run("train", path, "--output", run)
            try #require(outcome.status == 0, "\(outcome.errors)")
            try body(folder, run + "/model")
        }
    }

    private func names(_ folder: URL) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
    }

    private func files(of names: [String], tasks: [String]) -> Set<String> {
        Set(
            names.flatMap { name in
                tasks.flatMap { task in
                    [".npy", ".png", "-overlay.png"].map { "\(name)-\(task)\($0)" }
                }
            } + ["contact-sheet.png"])
    }

    @Test func everyPictureOfAFolderIsAnsweredAndABrokenOneNamed() throws {
        try withModel { folder, model in
            let pictures = folder.appendingPathComponent("pictures")
            let drawn = try Program.run(
                "data", "rooms", "--index", "0..2", "--size", "40x56", "--output", pictures.path)
            #expect(drawn.status == 0)
            let images = try names(pictures).filter { $0.hasSuffix("-image.png") }
            for name in try names(pictures).subtracting(images) {
                try FileManager.default.removeItem(at: pictures.appendingPathComponent(name))
            }
            let stems = images.map { String($0.dropLast(4)) }
            let whole = folder.appendingPathComponent("whole")
            let outcome = try Program.run("predict", model, pictures.path, "--output", whole.path, "--time")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("40 x 56"))
            #expect(try names(whole) == files(of: stems, tasks: ["depth", "semseg"]))

            try Data("no picture".utf8).write(to: pictures.appendingPathComponent("broken.png"))
            let parts = folder.appendingPathComponent("parts")
            let again = try Program.run(
                "predict", model, pictures.path, "--output", parts.path, "--task", "depth", "--threads", "1")
            #expect(again.status == 1)
            #expect(again.errors.contains("broken.png: it is neither a JPEG nor a PNG file"))
            #expect(try names(parts) == files(of: stems, tasks: ["depth"]))
            // Answers depend neither on other tasks nor on threads.
            let map = "\(stems[0])-depth.npy"
            let isSame =
                try Data(contentsOf: whole.appendingPathComponent(map))
                == Data(contentsOf: parts.appendingPathComponent(map))
            #expect(isSame)
        }
    }

    /// Grey, palette, alpha, 16 bits, interlaced, and one held across; inks become colours.
    @Test func picturesOfEveryKindAreAnswered() throws {
        try withModel { folder, model in
            let fixtures = Program.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures")
            let formats = fixtures.appendingPathComponent("formats")
            let pictures = folder.appendingPathComponent("pictures")
            try FileManager.default.createDirectory(at: pictures, withIntermediateDirectories: true)
            // Beside each JPEG of inks stands what it becomes, under the same name.
            let copies = try names(formats).filter { $0 != "cmyk.png" && $0 != "ycck.png" }
            for name in copies {
                try FileManager.default.copyItem(
                    at: formats.appendingPathComponent(name), to: pictures.appendingPathComponent(name))
            }
            // Exif's orientation 6: the row on top is the right side.
            let note: [UInt8] = [
                0xFF, 0xE1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0,
                0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0,
            ]
            var across = try Data(contentsOf: fixtures.appendingPathComponent("PASCAL_MT/JPEGImages/2008_000057.jpg"))
            across.insert(contentsOf: note, at: 2)
            try across.write(to: pictures.appendingPathComponent("across.jpg"))

            let answers = folder.appendingPathComponent("answers")
            let outcome = try Program.run("predict", model, pictures.path, "--task", "depth", "--output", answers.path)
            #expect(outcome.status == 0, "\(outcome.errors)")
            for name in try names(pictures) {
                let stem = name.split(separator: ".")[0]
                let path = answers.appendingPathComponent("\(stem)-depth.npy").path
                let size = stem == "across" ? [90, 63] : name.hasSuffix(".jpg") ? [24, 40] : [5, 7]
                #expect(try NumPyArray(path).shape == size + [1], "\(name)")
            }
        }
    }

    @Test func badRequestsWriteNothing() throws {
        try withModel { folder, model in
            let file = folder.appendingPathComponent("x").path
            for (arguments, words) in [
                (
                    ["predict", model, "/nowhere/a.png", "/elsewhere/a.jpg", "--output", file],
                    "files of the same names"
                ),
                (["export", model, "--task", "depth", "--to", file + ".pdf"], "ends in .onnx or .safetensors"),
                (["export", model, "--to", file + ".safetensors"], "has room for one task"),
                (
                    ["export", model, "--task", "sal", "--to", file + ".onnx"],
                    "has no task 'sal'; it has depth"
                ),
                (["bench", "inference", "--model", model, "--config", "x.yaml"], "either --config or --model"),
            ] {
                let outcome = try Program.run(arguments)
                #expect(outcome.status == 2 && outcome.errors.contains(words), "\(outcome.errors)")
            }
            for arguments in [
                ["predict", folder.path, "a.png", "--output", file], ["export", folder.path, "--to", "x.onnx"],
            ] {
                let outcome = try Program.run(arguments)
                #expect(outcome.status == 2 && outcome.errors.contains("there is no model in it"), "\(outcome.errors)")
            }
            #expect(try names(folder) == ["run.yaml", "run"])
        }
    }

    @Test func networksAreWrittenForOtherPrograms() throws {
        try withModel { folder, model in
            for (tasks, name) in [([], "all.onnx"), (["depth"], "depth.onnx"), (["depth"], "depth.safetensors")] {
                let path = folder.appendingPathComponent(name)
                let outcome = try Program.run(
                    ["export", model, "--to", path.path] + tasks.flatMap { ["--task", $0] })
                #expect(outcome.status == 0, "\(outcome.errors)")
                #expect(try !Data(contentsOf: path).isEmpty)
            }
        }
    }

    @Test func inferenceIsMeasuredWithTheDocumentedKeys() throws {
        try withModel { folder, model in
            let configuration = folder.appendingPathComponent("run.yaml").path
            for source in [["--model", model], ["--config", configuration, "--set", "model.width=8"]] {
                let outcome = try Program.run(
                    [
                        "bench", "inference", "--height", "33", "--width", "47", "--rounds", "2", "--threads", "1",
                        "--json",
                    ]
                        + source)
                #expect(outcome.status == 0, "\(outcome.errors)")
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
                #expect(
                    Set(object.keys) == [
                        "seconds_per_image", "images_per_second", "flop_per_image", "gflop_per_second",
                        "peak_gflop_per_second", "peak_resident_bytes", "arena_bytes", "height", "width", "threads",
                        "isa", "rounds", "rows",
                    ])
                #expect((object["rows"] as? [[String: Any]])?.count == 2)
                #expect((object["seconds_per_image"] as? Double ?? 0) > 0)
            }
        }
    }
}
