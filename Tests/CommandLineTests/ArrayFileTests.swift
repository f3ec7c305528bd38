import Datasets
import Foundation
import Fuzzing
import ProgramTesting
import Testing

/// Files of arrays: looked into by `inspect`, and refused as labels with the advice of the program that wrote them.
@Suite struct ArrayFileTests {
    private static let fixtures = Program.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures")

    private func rows(_ path: String) throws -> (format: String, rows: [String]) {
        let output = try Program.succeed("inspect", path, "--json").output
        let report = try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        let rows = try #require(report["rows"] as? [[String: Any]]).map { row in
            "\(row["name"] as? String ?? "?") \(row["type"] as? String ?? "?") \(row["shape"] as? [Int] ?? [])"
        }
        return (try #require(report["format"] as? String), rows)
    }

    private func put(_ bytes: [UInt8], _ name: String, in folder: URL) throws -> String {
        let file = folder.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return file.path
    }

    @Test func arraysAreListed() throws {
        let depth = try rows(Self.fixtures.appendingPathComponent("NYUD_MT/depth/21.mat").path)
        #expect(depth.format == "mat" && depth.rows.map { $0.prefix { $0 != " " } } == ["rawDepth", "depth"])
        let edge = try rows(Self.fixtures.appendingPathComponent("NYUD_MT_npy/edge/101.npy").path)
        #expect(edge.format == "npy" && edge.rows.count == 1)
        try withTemporaryFolder { folder in
            let builder = MATBuilder()
            let mat = try put(
                builder.file([
                    builder.compressed(
                        builder.numbers("x", dimensions: [2, 3], type: 9, [Int64](repeating: 0, count: 6))),
                    builder.matrix("mask", classCode: 9, flags: 0x200, dimensions: [1, 1], []),
                    builder.matrix("sparse", classCode: 5, dimensions: [30, 40], []), builder.variety,
                    builder.text("name", dimensions: [1, 4], type: 16, Array("head".utf8)),
                ]), "labels.mat", in: folder)
            #expect(
                try rows(mat).rows == [
                    "x double [2, 3]", "mask logical [1, 1]", "sparse sparse double [30, 40]", "LabelMap struct [1, 2]",
                    "name char [1, 4]",
                ])
            let text = try Program.succeed("inspect", mat).output
            #expect(text.contains("sparse double") && text.contains("\(mat): mat, 5 arrays, "), "\(text)")
            let arrays = NumPyArray.encoded([1, 2, 3], shape: [3])
            let npz = try put(
                ZipBuilder().archive([("weight.npy", arrays), ("bias.npy", arrays)]), "w.npz", in: folder)
            let listed = try rows(npz)
            #expect(listed.format == "npz" && listed.rows == ["weight <f4 [3]", "bias <f4 [3]"])
            let damaged = try put(Array(arrays.prefix(40)), "cut.npy", in: folder)
            let outcome = try Program.run("inspect", damaged)
            #expect(outcome.status == 2 && outcome.errors.contains("its header is cut short"), "\(outcome.errors)")
        }
    }

    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let matlab73 =
        Array("MATLAB 7.3 MAT-file, Platform: GLNXA64".utf8)
        + [UInt8](repeating: 32, count: 474) + signature
    private static let octaveHDF5 = signature + [UInt8](repeating: 0, count: 800) + Array("OCTAVE_NEW_FORMAT".utf8)

    @Test(arguments: [
        (matlab73, "a MAT file of version 7.3: MATLAB's whos -file"), (octaveHDF5, "Octave's save -hdf5"),
        (signature + [0], "h5ls -r shows what is in it"),
    ]) func hdf5IsNamedWithWhatLooksInside(bytes: [UInt8], part: String) throws {
        try withTemporaryFolder { folder in
            let file = try put(bytes, "a.h5", in: folder)
            #expect(try rows(file).format == "hdf5")
            #expect(try Program.succeed("inspect", file).output.contains(part))
        }
    }

    // MARK: labels

    private static let version4 =
        [0, 2, 2, 0, 13].flatMap { [UInt8($0), 0, 0, 0] } + Array("segmentation".utf8)
        + [UInt8](repeating: 0, count: 33)
    private static let version4BigEndian =
        [1000, 2, 2, 0, 13].flatMap { [0, 0, UInt8($0 >> 8), UInt8($0 & 255)] }
        + Array("segmentation".utf8) + [UInt8](repeating: 0, count: 33)
    private static let octaveText = Array("# Created by Octave 7.3.0\n# name: segmentation\n# type: matrix\n".utf8)
    private static let sparse = MATBuilder().file([
        MATBuilder().matrix("segmentation", classCode: 5, dimensions: [3, 3], [])
    ])
    private static let complex = MATBuilder().file([
        MATBuilder().numbers("segmentation", flags: 0x800, dimensions: [1, 1], type: 2, [UInt8(1)])
    ])
    private static let table = MATBuilder().file([
        MATBuilder().matrix("segmentation", classCode: 3, dimensions: [1, 1], [])
    ])

    @Test(arguments: [
        (version4, "a MAT file of version 4 (its first variable is segmentation)", "save -v7 in Octave"),
        (version4BigEndian, "a MAT file of version 4", "'-v7') in MATLAB"),
        (matlab73, "a MAT file of version 7.3 (HDF5)", "load it in MATLAB and save it again with save(..., '-v7')"),
        (octaveHDF5, "an HDF5 file of Octave (save -hdf5)", "load it in Octave and save it again with save -v7"),
        (signature + [0], "an HDF5 file, which is not read", "h5py"),
        (octaveText, "a text file of Octave, which save writes whatever", "in Octave and save it again with save -v7"),
        (Array("Octave-1-L".utf8) + [0, 5, 0], "a binary file of Octave (save -binary)", "again with save -v7"),
        ([0x1F, 0x8B, 8], "compressed by gzip", "gzip -d"),
        (sparse, "variable segmentation is a sparse matrix", "save full(segmentation)"),
        (complex, "variable segmentation is an array of complex numbers", "save its real part"),
        (table, "variable segmentation is an object", "save its numbers as an array"),
        (Array("version https://git-lfs.github.com/spec/v1\nsize 512\n".utf8), "a Git LFS pointer", "git lfs pull"),
        (NumPyArray.encoded([1], shape: [1, 1]), "a file of NumPy and no MAT file", "scipy.io.savemat"),
    ]) func aLabelOfAnotherFormatIsRefusedWithItsProgramsAdvice(bytes: [UInt8], kind: String, advice: String) throws {
        try withTemporaryFolder { folder in
            let root = folder.appendingPathComponent("NYUD_MT")
            try FileManager.default.copyItem(at: Self.fixtures.appendingPathComponent("NYUD_MT"), to: root)
            try Data(bytes).write(to: root.appendingPathComponent("segmentation/12.mat"))
            let configuration = try put(
                Array("tasks: {semseg: {}}\ndata: {dataset: nyud, root: \(root.path), workers: 1}\n".utf8), "nyud.yaml",
                in: folder)
            let outcome = try Program.run("data", "check", configuration)
            #expect(outcome.status == 1)
            let lines = outcome.errors.split(separator: "\n").filter { !$0.contains("warning: ") }
            #expect(lines.count == 1 && lines[0].contains("12.mat") && lines[0].contains(kind), "\(outcome.errors)")
            #expect(outcome.errors.contains(advice), "\(outcome.errors)")
        }
    }

    /// Labels of one's own, under names that do not say what they are.
    @Test(arguments: [
        ("png", version4, "a MAT file of version 4", "numpy.save(OTHER, scipy.io.loadmat(FILE)['NAME'])"),
        ("npy", sparse, "segmentation is a sparse matrix", "save the one that is the label alone"),
        ("png", Array("version https://git-lfs.github.com/spec/v1\nsize 512\n".utf8), "a Git LFS pointer", "lfs pull"),
        (
            "npy", Array("<!doctype html><title>Error</title>".utf8), "an HTML page ('Error')",
            "download the file itself"
        ),
        ("tif", [], "an empty file", "copy or download the file again"),
    ]) func aLabelOfOnesOwnIsRefusedLikewise(name: String, bytes: [UInt8], kind: String, advice: String) throws {
        try withTemporaryFolder { folder in
            for name in ["images", "depth"] {
                try FileManager.default.createDirectory(
                    at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
            }
            try PNGFile(height: 4, width: 4, pixels: .rgb([UInt8](repeating: 9, count: 48)))
                .write(to: folder.appendingPathComponent("images/a.png").path)
            _ = try put(bytes, "depth/a.\(name)", in: folder)
            for list in ["train.txt", "val.txt"] { _ = try put(Array("a\n".utf8), list, in: folder) }
            let configuration = try put(
                Array("tasks: {depth: {}}\ndata: {dataset: folder, root: \(folder.path), workers: 1}\n".utf8), "t.yaml",
                in: folder)
            let outcome = try Program.run("data", "check", configuration)
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains(kind) && outcome.errors.contains(advice), "\(outcome.errors)")
        }
    }

    @Test func aPictureThatWasNotFetchedIsNamed() throws {
        try withTemporaryFolder { folder in
            let picture = try put(
                Array("version https://git-lfs.github.com/spec/v1\nsize 512\n".utf8), "kitchen.jpg", in: folder)
            let model = folder.appendingPathComponent("model").path
            try Program.succeed("initialize", model, "--from", WeightFileTests.fixture("official"))
            let outcome = try Program.run(
                "predict", model, picture, "--output", folder.appendingPathComponent("answers").path)
            #expect(outcome.errors.contains("kitchen.jpg: it is neither a JPEG nor a PNG file, but a Git LFS pointer"))
            #expect(outcome.errors.contains("git lfs pull"), "\(outcome.errors)")
        }
    }
}
