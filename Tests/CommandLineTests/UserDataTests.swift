import Archives
import Datasets
import Foundation
import ProgramTesting
import Testing

/// Folders as users bring them, each with one thing in it that went wrong for somebody, and what `modulor data check`
/// says of it.
@Suite struct UserDataTests {
    /// What is expected: the status, and a part of what is said on either stream.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let task: String
        let status: Int32
        let parts: [String]
        let change: @Sendable (UserData) throws -> Void

        init(
            _ name: String, task: String = "semseg", status: Int32 = 1, _ parts: String...,
            change: @escaping @Sendable (UserData) throws -> Void
        ) {
            self.name = name
            self.task = task
            self.status = status
            self.parts = parts
            self.change = change
        }

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case("base", status: 0, "semseg: 95.7 % known; background ", "4 samples to train on") { _ in },
        Case("base-depth", task: "depth", status: 0, "1 to 4 m, median 2.5", "0 problems\n") { _ in },
        Case("base-normals", task: "normals", status: 0, "length 1", "facing away from the camera: 0.0 %") { _ in },
        Case("base-sal", task: "sal", status: 0, "above one half: ") { _ in },
        // Text as editors save it.
        Case("bom-classes", status: 0, "background 33.3 %") {
            try $0.write("\u{FEFF}background\nb\nc\n", "semseg/classes.txt")
        },
        Case("bom-list", status: 0, "0 problems") { try $0.write("\u{FEFF}0\n1\n2\n3\n", "train.txt") },
        Case("utf16-list", "train.txt", "UTF-16") {
            try $0.write("0\n1\n".data(using: .utf16)!, "train.txt")
        },
        Case("utf16-classes", "classes.txt", "UTF-16") {
            try $0.write("background\nb\n".data(using: .utf16LittleEndian)!, "semseg/classes.txt")
        },
        // Names.
        Case("list-with-extensions", "there is 0.png: write the name without extension in the list, as 0") {
            try $0.write("0.png\n1.png\n2.png\n3.png\n", "train.txt")
        },
        Case("list-with-paths", "without folder and extension in the list, as 0") {
            try $0.write("images/0.png\n", "train.txt")
        },
        Case("list-with-columns", "several columns: write one name a line, as 0") {
            try $0.write("images/0.png semseg/0.png\n", "train.txt")
        },
        Case("upper-case-extension", status: 0, "0 problems") { try $0.move("images/0.png", "images/0.PNG") },
        Case("upper-case-label", status: 0, "0 problems") { try $0.move("semseg/0.png", "semseg/0.PNG") },
        Case("label-of-some-samples-missing", task: "depth", "depth/2.png", "the label of depth is missing") {
            try $0.remove("depth/2.npy")
        },
        // Two files for one thing.
        Case("two-files-one-label", task: "depth", "depth/0.npy: ", "depth/0.png is there as well") {
            try $0.png("depth/0", .grey16([UInt16](repeating: 9000, count: UserData.pixels)))
        },
        Case("two-files-one-image", "images/0.jpg: ", "images/0.png is there as well") {
            try $0.write(try UserData.jpeg, "images/0.jpg")
        },
        Case("two-files-one-image-in-capitals", "is there as well, and a sample has one picture") {
            try $0.png("images/0.x", .grey([UInt8](repeating: 1, count: UserData.pixels)))
            try $0.move("images/0.x.png", "images/0.PNG")
        },
        // Numbers.
        Case(
            "depth-millimetres-npy", task: "depth", "depth in an array is metres", "tasks.depth.labels: {unit: 0.001}",
            "and 3 more like"
        ) {
            for index in 0..<6 { try $0.integers("depth/\(index)", "<u2", UserData.depth.map { Int($0 * 1000) }) }
        },
        Case("depth-bytes-npy", task: "depth", "an array of integers") {
            for index in 0..<6 { try $0.integers("depth/\(index)", "|u1", UserData.depth.map { Int($0) }) }
        },
        Case(
            "depth-256-per-metre", task: "depth", status: 0, "0.256 to 1.02 m", "warning: ",
            "tasks.depth.labels: {unit: 1/256}"
        ) { data in
            for index in 0..<6 {
                try data.remove("depth/\(index).npy")
                try data.png("depth/\(index)", .grey16(UserData.depth.map { UInt16($0 * 256) }))
            }
        },
        Case(
            "depth-inverse", task: "depth", status: 0, "0.25 to 1 m", "warning: ",
            "one by metres labels: {inverse: true}"
        ) { data in
            for index in 0..<6 { try data.array("depth/\(index)", UserData.depth.map { 1 / $0 }) }
        },
        Case("depth-float-millimetres", task: "depth", status: 0, "warning: ", "tasks.depth.labels: {unit: 0.001}") {
            data in
            for index in 0..<6 { try data.array("depth/\(index)", UserData.depth.map { 1000 * $0 }) }
        },
        Case(
            "depth-along-minus-z", task: "depth", status: 0, "100 % of the depths are negative or infinite",
            "nothing is known in any training label"
        ) { data in
            for index in 0..<6 { try data.array("depth/\(index)", UserData.depth.map { -$0 }) }
        },
        Case("depth-infinite-sky", task: "depth", status: 0, "50 % of the depths are negative or infinite") { data in
            let half = UserData.pixels / 2
            for index in 0..<6 {
                try data.array(
                    "depth/\(index)", UserData.depth.enumerated().map { $0.offset < half ? .infinity : $0.element })
            }
        },
        Case("depth-minus-one-is-unknown", task: "depth", status: 0, "50.0 % known", "0 problems\n") { data in
            let half = UserData.pixels / 2
            for index in 0..<6 {
                try data.array(
                    "depth/\(index)", UserData.depth.enumerated().map { $0.offset < half ? -1 : $0.element })
            }
        },
        Case(
            "normals-negated", task: "normals", status: 0, "100.0 %", "warning: ", "point away from the camera",
            "tasks.normals.labels: {axes: [x, -y, -z]}"
        ) {
            try $0.normals { -$0 }
        },
        Case(
            "normals-length-2", task: "normals", "100 % of its vectors are not of length 1 (on average 2.0)",
            "and 3 more like"
        ) {
            try $0.normals { 2 * $0 }
        },
        Case("normals-0-to-255", task: "normals", "100 % of its vectors", "tasks.normals.labels: {encoding: unsigned}")
        {
            try $0.normals { ($0 + 1) * 127.5 }
        },
        Case("normals-0-to-1", task: "normals", "100 % of its vectors", "2 * array - 1") {
            try $0.normals { ($0 + 1) / 2 }
        },
        Case("normals-integers", task: "normals", "its numbers are integers", "labels: {encoding: unsigned}") { data in
            for index in 0..<6 {
                try data.remove("normals/\(index).png")
                try data.integers(
                    "normals/\(index)", "|u1", [Int](repeating: 128, count: 3 * UserData.pixels), channels: 3)
            }
        },
        // Class maps.
        Case("jpeg-named-png", "semseg/0.png: it is a JPEG") { try $0.write(try UserData.jpeg, "semseg/0.png") },
        Case("jpeg-classes", "there is 0.jpg, which is not of a kind that is read here") {
            try $0.remove("semseg/0.png")
            try $0.write(try UserData.jpeg, "semseg/0.jpg")
        },
        Case("void-is-zero", status: 0, "warning: ", "class 0 is called void", "tasks.semseg.labels: {map: void-first}")
        { data in
            try data.write("void\na\nb\nc\n", "semseg/classes.txt")
            for index in 0..<6 {
                try data.png("semseg/\(index)", .grey(UserData.classes.map { $0 == 255 ? 0 : $0 + 1 }))
            }
        },
        Case(
            "first-class-unused", status: 0, "warning: ", "class 0 (dummy) is in no training label", "{map: void-first}"
        ) { data in
            try data.write("dummy\na\nb\nc\n", "semseg/classes.txt")
            for index in 0..<6 {
                try data.png("semseg/\(index)", .grey(UserData.classes.map { $0 == 255 ? 255 : $0 + 1 }))
            }
        },
        Case("class-never-seen", status: 0, "0.0 % known", "warning: ", "nothing is known in any training label") {
            try $0.everyClassMap { _ in 255 }
        },
        Case("one-class-never-seen", status: 0, "c never", "1 of 3 classes are in no training label", "2 (c)") {
            try $0.everyClassMap { $0 == 2 ? 1 : $0 }
        },
        Case(
            "mask-as-classes", status: 0, "warning: ", "in a mask of 0 and 255, 255 is unknown",
            "labels: {map: {0: 0, 255: 1}}"
        ) {
            try $0.everyClassMap { $0 == 2 ? 255 : 0 }
        },
        Case("small-mask", task: "sal", "a mask of 0 and 1", "tasks.sal.labels: {threshold: 0}") { data in
            for index in 0..<6 { try data.png("sal/\(index)", .grey(UserData.classes.map { $0 == 2 ? 1 : 0 })) }
        },
        Case("png-exif-turned", "Exif orientation 6", "labels beside it", "mogrify -auto-orient") {
            try $0.turn("images/0.png")
        },
        Case("png-label-exif-turned", "semseg/0.png", "Exif orientation 6", "pictures beside it") {
            try $0.turn("semseg/0.png")
        },
    ]

    @Test(arguments: UserDataTests.cases) func checked(_ tried: Case) throws {
        let outcome = try UserData.with(task: tried.task) { data, configuration in
            try tried.change(data)
            return try Program.run("data", "check", configuration)
        }
        let said = outcome.output + outcome.errors
        #expect(outcome.status == tried.status, "\(said)")
        for part in tried.parts { #expect(said.contains(part), "\(said)") }
    }

    /// A configuration with a byte-order mark is one without; in UTF-16 it is named.
    @Test func configurations() throws {
        try UserData.with(task: "semseg") { _, configuration in
            let url = URL(fileURLWithPath: configuration)
            let text = try String(contentsOf: url, encoding: .utf8)
            try Data("\u{FEFF}\(text)".utf8).write(to: url)
            try Program.succeed("data", "check", configuration)
            try text.data(using: .utf16)!.write(to: url)
            let outcome = try Program.run("data", "check", configuration)
            #expect(outcome.status == 2 && outcome.errors.contains("UTF-16"), "\(outcome.errors)")
        }
    }

    @Test func aSheetAndAPageShowTheSamples() throws {
        try UserData.with(task: "depth") { data, configuration in
            let folder = data.root.deletingLastPathComponent().appendingPathComponent("checked")
            let outcome = try Program.succeed("data", "check", configuration, "--html", "--output", folder.path)
            #expect(outcome.output.contains("contact-sheet.png") && outcome.output.contains("data.html"))
            let sheet = try ImageFile.read(folder.appendingPathComponent("contact-sheet.png").path)
            // Four samples of 70 rows, each with a picture and a label of 90 columns.
            #expect(sheet.height > 280 && sheet.width > 180)
            let page = try String(contentsOf: folder.appendingPathComponent("data.html"), encoding: .utf8)
            #expect(page.contains("median 2.5") && page.contains("data:image/png;base64,"))
            #expect(!page.contains("<script") && !page.contains("src=\"http"))
        }
    }
}

