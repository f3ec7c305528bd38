import Datasets
import Foundation
import ProgramTesting
import Testing

/// Which files of a user's folders are taken for a sample, and what is said where that is not clear.
@Suite("The files of a sample are found, or what was meant is said")
struct FoundFilesTests {
    private static let grey = PNGFile(height: 2, width: 3, pixels: .grey([0, 1, 2, 255, 0, 1]))

    /// A folder with the list `names`, pictures and class maps of these names.
    private static func withFolder(
        list: String, files: [String], _ body: (_ root: String, LabelledFolder) throws -> Void
    ) throws {
        try withTemporaryPath { root in
            let manager = FileManager.default
            for path in files + ["images/-", "semseg/-"] {
                let file = URL(fileURLWithPath: "\(root)/\(path)")
                try manager.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                if !path.hasSuffix("-") { try Data(grey.encoded()).write(to: file) }
            }
            try Data(list.utf8).write(to: URL(fileURLWithPath: "\(root)/train.txt"))
            try Data("\u{FEFF}a\nb\nc\n".utf8).write(to: URL(fileURLWithPath: "\(root)/semseg/classes.txt"))
            try body(root, LabelledFolder(root: root, split: "train", tasks: [.semseg]))
        }
    }

    @Test func capitalsFoldersAndNormalFormsAreRead() throws {
        // The list has one letter; the files have it as two.
        let list = "0\n1\nsub/2\na.b\n\u{E9}\n"
        let files = [
            "images/0.PNG", "semseg/0.Png", "images/1.JPG", "semseg/1.png", "images/sub/2.png", "semseg/sub/2.png",
            "images/a.b.png", "semseg/a.b.png", "images/e\u{301}.png", "semseg/e\u{301}.png", "semseg/0.json",
        ]
        try Self.withFolder(list: list, files: files) { root, source in
            #expect(source.fileProblems(tasks: [.semseg]).isEmpty)
            let problems = try source.problems(tasks: [.semseg], workers: 1)
            #expect(problems.isEmpty)
            #expect(source.classNames(of: .semseg) == ["a", "b", "c"])
            #expect(source.files(at: 0, tasks: [.semseg]) == ["\(root)/images/0.PNG", "\(root)/semseg/0.Png"])
        }
    }

    @Test(arguments: [
        ("images/0.jpg", "images/0.png", "one picture"), ("images/0.png", "images/0.PNG", "one picture"),
        ("images/0.jpeg", "images/0.png", "one picture"), ("semseg/0.npy", "semseg/0.png", "one label of semseg"),
        ("semseg/0.png", "semseg/0.tif", "one label of semseg"),
    ])
    func twoFilesAreRefused(_ one: String, _ two: String, _ what: String) throws {
        let files =
            ["images/0.png", "semseg/0.png"] + [one, two].filter { !["images/0.png", "semseg/0.png"].contains($0) }
        try Self.withFolder(list: "0\n", files: files) { root, source in
            let quick = source.fileProblems(tasks: [.semseg]).map(\.description)
            #expect(quick.count == 1)
            let found = try source.problems(tasks: [.semseg], workers: 1).map(\.description)
            #expect(found == quick)
            #expect(quick[0].contains(one) && quick[0].contains(two) && quick[0].contains(what), "\(quick)")
        }
    }

    @Test(arguments: [
        ("0.png", ["0.png"], "there is 0.png: write the name without extension in the list, as 0"),
        ("0.jpg", ["0.png"], "there is 0.png: write the name without extension in the list, as 0"),
        ("images/0.png", ["0.png"], "without folder and extension in the list, as 0"),
        ("images/0", ["0.png"], "without folder and extension in the list, as 0"),
        ("images/0.png semseg/0.png", ["0.png"], "several columns: write one name a line, as 0"),
        ("0\t0_label", ["0.png"], "several columns: write one name a line, as 0"),
        ("0,7", ["0.png"], "several columns: write one name a line, as 0"),
        ("left", ["Left.png"], "there is Left.png: write the name as it is there in the list, as Left"),
        ("7", ["0007.png"], "there is 0007.png: write the name as it is there in the list, as 0007"),
        ("0", ["0.bmp"], "there is 0.bmp, which is not of a kind that is read here (.jpg, .jpeg, .png)"),
        ("0", ["1.png"], "fetch it, or take the sample off the list"),
    ])
    func aNameThatIsMissingIsLookedFor(_ name: String, _ pictures: [String], _ sentence: String) throws {
        try Self.withFolder(list: name + "\n", files: pictures.map { "images/\($0)" }) { _, source in
            let problems = source.fileProblems(tasks: [])
            #expect(problems.count == 1, "\(problems)")
            let text = problems.first?.description ?? ""
            #expect(text.contains("the picture is missing; ") && text.contains(sentence), "\(text)")
            #expect(throws: SampleError.self) { try source.sample(at: 0, tasks: []) }
        }
    }

