import Checkpoints
import Datasets
import Foundation
import Networks
import SwiftProtobuf

/// Merged networks as an ONNX file.
///
/// Input `image` (`image/input` where a task is called `image`): float32 [batch, 3, height, width], RGB from 0 to 255 as pictures have them; the file normalizes them
/// itself, so that nobody has to know the numbers. Outputs: one for each task, under its name, float32
/// [batch, channels, height, width] before any activation, as `modulor predict` writes them. The file has no date, host
/// or path: equal models give equal bytes.
package struct ONNXFile {
    /// Operator set 17 and the format's version that came with it.
    private static let (operatorSet, formatVersion): (Int64, Int64) = (17, 8)
    private let model: Onnx_ModelProto

    /// - Parameter networks: at least one; their outputs stand beside each other.
    package init(_ networks: [MergedNetwork], normalization: ImageNormalization = .imageNet) {
        precondition(!networks.isEmpty, "a file has a network")
        var writer = ONNXGraphWriter(name: "modulor")
        // No task has a slash in its name.
        let input = networks.contains { $0.head.name == "image" } ? "image/input" : "image"
        writer.addInput(input, channels: 3, "RGB pixels from 0 to 255")
        // In the order of operations of `ImageNormalization`, so that both round alike.
        let largest = writer.addTensor("normalization.largest", shape: [], [255])
        let mean = writer.addTensor("normalization.mean", shape: [1, 3, 1, 1], normalization.mean)
        let deviation = writer.addTensor("normalization.deviation", shape: [1, 3, 1, 1], normalization.deviation)
        let shares = writer.add("Div", [input, largest], name: "normalization.shares")
        let centred = writer.add("Sub", [shares, mean], name: "normalization.centred")
        let normalized = writer.add("Div", [centred, deviation], name: "normalization.normalized")
        for network in networks {
            let isAlone = networks.count == 1 && !ONNXGraphWriter.hasNode(network.head.name, in: network.merged.graph)
            let prefix = isAlone ? "" : network.head.name + "/"
            writer.add(network.merged, image: normalized, prefix: prefix)
            writer.addOutput(network.head.name, channels: network.head.channels, network.head.task.kind.outputMeaning)
        }
        model = .with {
            $0.irVersion = Self.formatVersion
            $0.producerName = "modulor"
            $0.opsetImport = [.with { ($0.domain, $0.version) = ("", Self.operatorSet) }]
            $0.graph = writer.graph
            $0.metadataProps = [
                ("input", "\(input): float32 [batch, 3, height, width], RGB from 0 to 255; normalized inside"),
                ("mean", normalization.mean.map { "\($0)" }.joined(separator: " ")),
                ("deviation", normalization.deviation.map { "\($0)" }.joined(separator: " ")),
                ("tasks", networks.map(\.head.name).joined(separator: " ")),
            ].map { key, value in .with { ($0.key, $0.value) = (key, value) } }
        }
    }

    /// Writes the file, whole or not at all.
    ///
    /// - Throws: `FileSystemError`; `InferenceError` where the networks are larger than the format allows.
    package func write(to path: String) throws {
        // Messages without required fields and foreign parts, as these are, fail for their size alone.
        guard let bytes: Data = try? model.serializedData() else {
            throw InferenceError("\(path): a file has room for 2 GiB, and these networks have more; export fewer tasks")
        }
        try AtomicFile.write(to: path) { writer in
            try bytes.withUnsafeBytes { try writer.write($0) }
        }
    }
}
