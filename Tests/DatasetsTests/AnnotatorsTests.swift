import Datasets
import Foundation
import Fuzzing
import ProgramTesting
import Testing

/// What several people have drawn in one picture, in the files that it comes in.
@Suite("Labels of several annotators are read")
struct AnnotatorsTests {
    /// Three people's maps of 2 × 3 pixels: of the six pixels 3, 2, 1, 0, 1 and 0 of them have drawn one.
    static let maps: [[UInt8]] = [[1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 1, 0]]
    private static let channelsLast = (0..<6).flatMap { pixel in maps.map { Float($0[pixel]) } }
    /// More than half, some, and nobody.
    private static let agreed: [Float] = [1, 1, 255, 0, 255, 0]

    /// A folder with one sample `a` of 2 × 3 pixels, whose boundaries are read.
    private struct Folder {
        let root: String
        var task: LearningTask

        private var source: LabelledFolder {
            get throws { try LabelledFolder(root: root, split: "train", tasks: [task]) }
        }

        func truth() throws -> PixelMap { try source.boundaries(of: LearningTask(task.name, task.kind), at: 0) }
        func label() throws -> [Float] { try source.sample(at: 0, tasks: [task]).labels[task]!.values }

        func write(_ bytes: [UInt8], _ name: String) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/edge/\(name)"))
        }

