import Checkpoints
import Configuration
import Datasets
import Foundation
import Graph

/// A model on disk, as the networks that it describes.
package struct StoredModel: Sendable {
    package let folder: ModelFolder
    package let settings: ModelSettings
    /// How many filters the bank has.
    package let components: BankComponents

    /// Opens the model at `path`, or that of the run there, and verifies its bank: its digest, and that it is the one of
    /// the network that is described.
    ///
    /// - Throws: `FileSystemError`; `InvalidFileError` where it is damaged or describes no network of ours.
    package init(opening path: String) throws {
        folder = try ModelFolder(opening: path)
        settings = try ModelSettings(folder.modelDescription, path: folder.path + "/model.yaml")
        let bank = try folder.bank()
        components = BankComponents(of: bank)
        // Of any task, and any size of images: all have the same bank.
        try network([TaskHead(.depth, channels: 1)], height: 64, width: 64).graphs[0].check([.frozen], in: bank)
    }

    /// The network of some of the model's tasks.
    package func network(_ heads: [TaskHead], height: Int, width: Int) -> MultiTaskNetwork {
        MultiTaskNetwork(settings, heads: heads, height: height, width: width, components: components)
    }

    /// What the model predicts for `task`, as its file says.
    package func head(_ task: String) throws -> TaskHead {
        let file = try folder.task(task)
        var known = try LearningTask(named: task, describedBy: file)
        let name = DeepLabDecoder.lastLayer(of: task).name + ".bias"
        guard let bias = file.tensor(name), bias.shape.count == 1, TaskHead.channelCounts.contains(bias.shape[0]) else {
            throw InvalidFileError(
                path: file.path, problem: "it has no \(name), which tells the channels",
                remedy: "use a file that training has written")
        }
        switch known.kind.channelCount {
        case .classes: break
        case .chosen: known.channels = bias.shape[0]
        case .fixed(let channels):
            guard bias.shape[0] == channels else {
                throw InvalidFileError(
                    path: file.path,
                    problem: "it predicts \(bias.shape[0]) channels, and a \(known.kind.rawValue) has "
                        + "\(known.labelChannels)", remedy: "use a file that training has written")
            }
        }
        return TaskHead(known, channels: bias.shape[0])
    }

    /// The model's network and bank for a new run, whose configuration may name a bank, that of the model, and says which
    /// norms are frozen, of which a model knows nothing.
    ///
    /// - Throws: `InvalidFileError` where that bank is there and is another than the model's.
    package func settings(for run: ModelSettings) throws -> ModelSettings {
        if let bank = run.bank, FileManager.default.fileExists(atPath: bank) {
            let digest = try SHA256.hexadecimal(ofFile: bank)
            guard digest == folder.modelDescription.bankDigest else {
                throw InvalidFileError(
                    path: folder.path,
                    problem:
                        "it has another bank (SHA-256 \(folder.modelDescription.bankDigest)) than model.bank, \(bank) "
                        + "(\(digest))", remedy: "leave that key out, or name a model over that bank")
            }
        }
        var settings = settings
        (settings.norm, settings.decoderNorm) = (run.norm, run.decoderNorm)
        settings.bank = URL(fileURLWithPath: folder.bankPath).path
        return settings
    }

    /// The network of one task alone, with its values.
    ///
    /// With method `conv` the task's file has the backbone too, so tasks that were trained jointly come apart here.
    ///
    /// - Parameter backbone: a task's file whose backbone stands in place of the task's own; only with method `conv`.
    package func network(
        _ head: TaskHead, height: Int, width: Int, backbone: SafetensorsFile? = nil
    ) throws -> (graph: Graph, parameters: NetworkParameters) {
        let graph = network([head], height: height, width: width).graphs[0]
        let file = try folder.task(head.name)
        // As opening did with the bank.
        try graph.check([.trained, .statistic], in: file)
        let parameters = NetworkParameters([graph], training: false)
        try NetworkParameters.read(parameters.bank, into: parameters.bank.values, from: folder.bank())
        for storage in [parameters.groups[0].trained, parameters.groups[0].statistics] {
            try NetworkParameters.read(storage, into: storage.values, from: file)
            guard let backbone else { continue }
            try NetworkParameters.read(storage, into: storage.values, from: backbone) { $0.owner == .shared }
        }
        return (graph, parameters)
    }
}

extension ModelSettings {
    /// The settings that `model.yaml` at `path` describes.
    init(_ description: ModelDescription, path: String) throws(InvalidFileError) {
        func known<Choice: ConfigurationChoice>(_ name: String) throws(InvalidFileError) -> Choice {
            if let choice = Choice(rawValue: name) { return choice }
            throw InvalidFileError(
                path: path, problem: "'\(name)' is not known here",
                remedy: "known are \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.init(
            backbone: try known(description.backbone), width: description.width,
            outputStride: description.outputStride, method: try known(description.method),
            normalizedFeatureFusion: description.normalizedFusion, aspp: description.asppChannels,
            low: description.lowLevelChannels)
        func check(_ key: String, _ isKnown: Bool, _ known: String) throws(InvalidFileError) {
            guard !isKnown else { return }
            throw InvalidFileError(
                path: path, problem: "\(key) is of no network that is known here", remedy: "known are \(known)")
        }
        try check("output_stride", [8, 16].contains(outputStride), "8 and 16")
        try check("width", Self.widths.contains(width), "\(Self.widths)")
        try check(
            "aspp or low", Self.decoderWidths.contains(aspp) && Self.decoderWidths.contains(low),
            "\(Self.decoderWidths)")
    }
}
