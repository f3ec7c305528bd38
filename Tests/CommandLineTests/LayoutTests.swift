import Archives
import Datasets
import Foundation
import Fuzzing
import ProgramTesting
import Testing

/// Data in the layout in which it came trains, scores and goes on as the same data in a folder of our own, to the bit.
@Suite struct LayoutTests {
    /// The same six samples in another layout.
    struct Layout: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let files: String
        let labels: String
        let arrange: @Sendable (UserData) throws -> Void

        init(
            _ name: String, _ files: String, labels: String = "{}",
            _ arrange: @escaping @Sendable (UserData) throws -> Void
        ) {
            (testDescription, self.files, self.labels, self.arrange) = (name, files, labels, arrange)
        }

        /// What follows the configuration on the command line.
        var setting: [String] {
            ["data.dataset=files", "data.files=\(files)", "tasks.semseg.labels=\(labels)"].flatMap { ["--set", $0] }
        }
    }

    /// Moves every picture and label to where `image` and `label` say.
    private static func move(_ data: UserData, image: (Int) -> String, label: (Int) -> String) throws {
        for index in 0..<6 {
            for (old, new) in [("images", image(index)), ("semseg", label(index))] {
                try data.makeFolder(of: new)
                try data.move("\(old)/\(index).png", new)
            }
        }
    }

    static let layouts: [Layout] = [
        Layout(
            "wildcards, and parts of names",
            """
            {image: 'left/{split}/{city}/{name}_left.png', semseg: 'gt/{split}/{city}/{name}_labelIds.png', \
            train: left/train/*/*.png, validation: left/val/*/*.png}
            """, labels: "{map: {7: 0, 8: 1, 11: 2}, ignore: [255]}"
        ) { data in
            try data.everyClassMap { $0 == 255 ? 255 : [7, 8, 11][Int($0)] }
            func place(_ index: Int) -> String {
                "\(index < 4 ? "train" : "val")/\(["aa", "bb"][index / 2 % 2])/x_\(index)"
            }
            try move(data, image: { "left/\(place($0))_left.png" }, label: { "gt/\(place($0))_labelIds.png" })
        },
        Layout(
            "lists of paths in two columns",
            "{image: 'p/{id}.png', semseg: 'l/{id}.png', train: lists/train.lst, validation: lists/val.lst}"
        ) { data in
            try move(data, image: { "p/deep/\($0).png" }, label: { "l/deep/\($0).png" })
            try data.makeFolder(of: "lists/x")
            try data.write((0..<4).map { "/p/deep/\($0).png /l/deep/\($0).png\n" }.joined(), "lists/train.lst")
            try data.write((4..<6).map { "other/p/deep/\($0).png\tl/deep/\($0).png\n" }.joined(), "lists/val.lst")
        },
        Layout(
            "lists of names, with slashes and with extensions",
            "{image: 'p/{id}.png', semseg: 'l/{id}_x.png', train: train.lst, validation: val.lst}"
        ) { data in
            try move(data, image: { "p/a/\($0).png" }, label: { "l/a/\($0)_x.png" })
            try data.write("a/0\na/1\na/2\na/3\n", "train.lst")
            try data.write("a/4.png\na/5.png\n", "val.lst")
        },
        Layout(
            "all maps in one array, pictures channels first",
            """
            {image: {path: 'images.npy:/[{index}]', order: [n, c, h, w]}, \
            semseg: {path: 'labels.npz:/there[{index}]', order: [w, h, n]}, train: train.txt, validation: 'val.npy:/'}
            """
        ) { data in
            let classes = UserData.classes
            let plane = classes.map { 80 * ($0 % 3) }
            try data.bytes(
                "images.npy", shape: [6, 3, UserData.height, UserData.width],
                Array((0..<18).map { _ in plane }.joined()))
            let stacked = (0..<UserData.width).flatMap { column in
                (0..<UserData.height).flatMap { row in
                    [UInt8](repeating: classes[row * UserData.width + column], count: 6)
                }
            }
            let array = UserData.array(shape: [UserData.width, UserData.height, 6], stacked)
            try data.write(
                Data(ZipBuilder().archive([("other.npy", UserData.array(shape: [1], [1])), ("there.npy", array)])),
                "labels.npz")
            try data.write(Data(UserData.array(shape: [2], [4, 5])), "val.npy")
        },
    ]

    @Test("training, evaluation and predictions come to the same bits", arguments: layouts)
    func sameBits(_ layout: Layout) throws {
        try UserData.with(task: "semseg") { data, configuration in
            let folder = data.root.deletingLastPathComponent().path
            let named = LabelConventionTests.small + ["--set", "tasks.semseg.classes=[background, b, c]"]
            func train(_ name: String, _ more: [String]) throws -> [String: Data] {
                try Program.succeed(["train", configuration, "--output", "\(folder)/\(name)"] + named + more)
                return try LabelConventionTests.files("\(folder)/\(name)")
            }
            func figures(_ arguments: [String]) throws -> String {
                try Program.succeed(["evaluate"] + arguments + ["--set", named.last!, "--json"]).output
            }
            let expected = try train("plain", [])
            let scores = try figures(["\(folder)/plain", configuration])

            try layout.arrange(data)
            let checked = try Program.succeed(["data", "check", configuration, "--set", named.last!] + layout.setting)
            #expect(checked.output.contains("4 samples to train on, 2 to validate on, 0 problems"), "\(checked.output)")
            #expect(try train("other", layout.setting) == expected)
            #expect(try figures(["\(folder)/plain", configuration] + layout.setting) == scores)
            let saved = ["--save-predictions", "\(folder)/saved"]
            #expect(try figures(["\(folder)/plain", configuration] + layout.setting + saved) == scores)
            #expect(try figures(["--predictions", "\(folder)/saved", configuration] + layout.setting) == scores)
            // A run keeps its layout, and knows its samples again.
            try FileManager.default.removeItem(atPath: "\(folder)/other/checkpoints/00000004")
            try Program.succeed(
                ["train", "\(folder)/other/config.yaml", "--output", "\(folder)/other", "--resume"])
            #expect(try LabelConventionTests.files("\(folder)/other") == expected)
            let ranks = try Program.run(
                ranks: 2, ["train", configuration, "--output", "\(folder)/ranks"] + named + layout.setting)
            #expect(ranks.status == 0, "\(ranks.errors)")
            #expect(try LabelConventionTests.files("\(folder)/ranks") == expected)
        }
    }

    @Test("what is wrong with a layout is one sentence")
    func refusals() throws {
        try UserData.with(task: "semseg") { data, configuration in
            let image = "image: 'images/{id}.png'"
            let lists = "train: train.txt, validation: val.txt"
            try data.write("0\n77\n", "missing.txt")
            try data.write("../0\n", "outside.txt")
            try data.write("0 1\nimages/x y\n", "odd.txt")
            try data.write("0\n0\n", "twice.txt")
            for (files, status, part) in [
                ("{\(image), \(lists)}", 2, "data.files does not say where its labels are; add semseg: PATTERN there"),
                ("{\(image), semseg: 'semseg/{id}.png', train: train.txt}", 2, "data.files has no validation"),
                (
                    "{\(image), semseg: 'semseg/{city}.png', \(lists)}", 2,
                    "has {city} for semseg, which is no part of image"
                ),
                ("{\(image), semseg: 'semseg/0.png', \(lists)}", 2, "one file for all samples"),
                (
                    "{\(image), semseg: 'semseg/{id.png', \(lists)}", 2,
                    "data.files.semseg.path has a brace without its other"
                ),
                ("{\(image), semseg: '/s/{id}.png', \(lists)}", 2, "leads out of the folder"),
                ("{image: 'images/{a}{id}.png', semseg: 'semseg/{id}.png', \(lists)}", 2, "{a} and {id} side by side"),
                ("{\(image), semseg: {path: 's.npy:/[{id}]', order: [h, w]}, \(lists)}", 2, "it must have n, h, w"),
                (
                    "{\(image), semseg: 'semseg/{id}.png', train: none.txt, validation: val.txt}", 1,
                    "none.txt: it cannot be read"
                ),
                (
                    "{\(image), semseg: 'semseg/{id}.png', train: 'x/*.png', validation: val.txt}", 1,
                    "there is no such file"
                ),
                (
                    "{\(image), semseg: 'semseg/{id}.png', train: '*/*.png', validation: val.txt}", 1,
                    "does not match images/{id}.png"
                ),
                (
                    "{\(image), semseg: 'semseg/{id}.png', train: missing.txt, validation: val.txt}", 1,
                    "images/77.png: it cannot be read"
                ),
                (
                    "{\(image), semseg: 'semseg/{id}.png', train: outside.txt, validation: val.txt}", 1,
                    "is no path of the pattern"
                ),
                (
                    "{\(image), semseg: 'semseg/{id}.png', train: odd.txt, validation: val.txt}", 1,
                    "leads to no picture"
                ),
                ("{\(image), semseg: 'semseg/{id}.png', train: twice.txt, validation: val.txt}", 1, "it lists 0 twice"),
                (
                    "{image: '{a}s/{b}.png', semseg: 'semseg/{b}.png', train: 'i*s/*.png', validation: 'i*s/*.png'}", 1,
                    "it is on the lists of both train and val"
                ),
            ] as [(String, Int32, String)] {
                let outcome = try Program.run(
                    "data", "check", configuration, "--set", "data.dataset=files", "--set", "data.files=\(files)")
                #expect(outcome.status == status && outcome.errors.contains(part), "\(files): \(outcome.errors)")
            }
            let other = try Program.run("data", "check", configuration, "--set", "data.files={\(image)}")
            #expect(
                other.status == 2 && other.errors.contains("data.dataset is folder; set it to files"), "\(other.errors)"
            )
        }
    }

    /// (p - 1) / 256 of Cityscapes' disparities; 0 is unknown, and 1, which is no disparity, too.
    @Test func disparitiesAreCountedFromOne() throws {
        try UserData.with(task: "depth") { data, configuration in
            for index in 0..<6 {
                try data.remove("depth/\(index).npy")
                try data.png("depth/\(index)", .grey16((0..<UserData.pixels).map { [0, 1, 257, 513][$0 % 4] }))
            }
            let outcome = try Program.succeed(
                "data", "check", configuration, "--set", "tasks.depth.labels={unit: 1/2560, offset: 1, inverse: true}")
            // 2560 / 256 and 2560 / 512.
            #expect(outcome.output.contains("depth: 50.0 % known; 5 to 10 m"), "\(outcome.output)")
        }
    }
}

extension UserData {
    func makeFolder(of path: String) throws {
        try FileManager.default.createDirectory(
            at: root.appendingPathComponent(path).deletingLastPathComponent(), withIntermediateDirectories: true)
    }

    /// The bytes of a `.npy` file of whole numbers of one byte.
    static func array(shape: [Int], _ values: [UInt8]) -> [UInt8] {
        let sizes = shape.map { "\($0)," }.joined(separator: " ")
        var header = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(sizes)), }"
        header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8) + values
    }

    func bytes(_ path: String, shape: [Int], _ values: [UInt8]) throws {
        try write(Data(Self.array(shape: shape, values)), path)
    }
}