        func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(root)/edge/\(name)") }
    }

    private func with(_ change: (inout LearningTask) -> Void = { _ in }, _ body: (Folder) throws -> Void) throws {
        try withTemporaryPath { root in
            for name in ["images", "edge"] {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            try "a\n".write(toFile: "\(root)/train.txt", atomically: true, encoding: .utf8)
            try PNGFile(height: 2, width: 3, pixels: .grey([UInt8](repeating: 0, count: 6)))
                .write(to: "\(root)/images/a.png")
            var task = LearningTask.edge
            change(&task)
            try body(Folder(root: root, task: task))
        }
    }

    /// The numbers of a map in the order of MATLAB, columns first.
    private static func columnsFirst<Number>(_ map: [Number]) -> [Number] {
        (0..<3).flatMap { column in (0..<2).map { map[3 * $0 + column] } }
    }

    /// `groundTruth` as BSDS500 has it: a cell for each annotator, with a struct of two maps.
    private static func groundTruth(
        _ builder: MATBuilder, field: String = "Boundaries", maps: [[UInt8]] = maps
    ) -> [UInt8] {
        builder.cells(
            "groundTruth", dimensions: [1, Int32(maps.count)],
            maps.map { map in
                builder.structure(
                    "", dimensions: [1, 1], fields: ["Segmentation", field],
                    [
                        builder.numbers(
                            "", classCode: 11, dimensions: [2, 3], type: 4, [UInt16](repeating: 7, count: 6)),
                        builder.numbers(
                            "", classCode: 9, flags: 0x200, dimensions: [2, 3], type: 2, columnsFirst(map)),
                    ])
            })
    }

    @Test("BSDS500's MAT files, of either byte order, compressed or not", arguments: MATFileTests.Form.all)
    func matFiles(form: MATFileTests.Form) throws {
        try with { folder in
            let variable = Self.groundTruth(form.builder)
            try folder.write(
                form.builder.file([form.isCompressed ? form.builder.compressed(variable) : variable]), "a.mat")
            let truth = try folder.truth()
            #expect(truth.channels == 3 && truth.height == 2 && truth.width == 3)
            #expect(truth.values == Self.channelsLast)
            #expect(try folder.label() == Self.agreed)
        }
    }

    @Test func structArrays() throws {
        try with { folder in
            let builder = MATBuilder()
            let maps = Self.maps.map {
                builder.numbers("", classCode: 9, dimensions: [2, 3], type: 2, Self.columnsFirst($0))
            }
            try folder.write(
                builder.file([builder.structure("groundTruth", dimensions: [1, 3], fields: ["Boundaries"], maps)]),
                "a.mat")
            #expect(try folder.truth().values == Self.channelsLast)
        }
    }

    @Test("several maps in one array, and a folder with one file for each")
    func otherForms() throws {
        try with { folder in
            try folder.write(NumPyArray.encoded(Self.channelsLast, shape: [2, 3, 3]), "a.npy")
            #expect(try folder.truth().values == Self.channelsLast)
            #expect(try folder.label() == Self.agreed)
            try folder.remove("a.npy")
            try FileManager.default.createDirectory(
                atPath: folder.root + "/edge/a", withIntermediateDirectories: true)
            try PNGFile(height: 2, width: 3, pixels: .grey(Self.maps[0].map { $0 * 255 }))
                .write(to: folder.root + "/edge/a/1.png")
            for index in 1...2 {
                try folder.write(
                    NumPyArray.encoded(Self.maps[index].map { Float($0) }, shape: [2, 3]), "a/\(index + 1).npy")
            }
            #expect(try folder.truth().values == Self.channelsLast)
            #expect(try folder.label() == Self.agreed)
            let files = try LabelledFolder(root: folder.root, split: "train", tasks: [.edge]).files(
                at: 0, tasks: [.edge])
            #expect(
                files.dropFirst().map { URL(fileURLWithPath: $0).lastPathComponent } == ["1.png", "2.npy", "3.npy"])
        }
    }

    @Test("one map is what it was: a channel, and the label itself")
    func oneMap() throws {
        try with { folder in
            let map: [Float] = [0, 0.25, 0.75, 1, 255, 0]
            for shape in [[2, 3], [2, 3, 1]] {
                try folder.write(NumPyArray.encoded(map, shape: shape), "a.npy")
                #expect(try folder.truth().values == map && folder.truth().channels == 1)
                #expect(try folder.label() == map)
            }
        }
    }

    @Test(
        "labels.threshold is the share of annotators that makes a boundary; what one of them does not know counts not")
    func thresholds() throws {
        try with({ $0.labels.threshold = 0.3 }) { folder in
            try folder.write(NumPyArray.encoded(Self.channelsLast, shape: [2, 3, 3]), "a.npy")
            #expect(try folder.label() == [1, 1, 1, 0, 1, 0])
        }
        try with { folder in
            let maps: [Float] = [255, 255, 1, 255, 0, 1, 255, 255, 255, 0, 0, 255, 0, 1, 1, 1, 1, 1]
            try folder.write(NumPyArray.encoded(maps, shape: [2, 3, 3]), "a.npy")
            #expect(try folder.label() == [1, 255, 255, 0, 1, 1])
        }
    }

    @Test func whatIsNoBoundaryIsRefused() throws {
        try with { folder in
            let builder = MATBuilder()
            func refuse(_ variable: [UInt8], _ parts: String...) throws {
                try folder.write(builder.file([variable]), "a.mat")
                for part in parts { expectRefusal("edge/a.mat", contains: part) { try folder.truth() } }
            }
            try refuse(Self.groundTruth(builder, field: "Boundary"), "a 1 x 1 struct without Boundaries")
            try refuse(Self.groundTruth(builder, maps: []), "groundTruth is empty")
            try refuse(
                builder.numbers("groundTruth", dimensions: [1, 1], type: 9, [Double(1).bitPattern]),
                "variable groundTruth is a 1 x 1 array of numbers", "save a cell array of structs")
            let small = builder.numbers("", classCode: 9, dimensions: [3, 2], type: 2, Self.maps[0])
            let right = builder.numbers("", classCode: 9, dimensions: [2, 3], type: 2, Self.maps[0])
            try refuse(
                builder.structure("groundTruth", dimensions: [1, 2], fields: ["Boundaries"], [right, small]),
                "2 x 3 pixels and another's 3 x 2")
            try folder.remove("a.mat")
            // The size is the picture's.
            try folder.write(NumPyArray.encoded([Float](repeating: 0, count: 18), shape: [3, 2, 3]), "a.npy")
            expectRefusal("a", contains: "2 x 3 pixels and its edge labels have 3 x 2") { try folder.truth() }
            try folder.remove("a.npy")
            try FileManager.default.createDirectory(
                atPath: folder.root + "/edge/a", withIntermediateDirectories: true)
            expectRefusal("edge/a", contains: "the folder is empty") { try folder.truth() }
        }
        // Saliency of several people is the share of them, which they save themselves.
        try with({ $0.scoreRule = .images }) { folder in
            try folder.write(NumPyArray.encoded(Self.channelsLast, shape: [2, 3, 3]), "a.npy")
            expectRefusal("edge/a.npy", contains: "several maps", "the mean of their maps") { try folder.label() }
        }
    }

    @Test("contours to score come as MAT files of their picture's size, or as ucm2 of twice that")
    func contours() throws {
        try withTemporaryPath { path in
            try FileManager.default.createDirectory(atPath: "\(path)/edge", withIntermediateDirectories: true)
            let builder = MATBuilder()
            func read(_ name: String, rows: Int, columns: Int, _ value: (Int, Int) -> Double) throws -> StoredPrediction
            {
                let values = (0..<columns).flatMap { column in (0..<rows).map { value($0, column).bitPattern } }
                let variable = builder.numbers(name, dimensions: [Int32(rows), Int32(columns)], type: 9, values)
                try Data(builder.file([variable])).write(to: URL(fileURLWithPath: "\(path)/edge/a.mat"))
                return try PredictionFolder(path).prediction(of: .edge, "a", classes: 1, height: 2, width: 3)
            }
            let expected: [Float] = [0, 0.125, 0.25, 0.5, 0.625, 0.75]
            let plain = try read("pb", rows: 2, columns: 3) { Double($0) / 2 + Double($1) / 8 }
            // As MATLAB's ucm2(3:2:end, 3:2:end).
            let double = try read("ucm2", rows: 5, columns: 7) { row, column in
                row % 2 == 0 && column % 2 == 0 && row > 0 && column > 0
                    ? Double(row / 2 - 1) / 2 + Double(column / 2 - 1) / 8 : 0.9
            }
            for prediction in [plain, double] {
                guard case .probabilities(let map) = prediction else {
                    Issue.record("MAT files hold probabilities")
                    continue
                }
                #expect(map.values == expected)
            }
            expectRefusal("edge/a.mat", contains: "row 1, column 1 has 1.5", "from 0 to 1") {
                try read("pb", rows: 2, columns: 3) { Double($0 * $1) * 1.5 }
            }
            expectRefusal("edge/a.mat", contains: "4 x 7 pixels and the picture 2 x 3") {
                try read("pb", rows: 4, columns: 7) { _, _ in 0 }
            }
            try FileManager.default.removeItem(atPath: "\(path)/edge/a.mat")
            // Numbers of .npy are scores before the sigmoid unless it is said.
            let array = NumPyArray.encoded(expected, shape: [2, 3])
            try Data(array).write(to: URL(fileURLWithPath: "\(path)/edge/a.npy"))
            let folder = PredictionFolder(path, probabilities: true)
            guard case .probabilities(let map) = try folder.prediction(of: .edge, "a", classes: 1, height: 2, width: 3),
                case .output = try PredictionFolder(path).prediction(of: .edge, "a", classes: 1, height: 2, width: 3)
            else {
                Issue.record("what numbers are is said by the folder")
                return
            }
            #expect(map.values == expected)
        }
    }
}
