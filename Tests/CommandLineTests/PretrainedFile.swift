import Checkpoints
import Foundation
import ProgramTesting

/// A ResNet-18 of the usual width with random filters, under torchvision's names.
enum PretrainedFile {
    /// Writes the file by PyTorch where Python has it, and else as safetensors: readers look at what is in a file, not
    /// at its name. YourOwnDataTests says which it is.
    static func write(to path: URL) throws {
        var tensors: [TensorEntry] = []
        var draw: UInt64 = 1
        func add(_ name: String, _ shape: [Int], _ value: @escaping () -> Float) {
            tensors.append(
                TensorEntry(name, shape: shape) { (values: UnsafeMutableBufferPointer<Float>) in
                    for index in values.indices { values[index] = value() }
                })
        }
        func convolution(_ name: String, _ outputs: Int, _ inputs: Int, _ size: Int) {
            // Uniform, with variance 2 / (inputs · taps).
            let bound = (6 / Float(inputs * size * size)).squareRoot()
            add("\(name).weight", [outputs, inputs, size, size]) {
                draw = draw &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return bound * (Float(draw >> 40) / Float(1 << 23) - 1)
            }
        }
        func normalization(_ name: String, _ channels: Int) {
            for (part, value) in [("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)]
                as [(String, Float)]
            {
                add("\(name).\(part)", [channels]) { value }
            }
        }
        convolution("conv1", 64, 3, 7)
        normalization("bn1", 64)
        var inputs = 64
        for stage in 1...4 {
            let channels = 32 << stage
            for block in 0..<2 {
                let name = "layer\(stage).\(block)"
                convolution("\(name).conv1", channels, inputs, 3)
                normalization("\(name).bn1", channels)
                convolution("\(name).conv2", channels, channels, 3)
                normalization("\(name).bn2", channels)
                if inputs != channels {
                    convolution("\(name).downsample.0", channels, inputs, 1)
                    normalization("\(name).downsample.1", channels)
                }
                inputs = channels
            }
        }
        add("fc.weight", [1000, 512]) { 0 }
        add("fc.bias", [1000]) { 0 }
        try SafetensorsFile.write(to: path.path, tensors: tensors)
        if Python.has("torch", "numpy") {
            let converted = path.appendingPathExtension("converted")
            let outcome = try Python.run(
                script: "CommandLineTests/Scripts/save_by_pytorch.py", [path.path, converted.path])
            guard outcome.status == 0 else { throw Failure(description: outcome.output + outcome.errors) }
            try FileManager.default.removeItem(at: path)
            try FileManager.default.moveItem(at: converted, to: path)
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
