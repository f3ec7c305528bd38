import Datasets

/// One entry of `data.files`: where a file of every sample is, or which samples there are.
///
///     image: leftImg8bit/{split}/{city}/{name}_leftImg8bit.png
///     semseg: gtFine/{split}/{city}/{name}_gtFine_labelIds.png
///     depth: {path: "depths.npy:/[{index}]", order: [n, w, h]}
///     train: leftImg8bit/train/*/*.png
///     validation: lists/val.txt
///
/// ``FilePattern`` says what a pattern is, ``FileList`` what a list is. All are paths below `data.root`.
package struct FileSettings: NamedSection {
    /// `image`, a task, or a list: `train`, `validation`, `test`.
    package let name: String
    /// `path`: the pattern, or the list.
    package var path = ""
    /// `order`: what the axes of an array count, such as `[n, c, w, h]`; null by default, for height, width and channels,
    /// behind the number of the map where there is one.
    package var order: [ArrayAxis]?

    package static let shorthandKey: String? = "path"
    package static let expectation = "a pattern or list, such as image"
    package static let image = "image"
    package static let lists = ["train", "validation", "test"]
    static let required = [image, "train", "validation"]
    /// Names that no task can have here.
    static let reserved = [image] + lists

    package static func refusal(of name: String) -> String? {
        LearningTask.isName(name) ? nil : "image, a task, or one of \(lists.joined(separator: ", "))"
    }

    package init(named name: String) { self.name = name }

    /// Whether it says which samples there are.
    package var isList: Bool { Self.lists.contains(name) }

    /// Nil where it is none.
    var pattern: FilePattern? { try? FilePattern(path) }
    var parts: [String] { pattern?.partNames ?? [] }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("path", &path, .path)
        visitor.value("order", &order)
        guard !isList else {
            visitor.require("path", !path.hasPrefix("/"), "leads out of the folder; write a path below data.root")
            return visitor.require("order", order == nil, "is given for a list, which has no axes; leave it out")
        }
        do {
            let pattern = try FilePattern(path)
            guard let order else { return }
            let needed: [ArrayAxis] = (pattern.hasIndex ? [.n] : []) + [.height, .width]
            visitor.require(
                "order",
                Set(order).count == order.count && needed.allSatisfy(order.contains)
                    && (pattern.hasIndex || !order.contains(.n)),
                "is \(order.yaml); it must have \(needed.map(\.rawValue).joined(separator: ", ")), and c where there are "
                    + "channels, each once"
                    + (pattern.hasIndex ? "" : " (n where a map is meant, as [{index}] behind path)"))
        } catch {
            visitor.require("path", false, path.isEmpty ? "is missing; write a pattern" : error.sentence)
        }
    }
}

extension ArrayAxis: ConfigurationChoice {}

extension DataSettings {
    /// The list of a split, as a command calls it; nil where there is none.
    package func list(ofSplit split: String) -> String? {
        let name = split == "val" ? "validation" : split
        return files.first { $0.isList && $0.name == name }?.path
    }
}
