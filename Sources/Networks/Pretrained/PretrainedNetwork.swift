import Checkpoints
import Configuration
import Graph

/// A network that was trained elsewhere, or here: what of a file of tensors becomes a model.
///
/// A backbone becomes a filter bank, with its batch norms and shortcuts for tasks to start from. Checkpoints of the
/// paper's official code hold whole tasks, decoder included, which become tasks of the model.
package struct PretrainedNetwork: Sendable {
    /// A tensor of the model, and the one of the file that it is.
    struct Match: Sendable {
        let name: String
        let shape: [Int]
        let source: String
    }

    /// A task that the file has whole.
    package struct WholeTask: Sendable {
        package let head: TaskHead
        let tensors: [Match]
    }

    package let file: any TensorFile
    /// As the file's names and shapes tell; for a backbone alone, only backbone and width.
    package let settings: ModelSettings
    /// In the order of their names.
    package let tasks: [WholeTask]
    /// What the model does not take over, under the file's names.
    package let leftOver: [String]
    /// Which of several networks in the file this is; nil where it has one.
    package let networks: NetworkChoice?
    let bank: [Match]
    /// Whether the file is a bank as models have it.
    let isBank: Bool

    /// Recognizes the network in `file`.
    ///
    /// - Throws: `InvalidFileError`, which names what is missing or has another shape.
    package init(_ file: any TensorFile) throws {
        let names = PretrainedNames(file)
        let (backbone, width) = try names.backbone(of: file)
        let heads = names.heads
        var search = Search(names: names)
        if let first = heads.first {
            settings = names.settings(of: first, backbone: backbone, width: width)
            let widths = ModelSettings.decoderWidths
            let isOther = !widths.contains(settings.aspp) || !widths.contains(settings.low)
            if let other = isOther ? first : heads.first(where: { !TaskHead.channelCounts.contains($0.channels) }) {
                throw InvalidFileError(
                    path: file.path, problem: "its decoder of \(other.name) is not that of DeepLab-v3+",
                    remedy: "use a checkpoint of the official RCM code")
            }
            var tasks: [WholeTask] = []
            var bank: [Match] = []
            for head in heads {
                let graph = MultiTaskNetwork(settings, heads: [head], height: 64, width: 64).graphs[0]
                bank = search.match(graph.parameters.filter { $0.role == .frozen })
                let own = graph.parameters.filter { $0.role != .frozen }
                tasks.append(WholeTask(head: head, tensors: search.match(own)))
            }
            (self.tasks, self.bank) = (tasks.sorted { $0.head.name < $1.head.name }, bank)
        } else {
            // A bank says which method's modulators or adapters it has for tasks to start from; there may be fewer filters
            // than the modulators have outputs.
            let method =
                file.metadata["method"].flatMap(ModelSettings.Method.init) ?? (names.hasModulators ? .rcm : .conv)
            settings = ModelSettings(
                backbone: backbone, width: width, method: method == .conv ? ModelSettings().method : method)
            tasks = []
            let classifier = Classifier(
                backbone: backbone, width: width, method: method, classes: 1, height: 32, width: 32,
                components: method == .rcm
                    ? BankComponents(shapes: names.tensors.map { ($0.key, $0.value.shape) }) : .all)
            bank = search.match(classifier.graph.parameters.filter { $0.part == .backbone })
        }
        if let problem = search.problem {
            throw InvalidFileError(
                path: file.path,
                problem: "as a \(backbone.rawValue) of width \(width) it \(problem)",
                remedy: "use the whole state dict of the network, or check that it is an ordinary ResNet")
        }
        self.file = file
        isBank =
            file is SafetensorsFile && heads.isEmpty && search.used.count == file.tensors.count
            && bank.allSatisfy { $0.name == $0.source }
        networks = names.networks
        let (used, pytorch) = (search.used, file as? PyTorchFile)
        let others = (pytorch?.others ?? []) + (pytorch?.networks?.untaken ?? [])
        leftOver =
            file.tensors.map(\.name).filter { !used.contains($0) && !$0.hasSuffix(".num_batches_tracked") } + others
    }

    /// Looks for parameters among a file's tensors, and keeps what was found and what was not.
    private struct Search {
        let names: PretrainedNames
        private(set) var used: Set<String> = []
        private var missing: [String] = []
        private var misshapen: [String] = []

        init(names: PretrainedNames) {
            self.names = names
        }

        /// A file may have a task's parameters once for all tasks, without its name.
        mutating func match(_ parameters: [Graph.Parameter]) -> [Match] {
            parameters.compactMap { parameter in
                guard let tensor = names.tensors[parameter.name] ?? names.tensors[parameter.sharedName] else {
                    missing.append(parameter.name)
                    return nil
                }
                guard tensor.shape == parameter.shape else {
                    misshapen.append("\(tensor.name.printableName) of shape \(tensor.shape) and not \(parameter.shape)")
                    return nil
                }
                used.insert(tensor.name)
                return Match(name: parameter.name, shape: parameter.shape, source: tensor.name)
            }
        }

        /// What keeps the file from being such a network, to follow "it".
        var problem: String? {
            if !missing.isEmpty { return "lacks \(Self.list(missing, of: "tensors"))" }
            return misshapen.isEmpty ? nil : "has \(Self.list(misshapen, of: "tensors of other shapes"))"
        }

        /// The first few of them: a network of another kind lacks hundreds.
        private static func list(_ names: [String], of kind: String) -> String {
            let most = 3
            let more = names.count > most ? ", and \(names.count - most) more" : ""
            let list = names.prefix(most).joined(separator: ", ") + more
            return names.count == 1 ? list : "\(names.count) \(kind): \(list)"
        }
    }
}