/// Six pictures of 70 x 90 pixels with labels, in the layout of a user's folder.
struct UserData {
    let root: URL

    static let (height, width) = (70, 90)
    static let pixels = height * width
    static let classes: [UInt8] = (0..<pixels).map { index in
        let (row, column) = (index / width, index % width)
        return row < 3 ? 255 : row >= 35 && column >= 60 ? 2 : column >= 30 ? 1 : 0
    }
    /// From 1 to 4 metres.
    static let depth: [Float] = (0..<pixels).map { 1 + 3 * Float($0) / Float(pixels - 1) }
    static var jpeg: Data {
        get throws {
            try Data(
                contentsOf: Program.repository.appendingPathComponent(
                    "Tests/DatasetsTests/Fixtures/NYUD_MT/images/1001.jpg"))
        }
    }

    /// Writes the folder, sound, and a configuration that trains `task` on it.
    static func with<Result>(task: String, _ body: (UserData, _ configuration: String) throws -> Result) throws
        -> Result
    {
        var result: Result?
        try withTemporaryFolder { folder in
            let data = UserData(root: folder.appendingPathComponent("d"))
            for name in ["images", "semseg", "depth", "normals", "edge", "sal"] {
                try FileManager.default.createDirectory(
                    at: data.root.appendingPathComponent(name), withIntermediateDirectories: true)
            }
            for index in 0..<6 {
                try data.png("images/\(index)", .grey(classes.map { 80 * ($0 % 3) }))
                try data.png("semseg/\(index)", .grey(classes))
                try data.array("depth/\(index)", depth)
                try data.png("normals/\(index)", .rgb((0..<pixels).flatMap { _ in [128, 128, 255] as [UInt8] }))
                try data.png("sal/\(index)", .grey(classes.map { $0 == 2 ? 255 : 0 }))
            }
            try data.write("background\nb\nc\n", "semseg/classes.txt")
            try data.write("0\n1\n2\n3\n", "train.txt")
            try data.write("4\n5\n", "val.txt")
            let configuration = folder.appendingPathComponent("t.yaml")
            try """
            tasks: {\(task): {}}
            data: {dataset: folder, root: \(data.root.path), crop: [64, 64]}
            """.write(to: configuration, atomically: true, encoding: .utf8)
            result = try body(data, configuration.path)
        }
        return result!
    }

