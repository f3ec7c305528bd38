import Checkpoints
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Graph
import Inference
import Networks
import ProgramTesting
import TensorCore
import Testing

@Suite struct TorchvisionBackboneTests {
    private let kernels = Kernels(.best)
    private let pool = ThreadPool(threads: 2)

    @Test(
        .enabled(
            if: Python.has("numpy", "torch"),
            "needs Python with numpy and torch (python3 of the path, or MODULOR_PYTHON)"),
        arguments: [
            SmallModel.settings(.resnet18, .rcm), SmallModel.settings(.resnet50, .rcm, outputStride: 8),
            SmallModel.settings(.resnet18, .seriesAdapters), SmallModel.settings(.resnet50, .parallelAdapters),
            SmallModel.settings(.resnet34, .conv),
        ])
    func pyTorchGivesOurFeatures(_ settings: ModelSettings) throws {
        try withTemporaryPath { folder in
            let model = try SmallModel.write(to: folder + "/model", settings, heads: [TaskHead(.semseg, channels: 5)])
            try TorchvisionBackbone(model, task: "semseg", kernels: kernels, pool: pool)
                .write(to: folder + "/backbone.safetensors")
            let features = try features(model, folder)
            let outcome = try Python.run(
                script: "InferenceTests/Scripts/load_backbone.py",
                ["backbone.safetensors", "image.npy", features].map { "\(folder)/\($0)" })
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            print("PyTorch, \(settings.backbone) \(settings.method): \(outcome.output)")
        }
    }

    /// Runs the backbone on a picture; writes both.
    private func features(_ model: StoredModel, _ folder: String) throws -> String {
        let (height, width) = (75, 52)
        var (graph, parameters) = try model.network(model.head("semseg"), height: height, width: width)
        // What the pyramid reads is the backbone's last value.
        let pyramid = graph.nodes.first { node in
            graph.parameters(of: node).contains { graph.parameter($0).name == "layer5.semseg.conv2d_list.0.0.weight" }
        }!
        graph.addOutput("features", pyramid.inputs[0])
        let merged = MergedGraph(
            merging: graph, outputs: ["features"], parameters: parameters.storages, kernels: kernels, pool: pool)
        let plan = ProgramPlan(
            inferring: merged.graph, samples: 1, kernels: kernels, threads: 2,
            bank: PreparedBank(storage: merged.parameters, kernels: kernels, pool: pool))
        let memory = AlignedMemory(byteCount: height * width * 3 * 4)
        let stream = RandomStream("image")
        for index in 0..<height * width * 3 { memory.floats()[index] = 2 * stream.signed(UInt64(index)) }
        let program = plan.bind(arena: AlignedMemory(byteCount: plan.arenaByteCount), inputs: [memory.floats()])
        program.runForward(on: pool)
        let view = program.outputs[0].value
        func write(_ name: String, _ values: UnsafeMutablePointer<Float>, _ shape: [Int]) throws {
            let bytes = NumPyArray.encoded(
                Array(UnsafeBufferPointer(start: values, count: shape.reduce(1, *))), shape: shape)
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        try write("image.npy", memory.floats(), [height, width, 3])
        try write("features.npy", view.data, [view.height, view.width, view.channels])
        return "features.npy"
    }

    @Test func adaptersAndBatchNormsOfAdaptersAreMergedAway() throws {
        try withTemporaryPath { folder in
            let model = try SmallModel.write(to: folder + "/model", SmallModel.settings(.resnet18, .seriesAdapters))
            let path = folder + "/backbone.safetensors"
            try TorchvisionBackbone(model, task: "depth", kernels: kernels, pool: pool).write(to: path)
            let names = try SafetensorsFile(path: path).tensors.map(\.name)
            // 20 convolutions (3 of them shortcuts), each with its batch norm.
            #expect(names.count == 20 * 5)
            #expect(names.contains("layer4.0.downsample.1.running_var") && names.contains("layer1.1.conv2.weight"))
            #expect(names.allSatisfy { !$0.contains("Ws") && !$0.contains("bnorm") && !$0.contains("depth") })
        }
    }
}
