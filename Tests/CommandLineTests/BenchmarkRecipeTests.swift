import Foundation
import Testing

/// The recipes of the paper's benchmarks train on small trees in the benchmarks' layouts, at the paper's sizes, from a
/// network under torchvision's names.
@Suite struct BenchmarkRecipeTests {
    private static let isLong = ProcessInfo.processInfo.environment["MODULOR_LONG_TESTS"] != nil

    @Test func theRecipesTrainFromATorchvisionCheckpoint() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try TorchvisionCheckpoint.resNet18.write(to: folder.appendingPathComponent("resnet18.safetensors"))
            let fixtures = Program.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures").path
            let made = try Program.run(
                "initialize", path("ri"), "--from", path("resnet18.safetensors"), "--responses",
                fixtures + "/PASCAL_MT/JPEGImages", "--images", "4", "--crop", "96x96")
            try #require(made.status == 0, "\(made.errors)")

            for (recipe, tree, tasks) in [
                ("pascal", "PASCAL_MT", ["edge", "human_parts", "normals", "sal", "semseg"]),
                ("nyud", "NYUD_MT", ["depth", "edge", "normals", "semseg"]),
            ] {
                let settings = [
                    "model.bank=" + path("ri/bank.safetensors"), "data.root=\(fixtures)/\(tree)", "data.workers=2",
                    "training.iterations=\(Self.isLong ? 20 : 2)", "training.batch=\(Self.isLong ? 8 : 2)",
                ]
                let trained = try Program.run(
                    [
                        "train",
                        Program.repository.appendingPathComponent("launch/recipes/\(recipe)/rc-ri-nff.yaml").path,
                        "--output", path(recipe),
                    ] + settings.flatMap { ["--set", $0] }, seconds: Self.isLong ? 3600 : 300)
                try #require(trained.status == 0, "\(trained.errors)")
                let files = try FileManager.default.contentsOfDirectory(atPath: path("\(recipe)/model/tasks"))
                #expect(files.sorted() == tasks.map { $0 + ".safetensors" })
            }
        }
    }
}

/// A network as torchvision would save it, of random values.
private struct TorchvisionCheckpoint {
    let tensors: [(name: String, shape: [Int])]

    static var resNet18: TorchvisionCheckpoint {
        var tensors: [(name: String, shape: [Int])] = []
        func convolution(_ name: String, _ outputs: Int, _ inputs: Int, _ kernel: Int) {
            tensors.append((name + ".weight", [outputs, inputs, kernel, kernel]))
        }
        func normalization(_ name: String, _ channels: Int) {
            for part in ["weight", "bias", "running_mean", "running_var"] {
                tensors.append(("\(name).\(part)", [channels]))
            }
        }
        convolution("conv1", 64, 3, 7)
        normalization("bn1", 64)
        var inputs = 64
        for stage in 1...4 {
            let outputs = 32 << stage
            for block in 0..<2 {
                let name = "layer\(stage).\(block)"
                convolution(name + ".conv1", outputs, inputs, 3)
                normalization(name + ".bn1", outputs)
                convolution(name + ".conv2", outputs, outputs, 3)
                normalization(name + ".bn2", outputs)
                if inputs != outputs {
                    convolution(name + ".downsample.0", outputs, inputs, 1)
                    normalization(name + ".downsample.1", outputs)
                }
                inputs = outputs
            }
        }
        tensors += [("fc.weight", [1000, 512]), ("fc.bias", [1000])]
        return TorchvisionCheckpoint(tensors: tensors)
    }

    /// Writes safetensors: filters drawn so that responses keep their size, batch norms that let everything pass.
    func write(to file: URL) throws {
        var header: [String: Any] = [:]
        var values: [Float] = []
        var state: UInt64 = 1
        for (name, shape) in tensors {
            let count = shape.reduce(1, *)
            header[name] = [
                "dtype": "F32", "shape": shape, "data_offsets": [4 * values.count, 4 * (values.count + count)],
            ]
            if shape.count == 1 {
                let isOne = name.hasSuffix(".running_var") || name.hasSuffix(".weight")
                values += [Float](repeating: isOne ? 1 : 0, count: count)
                continue
            }
            let bound = (6 / Float(shape.dropFirst().reduce(1, *))).squareRoot()
            for _ in 0..<count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                values.append(bound * (Float(state >> 40) / Float(1 << 23) - 1))
            }
        }
        let text = try JSONSerialization.data(withJSONObject: header)
        var data = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
        data += text
        values.withUnsafeBytes { data.append(contentsOf: $0) }
        try data.write(to: file)
    }
}