    private func url(_ path: String) -> URL { root.appendingPathComponent(path) }

    func write(_ text: String, _ path: String) throws { try write(Data(text.utf8), path) }
    func write(_ bytes: Data, _ path: String) throws { try bytes.write(to: url(path)) }
    func remove(_ path: String) throws { try FileManager.default.removeItem(at: url(path)) }
    func move(_ path: String, _ other: String) throws {
        try FileManager.default.moveItem(at: url(path), to: url(other))
    }

    func png(_ name: String, _ pixels: PNGFile.Pixels) throws {
        try PNGFile(height: Self.height, width: Self.width, pixels: pixels).write(to: url(name + ".png").path)
    }

    func array(_ name: String, _ values: [Float], channels: Int = 1) throws {
        let shape = [Self.height, Self.width] + (channels == 1 ? [] : [channels])
        try write(Data(NumPyArray.encoded(values, shape: shape)), name + ".npy")
    }

    /// An array of whole numbers of one or two bytes.
    func integers(_ name: String, _ type: String, _ values: [Int], channels: Int = 1) throws {
        let shape = "\(Self.height), \(Self.width)" + (channels == 1 ? "" : ", \(channels)")
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
        header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
        let bytes =
            type.hasSuffix("1") ? values.map { UInt8($0) } : values.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        try write(Data([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8) + bytes), name + ".npy")
    }

    /// Arrays of vectors towards the camera, each number changed.
    func normals(_ change: (Float) -> Float) throws {
        let vector: [Float] = [0.3, 0.1, 0.95].map { change($0 / Float(1.0025).squareRoot()) }
        for index in 0..<6 {
            try remove("normals/\(index).png")
            try array("normals/\(index)", (0..<Self.pixels).flatMap { _ in vector }, channels: 3)
        }
    }

    func everyClassMap(_ change: (UInt8) -> UInt8) throws {
        for index in 0..<6 { try png("semseg/\(index)", .grey(Self.classes.map(change))) }
    }

    /// Notes in a PNG file that it is to be turned by a quarter.
    func turn(_ path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: url(path)))
        let note: [UInt8] = [0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]
        let contents = Array("eXIfII*\0".utf8) + [8, 0, 0, 0, 1, 0] + note + [0, 0, 0, 0]
        func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        let chunk = number(UInt32(contents.count - 4)) + contents + number(ZipArchive.checksum(of: contents))
        try write(Data(bytes[..<33] + chunk + bytes[33...]), path)
    }
}