    /// JPEG maps of classes are there, but not read.
    @Test func lossyClassMapsAreNamed() throws {
        try Self.withFolder(list: "0\n", files: ["images/0.png", "semseg/0.jpg"]) { _, source in
            let problem = try #require(source.fileProblems(tasks: [.semseg]).first?.description)
            #expect(problem.contains("there is 0.jpg, which is not of a kind that is read here (.png"))
        }
    }

    /// Brüggemann et al. have PNG where Vandenhende et al. have arrays and JPEG.
    @Test func picturesAndLabelsOfAnotherArchive() throws {
        try Fixtures.withCopy(of: "NYUD_MT_npy") { root in
            let whole = try NYUD(root: root, split: "train")
            let tasks = whole.tasks
            let before = try whole.sample(at: 0, tasks: tasks)
            let name = whole.identifiers[0]
            let (height, width) = (before.image.height, before.image.width)
            func replace(_ folder: String, _ old: String, _ pixels: PNGFile.Pixels) throws {
                try FileManager.default.removeItem(atPath: "\(root)/\(folder)/\(name).\(old)")
                try PNGFile(height: height, width: width, pixels: pixels).write(to: "\(root)/\(folder)/\(name).png")
            }
            try replace("images", "jpg", .rgb(before.image.values.map { UInt8($0) }))
            let edge = try #require(before.labels[.edge])
            try replace("edge", "npy", .grey(edge.values.map { UInt8(($0 * 255).rounded()) }))
            try replace("normals", "npy", .rgb([UInt8](repeating: 255, count: 3 * height * width)))
            let source = try NYUD(root: root, split: "train")
            #expect(source.layout == .numPy && source.fileProblems(tasks: tasks).isEmpty)
            let after = try source.sample(at: 0, tasks: tasks)
            #expect(after.image == before.image && after.labels[.semseg] == before.labels[.semseg])
            #expect(after.labels[.normals]?.values.allSatisfy { $0 == 1 } == true)
            // 0 and 255 are unknown.
            let grey = [0, 255] + [UInt8](repeating: 40, count: height * width - 2)
            try FileManager.default.removeItem(atPath: "\(root)/segmentation/\(name).png")
            try PNGFile(height: height, width: width, pixels: .grey(grey)).write(to: "\(root)/segmentation/\(name).png")
            let classes = try source.sample(at: 0, tasks: [.semseg]).labels[.semseg]?.values
            #expect(classes?.prefix(3) == [255, 255, 39])
        }
    }
}

@Suite("Normals that are no unit vectors are refused")
struct UnitVectorTests {
    private static let flat: [Float] = [0.3, 0.1, 0.95].map { $0 / Float(0.9125 + 0.09).squareRoot() }

    private static func normals(_ values: [[Float]]) throws -> PixelMap {
        try withTemporaryPath { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let path = "\(folder)/n.npy"
            try Data(NumPyArray.encoded(values.flatMap { $0 }, shape: [1, values.count, 3]))
                .write(to: URL(fileURLWithPath: path))
            return try LabelFile(path).unitVectors()
        }
    }

    private static func many(_ vector: [Float], _ count: Int = 40) -> [[Float]] {
        [[Float]](repeating: vector, count: count)
    }

    @Test(
        arguments: [
            (0, 2, "100 % of its vectors are not of length 1 (on average 2.0)", "divide each"),
            (1, 127.5, "100 % of its vectors", "2 * array / 255 - 1"),
            (1, 0.5, "100 % of its vectors", "2 * array - 1"),
            (0, 0.25, "100 % of its vectors", "divide each"),
        ] as [(Float, Float, String, String)])
    func wrongLengths(_ offset: Float, _ factor: Float, _ problem: String, _ remedy: String) {
        let vector = Self.flat.map { ($0 + offset) * factor }
        let error = #expect(throws: DataFileError.self) { try Self.normals(Self.many(vector)) }
        #expect(error?.description.contains(problem) == true && error?.description.contains(remedy) == true)
    }

    @Test func aFewAreUnknownAndMoreAreRefused() throws {
        let wrong: [Float] = [1, 1, 1]
        let map = try Self.normals(Self.many(Self.flat, 38) + Self.many(wrong, 2))
        #expect(map.values.suffix(6).allSatisfy { $0 == 0 } && map.values[2] > 0.9)
        let error = #expect(throws: DataFileError.self) {
            try Self.normals(Self.many(Self.flat, 37) + Self.many(wrong, 3))
        }
        #expect(error?.problem.hasPrefix("7 % of its vectors") == true)
        // What is unknown by convention does not count.
        let unknown = Self.many([0, 0, 0], 50) + Self.many([-1, -1, -1], 50) + Self.many([.nan, 0, 1], 50)
        #expect(try Self.normals(Self.many(Self.flat, 1) + unknown).values.prefix(3).last! > 0.9)
    }
}
