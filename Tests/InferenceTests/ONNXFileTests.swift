import Checkpoints
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Inference
import Networks
import ProgramTesting
import TensorCore
import Testing

@Suite struct ONNXFileTests {
    private static let kernels = Kernels(.best, choice: .auto)

    /// Runs tasks of a model in ONNX Runtime on a picture and compares with our own answers.
    private func compare(
        _ settings: ModelSettings, heads: [TaskHead] = SmallModel.heads, tasks: [String], sizes: [(Int, Int)]
    ) throws {
        try withTemporaryPath { folder in
            let model = try SmallModel.write(to: folder + "/model", settings, heads: heads)
            let pool = ThreadPool(threads: 2)
            let networks = try tasks.map {
                try MergedNetwork(model, task: $0, kernels: Self.kernels, pool: pool)
            }
            try ONNXFile(networks).write(to: folder + "/network.onnx")
            let predictor = Predictor(networks, kernels: Self.kernels, pool: pool)
            func write(_ name: String, _ map: PixelMap) throws -> String {
                let path = "\(folder)/\(name).npy"
                try Data(NumPyArray.encoded(map.values, shape: [map.height, map.width, map.channels]))
                    .write(to: URL(fileURLWithPath: path))
                return path
            }
            for (height, width) in sizes {
                let image = SmallModel.image(height: height, width: width)
                let maps = try predictor.predict(image).maps.map { "\($0.name)=\(try write("map-\($0.name)", $1))" }
                let outcome = try Python.run(
                    script: "InferenceTests/Scripts/run_onnx.py",
                    [folder + "/network.onnx", try write("image", image.rgbMap)] + maps)
                let what = "\(settings.backbone) \(settings.method) \(height) x \(width)"
                #expect(outcome.status == 0, "\(what): \(outcome.output)\(outcome.errors)")
                print("ONNX Runtime, \(what): \(outcome.output)")
            }
        }
    }

    @Test(
        .enabled(
            if: Python.has("numpy", "onnx", "onnxruntime"),
            "needs Python with numpy, onnx and onnxruntime (python3 of the path, or MODULOR_PYTHON)"),
        arguments: [
            SmallModel.settings(.resnet18, .rcm), SmallModel.settings(.resnet50, .seriesAdapters, outputStride: 8),
            SmallModel.settings(.resnet34, .parallelAdapters), SmallModel.settings(.resnet18, .conv),
        ])
    func onnxRuntimeGivesOurAnswers(_ settings: ModelSettings) throws {
        try compare(settings, tasks: ["semseg"], sizes: [(64, 96), (51, 37)])
        try compare(settings, tasks: ["depth", "edge", "normals", "semseg"], sizes: [(70, 45)])
    }

    @Test(
        "tasks that are called like the file's input, a node or a module",
        .enabled(
            if: Python.has("numpy", "onnx", "onnxruntime"),
            "needs Python with numpy, onnx and onnxruntime (python3 of the path, or MODULOR_PYTHON)"))
    func names() throws {
        let names = ["image", "relu_2", "conv1"]
        let heads = names.map { TaskHead(LearningTask($0, .distance), channels: 1) }
        for tasks in [["image"], ["relu_2"], names] {
            try compare(SmallModel.settings(), heads: heads, tasks: tasks, sizes: [(64, 48)])
        }
    }

    /// A file tells nothing of when, where and by how many threads it was written.
    @Test func equalModelsGiveEqualBytes() throws {
        try withTemporaryPath { folder in
            var files: [Data] = []
            for threads in [1, 3] {
                let model = try SmallModel.write(to: "\(folder)/model\(threads)")
                let pool = ThreadPool(threads: threads)
                let networks = try ["depth", "semseg"].map {
                    try MergedNetwork(model, task: $0, kernels: Self.kernels, pool: pool)
                }
                let path = "\(folder)/\(threads).onnx"
                try ONNXFile(networks).write(to: path)
                files.append(try Data(contentsOf: URL(fileURLWithPath: path)))
            }
            let isSame = files[0] == files[1]
            #expect(isSame && !files[0].isEmpty)
            #expect(files[0].range(of: Data(folder.utf8)) == nil)
        }
    }
}
