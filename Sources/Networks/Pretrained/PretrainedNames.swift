import Checkpoints
import Foundation

/// The tensors of a file under the names that networks here have.
///
/// Understood are torchvision's and timm's names of ResNets, those of the paper's official code, and our own banks;
/// before them all may stand one prefix, such as `module.` or `model.`, which wrappers leave.
///
/// | torchvision, timm | here |
/// |---|---|
/// | `conv1.weight`, `layer1.0.conv2.weight` | `conv1.Ws.weight`, `layer1.0.conv2.Ws.weight` |
/// | `bn1.bias`, `layer1.0.bn2.bias` | `bn1.bnorm.bias`, `layer1.0.bn2.bnorm.bias` |
/// | `layer2.0.downsample.0.weight` | `layer2.0.downsample.conv.conv.weight` |
/// | `layer2.0.downsample.1.bias` | `layer2.0.downsample.bnorm.bnorm.bias` |
struct PretrainedNames {
    /// The file's tensors by their names here.
    private(set) var tensors: [String: StoredTensor] = [:]
    /// The file's names of what no network has: other prefixes, and two names for one tensor.
    private(set) var strange: [String] = []
    /// Which of several networks these are; nil where the file has one.
    let networks: NetworkChoice?

    init(_ file: any TensorFile) {
        let prefixes = Self.prefixes(of: file.tensors.map(\.name))
        let prefix = prefixes.first ?? ""
        let named = prefixes.map { $0.isEmpty ? "the one without a prefix" : String($0.dropLast()) }
        networks =
            prefixes.count > 1
            ? NetworkChoice(taken: named[0], untaken: Array(named.dropFirst())) : (file as? PyTorchFile)?.networks
        for tensor in file.tensors {
            guard tensor.name.hasPrefix(prefix), !tensor.name.hasSuffix(".num_batches_tracked") else {
                if !tensor.name.hasSuffix(".num_batches_tracked") { strange.append(tensor.name) }
                continue
            }
            let name = Self.own(String(tensor.name.dropFirst(prefix.count)))
            if tensors[name] == nil { tensors[name] = tensor } else { strange.append(tensor.name) }
        }
    }

    /// What stands before the first convolution's name, and before those of the first block: the shortest first, of the
    /// same length a teacher before its student. A file with two networks has two.
    private static func prefixes(of names: [String]) -> [String] {
        let prefixes = ["conv1.weight", "conv1.Ws.weight"].flatMap { stem in
            names.filter { $0 == stem || $0.hasSuffix("." + stem) }.map { String($0.dropLast(stem.count)) }
        }
        // layer1.0.conv1 ends the same way and is longer.
        let likely = prefixes.filter { !$0.contains("layer") }.enumerated().sorted { first, second in
            func rank(_ place: Int, _ prefix: String) -> (Int, Int, Int) {
                (prefix.count, prefix.contains("teacher") ? 0 : 1, place)
            }
            return rank(first.offset, first.element) < rank(second.offset, second.element)
        }.map(\.element)
        // A task may be called conv1: predict.conv1.weight is no first convolution.
        let ofBackbones = likely.filter { prefix in names.contains { $0.hasPrefix(prefix + "layer1.0.") } }
        return ofBackbones.isEmpty ? Array(likely.prefix(1)) : ofBackbones
    }

    static let stages = ["layer1", "layer2", "layer3", "layer4"]
    static let convolutions = ["conv1", "conv2", "conv3"]
    static let normalizations = ["bn1", "bn2", "bn3"]

    /// A name as networks here have it; one that is unknown stays.
    private static func own(_ name: String) -> String {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let block = stages.contains(parts[0]) && parts.count > 2 ? 2 : 0
        guard parts.count > block + 1 else { return name }
        let unit = parts[block]
        if unit == "downsample", parts.count == block + 3 {
            if parts[block + 1] == "0" { parts.replaceSubrange(block + 1...block + 1, with: ["conv", "conv"]) }
            if parts[block + 1] == "1" { parts.replaceSubrange(block + 1...block + 1, with: ["bnorm", "bnorm"]) }
        } else if convolutions.contains(unit) {
            if parts.count == block + 2 { parts.insert("Ws", at: block + 1) }
            // The official adapters' batch norms, as their pretrained files name them.
            if parts[block + 1] == "bn" { parts.replaceSubrange(block + 1...block + 1, with: ["bnorm", "bnorm"]) }
        } else if normalizations.contains(unit), parts.count == block + 2 {
            parts.insert("bnorm", at: block + 1)
        }
        return parts.joined(separator: ".")
    }
}
