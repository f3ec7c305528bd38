import Datasets
import Foundation
import ProgramTesting
import Testing

@Suite("A user's folders are read")
struct LabelledFolderTests {
    private static let height = 3
    private static let width = 4
    private static let pixels = height * width

    /// A data set of samples `a` and `b`, the first with PNG labels, the second with arrays; both say the same.
    private static func withFolder(_ body: (String) throws -> Void) throws {
        try withTemporaryPath { root in
            for name in ["images"] + LearningTask.paper.map(\.name) {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            func write(_ text: String, _ path: String) throws {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(root)/\(path)"))
            }
            func png(_ pixels: PNGFile.Pixels, _ path: String) throws {
                try PNGFile(height: height, width: width, pixels: pixels).write(to: "\(root)/\(path).png")
            }
            func array(_ code: String, channels: Int = 1, _ data: [UInt8], _ path: String) throws {
                let shape = channels == 1 ? "(\(height), \(width))" : "(\(height), \(width), \(channels))"
                try Data(NumPyArrayTests.file(code, shape: shape, data))
                    .write(to: URL(fileURLWithPath: "\(root)/\(path).npy"))
            }
            func floats(_ values: [Float]) -> [UInt8] {
                values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
            }
            try write("a\n", "train.txt")
            try write("b\n", "val.txt")
            try write("wall\nfloor\nchair\n", "semseg/classes.txt")
            try write("Background\nhand\n", "human_parts/classes.txt")
            for name in ["a", "b"] {
                try png(.rgb((0..<3 * pixels).map { UInt8($0) }), "images/\(name)")
            }
            try png(.indices(classes.map { $0 == 255 ? 3 : $0 }, colors: palette), "semseg/a-palette")
            try png(.grey(classes), "semseg/a")
            try array("'|u1'", classes, "semseg/b")
            try png(.grey(classes.map { $0 % 2 }), "human_parts/a")
            try array("'<i8'", classes.flatMap { [$0 % 2, 0, 0, 0, 0, 0, 0, 0] }, "human_parts/b")
            for task in ["edge", "sal"] {
                try png(.grey(classes.map { $0 == 1 ? 255 : 0 }), "\(task)/a")
                try array("'|b1'", classes.map { $0 == 1 ? 1 : 0 }, "\(task)/b")
            }
            // Towards the camera; the first pixel is black, the second middle grey.
            let towards = (0..<pixels).flatMap { index -> [UInt8] in
                index == 0 ? [0, 0, 0] : index == 1 ? [128, 128, 128] : [127, 128, 255]
            }
            try png(.rgb(towards), "normals/a")
            try array(
                "'<f4'", channels: 3,
                floats((0..<pixels).flatMap { $0 == 0 ? [.nan, 0, 1] : $0 == 1 ? [0, 0, 0] : [0, 0, 0.9] }),
                "normals/b")
            try png(.grey16((0..<pixels).map { UInt16(1000 * $0) }), "depth/a")
            try array(
                "'<f4'", floats((0..<pixels).map { $0 == 0 ? -.infinity : Float($0) }), "depth/b")
            try body(root)
        }
    }

    private static let classes: [UInt8] = [0, 1, 2, 255, 2, 1, 0, 0, 1, 1, 2, 255]
    private static let palette: [UInt8] = [0, 0, 0, 9, 9, 9, 50, 60, 70, 255, 255, 255]

    @Test func picturesAndArraysSayTheSame() throws {
        try Self.withFolder { root in
            let tasks = LearningTask.paper
            for split in ["train", "val"] {
                let source = try LabelledFolder(root: root, split: split, tasks: tasks)
                #expect(Set(source.tasks) == Set(tasks))
                #expect(source.classNames(of: .semseg) == ["wall", "floor", "chair"])
                #expect(source.fileProblems(tasks: tasks).isEmpty)
                #expect(try source.problems(tasks: tasks, workers: 1).isEmpty)
                let sample = try source.sample(at: 0, tasks: tasks)
                #expect(sample.image.values == (0..<3 * Self.pixels).map { Float($0) })
                let classes = Self.classes.map { Float($0) }
                #expect(sample.labels[.semseg]?.values == classes)
                #expect(sample.labels[.humanParts]?.values == Self.classes.map { Float($0 % 2) })
                for task in [LearningTask.edge, .sal] {
                    #expect(sample.labels[task]?.values == classes.map { $0 == 1 ? 1 : 0 })
                }
                let normals = try #require(sample.labels[.normals]?.values)
                #expect(normals.prefix(6).allSatisfy { $0 == 0 })
                for pixel in 2..<Self.pixels {
                    let vector = normals[3 * pixel..<3 * pixel + 3]
                    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                    #expect(abs(length - 1) < 1e-6 && vector.last! > 0.99)
                }
                #expect(sample.labels[.depth]?.values == (0..<Self.pixels).map { Float($0) })
            }
        }
    }

    @Test func paletteIndicesAreTheClasses() throws {
        try Self.withFolder { root in
            let manager = FileManager.default
            try manager.removeItem(atPath: "\(root)/semseg/a.png")
            try manager.moveItem(atPath: "\(root)/semseg/a-palette.png", toPath: "\(root)/semseg/a.png")
            try manager.removeItem(atPath: "\(root)/semseg/classes.txt")
            try Data("a\nb\nc\nd".utf8).write(to: URL(fileURLWithPath: "\(root)/semseg/classes.txt"))
            let source = try LabelledFolder(root: root, split: "train", tasks: [.semseg])
            let values = try source.sample(at: 0, tasks: [.semseg]).labels[.semseg]?.values
            #expect(values == Self.classes.map { $0 == 255 ? 3 : Float($0) })
        }
    }

    /// Grey PNG files of 1, 2, 4 and 16 bits store small numbers, which pictures would stretch or squeeze.
    @Test(arguments: [("grey1", 1), ("grey2", 2), ("grey4", 4), ("grey16", 16)])
    func classesAreNotStretched(name: String, bits: Int) throws {
        try withTemporaryPath { root in
            for folder in ["images", "semseg"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
            }
            let manager = FileManager.default
            try manager.copyItem(atPath: Fixtures.path("formats/rgb8.png"), toPath: "\(root)/images/x.png")
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(root)/train.txt"))
            let names = (0..<255).map { "class \($0)" }.joined(separator: "\n")
            try Data(names.utf8).write(to: URL(fileURLWithPath: "\(root)/semseg/classes.txt"))
            if bits < 16 {
                try manager.copyItem(atPath: Fixtures.path("formats/\(name).png"), toPath: "\(root)/semseg/x.png")
            } else {
                let values = (0..<35).map { UInt16($0) }
                try PNGFile(height: 5, width: 7, pixels: .grey16(values)).write(to: "\(root)/semseg/x.png")
            }
            let source = try LabelledFolder(root: root, split: "train", tasks: [.semseg])
            let read = try source.sample(at: 0, tasks: [.semseg]).labels[.semseg]?.values
            let expected = (0..<35).map { index -> Float in
                let value: Int = 31 * (index / 7) + 17 * (index % 7)
                return Float(bits < 16 ? value % (1 << bits) : index)
            }
            #expect(read == expected)
        }
    }

    @Test func everyKindIsReadUnderAnyName() throws {
        try withTemporaryPath { root in
            for name in ["images", "heat", "weather", "model"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            func write(_ bytes: [UInt8], _ path: String) throws {
                try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(path)"))
            }
            try write(Array("a\n".utf8), "train.txt")
            try PNGFile(height: 1, width: 2, pixels: .rgb([1, 2, 3, 4, 5, 6])).write(to: "\(root)/images/a.png")
            try write(NumPyArray.encoded([-1e9, .infinity, 0, 3.5], shape: [1, 2, 2]), "heat/a.npy")
            try PNGFile(height: 1, width: 2, pixels: .rgb([0, 255, 51, 255, 0, 0])).write(to: "\(root)/weather/a.png")
            try PNGFile(height: 1, width: 2, pixels: .grey([1, 255])).write(to: "\(root)/model/a.png")
            var heat = LearningTask("heat", .value)
            heat.channels = 2
            var weather = LearningTask("weather", .score)
            weather.channels = 3
            var model = LearningTask("model", .classes)
            model.classNames = ["off", "on"]
            let tasks = [heat, weather, model]
            let source = try LabelledFolder(root: root, split: "train", tasks: tasks)
            #expect(source.classNames(of: model) == ["off", "on"])
            let sample = try source.sample(at: 0, tasks: tasks)
            let values = try #require(sample.labels[heat]).values
            #expect(values[0] == -1e9 && values[1].isNaN && values[2...] == [0, 3.5])
            #expect(sample.labels[weather]?.values == [0, 1, 0.2, 1, 0, 0])
            #expect(sample.labels[model]?.values == [1, 255])
            // Names in both places have to be the same.
            try write(Array("off\nmaybe\n".utf8), "model/classes.txt")
            expectRefusal(root, contains: "other classes than tasks.model.classes") {
                _ = try LabelledFolder(root: root, split: "train", tasks: [model])
            }
        }
    }

    @Test func whatDoesNotFitIsNamed() throws {
        func expectComplaint(_ part: String, tasks: [LearningTask], _ change: (String) throws -> Void) throws {
            try Self.withFolder { root in
                try change(root)
                expectRefusal(root, contains: part) {
                    let source = try LabelledFolder(root: root, split: "train", tasks: tasks)
                    return try source.sample(at: 0, tasks: tasks)
                }
            }
        }
        func remove(_ path: String) -> (String) throws -> Void {
            { try FileManager.default.removeItem(atPath: "\($0)/\(path)") }
        }
        func replace(_ path: String, _ pixels: PNGFile.Pixels) -> (String) throws -> Void {
            { try PNGFile(height: Self.height, width: Self.width, pixels: pixels).write(to: "\($0)/\(path)") }
        }
        let grey = Array(repeating: UInt8(9), count: Self.pixels)
        let color = Array(repeating: UInt8(9), count: 3 * Self.pixels)
        try expectComplaint("the folder images is missing", tasks: [], remove("images"))
        try expectComplaint("the folder sal is missing", tasks: [.sal], remove("sal"))
        try expectComplaint("semseg/classes.txt", tasks: [.semseg], remove("semseg/classes.txt"))
        try expectComplaint("human_parts needs background as class 0, which is hand", tasks: [.humanParts]) {
            try Data("hand\nbackground\n".utf8)
                .write(to: URL(fileURLWithPath: "\($0)/human_parts/classes.txt"))
        }
        try expectComplaint("sample a: ", tasks: [.edge], remove("edge/a.png"))
        try expectComplaint("has the class 9", tasks: [.semseg], replace("semseg/a.png", .grey(grey)))
        try expectComplaint("not a map of classes", tasks: [.semseg], replace("semseg/a.png", .rgb(color)))
        try expectComplaint("picture in colour", tasks: [.edge], replace("edge/a.png", .rgb(color)))
        try expectComplaint("without colours", tasks: [.normals], replace("normals/a.png", .grey(grey)))
        try expectComplaint("16 bits", tasks: [.depth], replace("depth/a.png", .grey(grey)))
        // Masks that would be false throughout.
        let mask = (0..<Self.pixels).map { UInt8($0 % 2) }
        let wide = mask.map { UInt16($0) }
        let partly: [UInt8] = [255] + mask.dropFirst()
        let ones = [UInt8](repeating: 1, count: Self.pixels)
        try expectComplaint("a mask of 0 and 1, and", tasks: [.edge], replace("edge/a.png", .grey(mask)))
        try expectComplaint("a mask of 0 and 1, and", tasks: [.sal], replace("sal/a.png", .grey16(wide)))
        try expectComplaint("a mask of 0, 1 and 255", tasks: [.sal], replace("sal/a.png", .grey(partly)))
        try expectComplaint("save 0 and 255", tasks: [.sal], replace("sal/a.png", .grey(ones)))
    }

    /// What is no mask of 0 and 1 is read as it is: nothing true, hardly anything, everything.
    @Test func greyLevelsAreShares() throws {
        try Self.withFolder { root in
            let source = try LabelledFolder(root: root, split: "train", tasks: [.sal])
            for level: UInt8 in [0, 2, 255] {
                let grey = (0..<Self.pixels).map { UInt8($0 % 2) * level }
                try PNGFile(height: Self.height, width: Self.width, pixels: .grey(grey)).write(to: "\(root)/sal/a.png")
                let values = try source.sample(at: 0, tasks: [.sal]).labels[.sal]?.values
                #expect(values == grey.map { Float($0) / 255 })
            }
        }
        // One bit is stretched to 0 and 255.
        try withTemporaryPath { root in
            let manager = FileManager.default
            for (name, folder) in [("rgb8", "images"), ("grey1", "sal")] {
                try manager.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
                try manager.copyItem(atPath: Fixtures.path("formats/\(name).png"), toPath: "\(root)/\(folder)/x.png")
            }
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(root)/train.txt"))
            let source = try LabelledFolder(root: root, split: "train", tasks: [.sal])
            let values = try #require(try source.sample(at: 0, tasks: [.sal]).labels[.sal]?.values)
            #expect(Set(values) == [0, 1])
        }
    }

    @Test func sizesAreFoundWithoutDecoding() throws {
        for name in [
            "PASCAL_MT/JPEGImages/2009_000353.jpg", "PASCAL_MT/JPEGImages/2010_000945.jpg", "formats/palette4.png",
        ] {
            let whole = try ImageFile.read(Fixtures.path(name))
            let size = try ImageFile.size(Fixtures.path(name))
            #expect(size.height == whole.height && size.width == whole.width)
        }
        let text = Fixtures.path("expected/loaders.json")
        expectRefusal(text, contains: "neither a JPEG nor a PNG") { try ImageFile.size(text) }
        try Self.withFolder { root in
            try PNGFile(height: 9, width: 2, pixels: .grey(Array(repeating: 0, count: 18)))
                .write(to: "\(root)/images/c.png")
            try Data("a\nc\n".utf8).write(to: URL(fileURLWithPath: "\(root)/val.txt"))
            let sizes = try LabelledFolder(root: root, split: "val", tasks: []).sizes()
            #expect(sizes.map { [$0.height, $0.width] } == [[3, 4], [9, 2]])
            /// Width and height are bytes 16 to 23 of a PNG file.
            func png(_ sides: [UInt8]) -> [UInt8] {
                var bytes = PNGFile(height: 1, width: 1, pixels: .grey([0])).encoded()
                bytes.replaceSubrange(16..<24, with: sides)
                return bytes
            }
            let damaged: [(bytes: [UInt8], part: String)] = [
                (Array("no picture".utf8), "neither a JPEG nor a PNG"),
                (png([0, 0, 0, 9, 0, 0, 0, 0]), "damaged"),
                (png([UInt8](repeating: 255, count: 8)), "4294967295 x 4294967295"),
            ]
            for (bytes, part) in damaged {
                try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/images/c.png"))
                expectRefusal("sample c", contains: part) {
                    try LabelledFolder(root: root, split: "val", tasks: []).sizes()
                }
            }
        }
    }
}
