import ArgumentParser
import ConvolutionEngine
import Foundation
import Inference
import Networks
import Training

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes merged networks for other programs: ONNX, or a backbone for PyTorch.",
        discussion: """
            FILE.onnx has input `image`, float32 [batch, 3, height, width], RGB from 0 to 255 (it is normalized inside), and \
            an output for each task, before any activation; batch and size are free.
            FILE.safetensors has one task's backbone under torchvision's names, for load_state_dict(strict=False).

            Examples:
              modulor export runs/demo/model --task depth --to depth.onnx
              modulor export runs/demo/model --to all-tasks.onnx
              modulor export runs/demo/model --task semseg --to backbone.safetensors
            """)

    @Argument(help: "The folder of a model or run.")
    var model: String

    @Option(name: .customLong("task"), parsing: .singleValue, help: "A task; repeat it for several (default: all).")
    var tasks: [String] = []

    @Option(name: .customLong("to"), help: .init("The file to write.", valueName: "file.onnx|file.safetensors"))
    var file: String

    @OptionGroup var threading: ThreadOptions

    private enum Format {
        case onnx, safetensors
    }

    private var format: Format? {
        file.hasSuffix(".onnx") ? .onnx : file.hasSuffix(".safetensors") ? .safetensors : nil
    }

    func validate() throws {
        guard format != nil else { throw ValidationError("--to names a file that ends in .onnx or .safetensors") }
    }

    func run() throws {
        let (kernels, pool) = (try Kernels.chosen(), threading.pool())
        let model = try GivenFile.use { try StoredModel(opening: self.model) }
        func place(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        if place(file).hasPrefix(place(model.folder.path) + "/"), FileManager.default.fileExists(atPath: file) {
            throw UsageError("\(file) is a file of the model itself, which would be lost; export to another place")
        }
        let names = try model.taskNames(tasks)
        func network(_ task: String) throws -> MergedNetwork {
            let network = try MergedNetwork(model, task: task, kernels: kernels, pool: pool)
            try network.checkPredicts(kernels: kernels, pool: pool)
            return network
        }
        switch format! {
        case .onnx:
            let networks = try names.map(network)
            try ONNXFile(networks).write(to: file)
        case .safetensors:
            guard names.count == 1 else {
                throw UsageError(
                    "\(file) has room for one task; choose one with --task: \(names.joined(separator: ", "))")
            }
            _ = try network(names[0])
            try TorchvisionBackbone(model, task: names[0], kernels: kernels, pool: pool).write(to: file)
        }
        Terminal.note("wrote \(names.joined(separator: ", ")) to \(file)")
    }
}
