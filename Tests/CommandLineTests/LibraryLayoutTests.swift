import Foundation
import ProgramTesting
import Testing

/// Data sets that Python's libraries wrote in the layouts of published ones are read by the recipes of those layouts, and
/// score what NumPy makes of the same files.
@Suite struct LibraryLayoutTests {
    /// A layout, and what its recipe is changed by: small pictures, and edges scored pixel by pixel.
    private static let layouts: [(name: String, more: [String])] = [
        ("cityscapes", []), ("nyud-atrc", ["tasks.edge.score_by=pixels"]), ("nyud-mtan", []),
        ("bsds500", ["tasks.edge.score_by=pixels", "data.files.edge=edge/{split}/{id}.png"]), ("nyud-labeled", []),
    ]

    private static let small = [
        "model.width=8", "model.aspp=8", "model.low=4", "training.iterations=2", "training.batch=2",
        "training.validate_every=0", "data.crop=[32, 32]", "data.workers=2", "parallel.threads=1",
    ]

    private static let modules = ["h5py", "hdf5storage", "numpy", "scipy.io", "PIL"]

    @Test(
        "layouts of published data, by h5py, hdf5storage, Pillow and SciPy",
        .enabled(
            if: Python.runs("import " + modules.joined(separator: ", ")),
            "needs Python with h5py, hdf5storage, Pillow, SciPy and NumPy (python3 of the path, or MODULOR_PYTHON)"))
    func published() throws {
        try withTemporaryFolder { folder in
            let script = "CommandLineTests/Scripts/layouts.py"
            let written = try Python.run(script: script, ["write", folder.path])
            try #require(written.status == 0, "\(written.errors)")
            for (name, more) in Self.layouts {
                let recipe = Program.repository.appendingPathComponent("launch/recipes/layouts/\(name).yaml").path
                let options =
                    [recipe, "--set", "data.root=\(folder.path)/\(name)"]
                    + (Self.small + more).flatMap { ["--set", $0] }
                let checked = try Program.succeed(["data", "check"] + options)
                #expect(
                    checked.output.contains("4 samples to train on, 3 to validate on, 0 problems"), "\(checked.output)")

                let runs = try (1...2).map { ranks in
                    let run = "\(folder.path)/\(name)-\(ranks)"
                    let train = ["train"] + options + ["--output", run]
                    let outcome = try ranks == 1 ? Program.run(train) : Program.run(ranks: ranks, train)
                    try #require(outcome.status == 0, "\(name): \(outcome.errors)")
                    return run
                }
                #expect(
                    try LabelConventionTests.files(runs[0]) == LabelConventionTests.files(runs[1]), "\(name)")

                let saved = "\(folder.path)/\(name)-saved"
                let scored = try Program.succeed(
                    ["evaluate", runs[0]] + options + ["--save-predictions", saved, "--json"]
                ).output
                let ranks = try Program.run(ranks: 2, ["evaluate", runs[0]] + options + ["--json"])
                #expect(ranks.status == 0 && ranks.output == scored, "\(name): \(ranks.errors)")
                try Self.compare(
                    scored, with: Python.run(script: script, ["score", folder.path, name, saved]).output, name)
            }
        }
    }

    /// Compares all figures that NumPy has with those of `evaluate`.
    private static func compare(_ scored: String, with expected: String, _ name: String) throws {
        let figures = try #require(
            JSONSerialization.jsonObject(with: Data(expected.utf8)) as? [String: [String: Double]], "\(expected)")
        let report = try JSONSerialization.jsonObject(with: Data(scored.utf8))
        #expect(!figures.isEmpty)
        for (task, values) in figures {
            for (figure, value) in values {
                let found = try #require(
                    Self.figure(figure, of: task, in: report), "\(name) \(task) \(figure): \(scored)")
                // Of float32 predictions: sums are in double on both sides.
                #expect(
                    abs(found - value) <= 1e-5 * max(1, abs(value)), "\(name) \(task) \(figure): \(found), \(value)")
            }
        }
    }

    /// The value of a task's figure in what `evaluate --json` writes.
    private static func figure(_ figure: String, of task: String, in report: Any) -> Double? {
        let rows = (report as? [String: Any])?["rows"] as? [[String: Any]] ?? []
        return rows.first { $0["task"] as? String == task && $0["metric"] as? String == figure }?["value"] as? Double
    }

    @Test(
        "HDF5 files that are not to be trusted are one sentence",
        .enabled(
            if: Python.has("h5py", "numpy"), "needs Python with h5py and numpy (python3 of the path, or MODULOR_PYTHON)"
        ))
    func refusedHDF5() throws {
        try UserData.with(task: "depth") { data, configuration in
            let folder = data.root.path
            let code = """
                import h5py, numpy as np, sys
                values = np.ones((6, \(UserData.height), \(UserData.width)), 'f4')
                with h5py.File('other.h5', 'w') as other: other['a'] = values
                values.tofile('raw.bin')
                with h5py.File('x.h5', 'w') as file:
                    file['good'] = values
                    file['link'] = h5py.ExternalLink('other.h5', '/a')
                    file.create_dataset('raw', values.shape, 'f4', external=[('raw.bin', 0, values.nbytes)])
                    file.create_dataset('packed', data=values.astype('i4'), scaleoffset=0, chunks=True)
                    layout = h5py.VirtualLayout(values.shape, 'f4')
                    layout[:] = h5py.VirtualSource('other.h5', 'a', values.shape)
                    file.create_virtual_dataset('virtual', layout)
                    file['text'] = 'text'
                data = open('x.h5', 'rb').read()
                open('cut.h5', 'wb').write(data[:2000])
                """
            let written = try Python.run(["-c", "import os; os.chdir('\(folder)')\n" + code])
            try #require(written.status == 0, "\(written.errors)")
            func check(_ depth: String, environment: [String: String] = [:]) throws -> Program.Outcome {
                let files = "{image: 'images/{id}.png', depth: '\(depth)', train: train.txt, validation: val.txt}"
                return try Program.run(
                    "data", "check", configuration, "--set", "data.dataset=files", "--set", "data.files=\(files)",
                    environment: environment)
            }
            let good = try check("x.h5:/good[{id}]")
            #expect(good.status == 0 && good.output.contains("depth: 100.0 % known; 1 to 1 m"), "\(good.errors)")
            for (depth, part) in [
                ("x.h5:/link[{id}]", "leads into another file, which is not followed"),
                ("x.h5:/raw[{id}]", "lie in other files, which are not read"),
                ("x.h5:/virtual[{id}]", "lie in other files, which are not read"),
                ("x.h5:/packed[{id}]", "packed with scaleoffset (filter 6), which is not read"),
                ("x.h5:/text[{id}]", "it is no array of numbers"),
                ("x.h5:/none[{id}]", "it has no such array; it has good, link, packed, raw, text, virtual"),
                ("cut.h5:/good[{id}]", "the HDF5 file is damaged or cut short"),
            ] {
                let outcome = try check(depth)
                #expect(outcome.status == 1 && outcome.errors.contains(part), "\(depth): \(outcome.errors)")
                #expect(outcome.errors.contains("and 3 more like the last one"), "\(depth): \(outcome.errors)")
            }
        }
    }

    /// A library that ends its process stands for a file that does.
    @Test(
        "what ends the process that reads HDF5 is one sentence and status 1",
        .enabled(if: ForeignProgram(["cc", "clang", "gcc"]) != nil, "needs a C compiler"))
    func deadProcess() throws {
        try UserData.with(task: "depth") { data, configuration in
            let folder = data.root
            let source = folder.appendingPathComponent("crash.c").path
            try "__attribute__((constructor)) static void crash(void) { *(volatile int *)8 = 1; }\n".write(
                toFile: source, atomically: true, encoding: .utf8)
            let library = folder.appendingPathComponent("libhdf5_serial.so.103").path
            let compiler = try #require(ForeignProgram(["cc", "clang", "gcc"]))
            let built = try compiler.run(["-shared", "-fPIC", "-o", library, source], seconds: 60)
            try #require(built.status == 0, "\(built.errors)")
            // No more of the file is looked at than that it is one of HDF5.
            let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
            for index in 0..<6 {
                try data.remove("depth/\(index).npy")
                try data.write(Data(signature + [UInt8](repeating: 0, count: 1000)), "depth/\(index).h5")
            }
            let files = "{image: 'images/{id}.png', depth: 'depth/{id}.h5', train: train.txt, validation: val.txt}"
            let outcome = try Program.run(
                "train", configuration, "--output", folder.appendingPathComponent("run").path, "--set",
                "data.dataset=files", "--set", "data.files=\(files)", "--set", "training.iterations=1", "--set",
                "model.width=8", environment: ["LD_LIBRARY_PATH": folder.path])
            #expect(outcome.status == 1, "\(outcome.errors)")
            #expect(
                outcome.errors.contains("the process that reads HDF5 files was ended by signal 11"), "\(outcome.errors)"
            )
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
    }
}
