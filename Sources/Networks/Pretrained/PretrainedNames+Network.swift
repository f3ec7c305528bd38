import Checkpoints
import Configuration
import Datasets

/// Which network the names and shapes belong to.
extension PretrainedNames {
    /// The blocks of each stage, and whether they are bottlenecks.
    ///
    /// - Throws: `InvalidFileError` where it is no ResNet that can be built here, with what it is.
    func backbone(of file: any TensorFile) throws -> (ModelSettings.Backbone, width: Int) {
        let path = file.path
        guard let stem = tensors["conv1.Ws.weight"], stem.shape.count == 4,
            tensors["layer1.0.conv1.Ws.weight"] != nil
        else {
            throw (ForeignNetwork(of: file) ?? .unknown(file)).refusal(path: path)
        }
        if let foreign = ForeignNetwork(ofBlocks: tensors, stem: stem) {
            throw (ForeignNetwork(of: file) ?? foreign).refusal(path: path)
        }
        if let (part, name) = foreignPart {
            throw InvalidFileError(
                path: path,
                problem: "its blocks have a part '\(part.printableName)' (\(name.printableName)), which an ordinary "
                    + "ResNet has not",
                remedy: "use a ResNet-18, 34 or 50 without it")
        }
        let blocks = (1...4).map { stage in
            (0...).prefix { tensors["layer\(stage).\($0).conv1.Ws.weight"] != nil }.count
        }
        let expansion = tensors["layer1.0.conv3.Ws.weight"] == nil ? 1 : 4
        let found = ModelSettings.Backbone.allCases.first { $0.blocks == blocks && $0.expansion == expansion }
        guard let found else {
            let kind = expansion == 1 ? "blocks" : "bottlenecks"
            if let foreign = ForeignNetwork(of: file) { throw foreign.refusal(path: path) }
            throw InvalidFileError(
                path: path,
                problem: "its stages have \(blocks.map(String.init).joined(separator: ", ")) \(kind), which is neither "
                    + "ResNet-18 (2, 2, 2, 2 blocks), 34 (3, 4, 6, 3 blocks) nor 50 (3, 4, 6, 3 bottlenecks)",
                remedy: "use one of these")
        }
        // Behind a modulator the stem may have fewer filters than channels.
        let width = (hasModulators ? tensors["bn1.bnorm.weight"]?.shape.first : nil) ?? stem.shape[0]
        guard ModelSettings.widths.contains(width) else {
            throw InvalidFileError(
                path: path, problem: "its first convolution has \(width) channels",
                remedy: "use a ResNet of \(ModelSettings.widths.lowerBound) to \(ModelSettings.widths.upperBound)")
        }
        return (found, width)
    }

    /// A part of a block that computes something beside convolutions, batch norms and shortcut, such as squeeze and
    /// excitation, and the file's name of one of its tensors.
    private var foreignPart: (part: Substring, name: String)? {
        let known = Self.convolutions + Self.normalizations + ["downsample"]
        let parts = tensors.compactMap { own, tensor -> (part: Substring, name: String)? in
            let words = own.split(separator: ".", omittingEmptySubsequences: false)
            guard words.count > 3, Self.stages.contains(String(words[0])), Int(words[1]) != nil,
                !known.contains(String(words[2]))
            else { return nil }
            return (words[2], tensor.name)
        }
        return parts.min { $0.name < $1.name }
    }

    /// Whether the bank has modulators for every task to start from.
    var hasModulators: Bool { tensors["conv1.Wt.weight"] != nil }

    /// The tasks that the file has a decoder of, among the presets: of others a file of weights does not tell the kind.
    var heads: [TaskHead] {
        LearningTask.presets.compactMap { task in
            tensors["predict.\(task.name).weight"].flatMap { $0.shape.first }
                .map { TaskHead(task, channels: $0) }
        }
    }

    /// The settings of whole tasks, as far as names and shapes tell them.
    func settings(of head: TaskHead, backbone: ModelSettings.Backbone, width: Int) -> ModelSettings {
        // The first convolution that has not as many inputs as outputs tells all methods apart.
        func modulator(_ part: String) -> StoredTensor? {
            tensors["layer2.0.conv1.Wt.\(head.name).\(part)"] ?? tensors["layer2.0.conv1.Wt.\(part)"]
        }
        let isSeries = tensors.keys.contains { $0.hasPrefix("layer2.0.conv1.bnorm.") }
        var settings = ModelSettings(
            backbone: backbone, width: width,
            aspp: tensors["predict.\(head.name).weight"]?.shape.dropFirst().first ?? 0,
            low: tensors["low_level_reduce.\(head.name).0.weight"]?.shape.first ?? 0)
        if modulator("weight_v") == nil { settings.normalizedFeatureFusion = false }
        if let weight = modulator("weight") {
            let isSquare = weight.shape.prefix(2) == [weight.shape.first ?? 0, weight.shape.first ?? 0]
            settings.method = isSeries ? .seriesAdapters : isSquare ? .rcm : .parallelAdapters
        } else if modulator("weight_v") == nil {
            settings.method = .conv
        }
        return settings
    }
}
