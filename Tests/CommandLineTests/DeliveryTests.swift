import Datasets
import Foundation
import ProgramTesting
import Testing

/// A trained model is taken away: predictions, other programs' files, latency.
@Suite(.serialized) struct DeliveryTests {
    /// Gives `body` a model that one step has trained.
    private func withModel(
        of tasks: [String] = ["semseg", "depth"], _ body: (_ folder: URL, _ model: String) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("run.yaml").path
            try """
            model: {width: 4, method: rcm, aspp: 8, low: 4}
            tasks: {\(tasks.map { "\($0): {weight: 1}" }.joined(separator: ", "))}
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

    /// Pictures for people have the size of what they are about, and the values of the maps beside them.
    @Test func whatIsShownIsWhatTheMapsHold() throws {
        let (height, width) = (40, 56)
        let tasks = ["semseg", "edge", "normals", "depth"]
        try withModel(of: tasks) { folder, model in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try Program.succeed(
                "data", "rooms", "--index", "0..1", "--size", "\(height)x\(width)", "--output", path("drawn"))
            let image = try ImageFile.read(path("drawn/rooms-1-0-image.png"))
            try Program.succeed("predict", model, path("drawn/rooms-1-0-image.png"), "--output", path("answers"))
            let answers = path("answers/rooms-1-0-image")
            /// The vector at every pixel.
            func vectors(_ task: String) throws -> [ArraySlice<Float>] {
                let array = try NumPyArray("\(answers)-\(task).npy")
                #expect(array.shape.count == 3 && array.shape.prefix(2) == [height, width])
                let channels = array.shape[2]
                return (0..<height * width).map { array.values[$0 * channels..<($0 + 1) * channels] }
            }
            func picture(_ name: String, _ palette: ImageFile.PaletteReading = .colors) throws -> ImageFile {
                let picture = try ImageFile.read("\(answers)-\(name).png", palette: palette)
                #expect(picture.height == height && picture.width >= width, "\(name)")
                return picture
            }

            let winners = try vectors("semseg").map { UInt8($0.firstIndex(of: $0.max()!)! - $0.startIndex) }
            let areWinners = try picture("semseg", .indices).bytes == winners
            #expect(areWinners)
            // A byte is the nearest one; in float32 what it is made of is some 1e-5 off.
            let probabilities = try vectors("edge").joined().map { 255 / (1 + exp(-Double($0))) }
            let edges = try picture("edge")
            #expect(edges.channels == 1 && edges.bytes.count == probabilities.count)
            #expect(zip(edges.bytes, probabilities).allSatisfy { abs(Double($0) - $1) <= 0.5 + 1e-4 })
            let components = try vectors("normals").joined().map { 255 * (Double($0) + 1) / 2 }
            let normals = try picture("normals")
            #expect(normals.channels == 3 && normals.bytes.count == components.count)
            #expect(zip(normals.bytes, components).allSatisfy { abs(Double($0) - $1) <= 0.5 + 1e-4 })
            // Depth has a bar of its colours at its right.
            let depth = try picture("depth")
            let bar = Set((0..<height).map { Self.row($0, of: depth, from: width + 4, count: 1) })
            #expect(depth.channels == 3 && bar.count > 10)

            let sheet = try ImageFile.read(path("answers/contact-sheet.png"))
            #expect(sheet.height > height && sheet.width > (1 + tasks.count) * width)
            for shown in try [image, picture("semseg"), edges, normals, depth] {
                #expect(Self.shows(sheet, Self.row(height / 2, of: shown, from: 0, count: width)))
            }
            for task in tasks {
                let overlay = try picture(task + "-overlay")
                #expect(overlay.channels == 3 && overlay.width == width && overlay.bytes != image.bytes, "\(task)")
            }
        }
    }

    /// The colours of `count` pixels of a row, three bytes each.
    private static func row(_ row: Int, of image: ImageFile, from column: Int, count: Int) -> [UInt8] {
        let start = (row * image.width + column) * image.channels
        let bytes = image.bytes[start..<start + count * image.channels]
        return image.channels == 3 ? Array(bytes) : bytes.flatMap { [$0, $0, $0] }
    }

    /// Whether these pixels stand beside each other somewhere in a picture.
    private static func shows(_ sheet: ImageFile, _ pixels: [UInt8]) -> Bool {
        (0..<sheet.height).contains { line in
            (0...sheet.width - pixels.count / 3).contains { column in
                sheet.bytes[((line * sheet.width + column) * 3)...].starts(with: pixels)
            }
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
