import Foundation

/// How an archive of NYU Depth v2 for several tasks stores its labels. The folders have the same names in both.
package enum NYUDLayout: Sendable, CaseIterable {
    /// The archives of the paper's official code and of ASTMT: `.mat`, `.jpg` and `.png`; 41 classes.
    case matlab
    /// The archive of Vandenhende et al., Multi-Task Learning for Dense Prediction Tasks (2020): `.npy` and `.png`;
    /// 40 classes. That of Brüggemann et al., Exploring Relational Context for Multi-Task Dense Prediction (2021), has
    /// `.png` for edges and normals too.
    case numPy

    static let tasks: [PaperTask] = [.semseg, .edge, .normals, .depth]

    /// Recognizes the layout of the data set in `root` by the files of one sample, of which some may be missing.
    /// - Throws: ``DataFileError`` that says what is missing for either.
    init(root: String, sample: String) throws {
        func present(_ layout: NYUDLayout) -> Int {
            Self.tasks.count { FileManager.default.fileExists(atPath: layout.path(of: $0, sample, root: root)) }
        }
        let counts = Self.allCases.map { ($0, present($0)) }
        guard let (layout, count) = counts.max(by: { $0.1 < $1.1 }), count > 0 else {
            let expected = Self.allCases.map { layout in
                Self.tasks.map { layout.relativePath(of: $0, sample) }.joined(separator: ", ")
            }
            throw DataFileError(
                path: root,
                problem: "it has labels in no known layout: neither \(expected.joined(separator: " nor "))",
                remedy: "name the folder that holds images with data.root")
        }
        self = layout
    }

    func path(of task: PaperTask, _ identifier: String, root: String) -> String {
        let usual = "\(root)/\(relativePath(of: task, identifier))"
        guard self == .numPy, task == .edge || task == .normals else { return usual }
        return Self.there(usual, else: "png")
    }

    /// The path of a sample's picture.
    static func imagePath(_ identifier: String, root: String) -> String {
        there("\(root)/images/\(identifier).jpg", else: "png")
    }

    /// `path`, unless the same with another extension is all that there is.
    private static func there(_ path: String, else other: String) -> String {
        let alternative = String(path[..<path.lastIndex(of: ".")!]) + "." + other
        let manager = FileManager.default
        return !manager.fileExists(atPath: path) && manager.fileExists(atPath: alternative) ? alternative : path
    }

    private func relativePath(of task: PaperTask, _ identifier: String) -> String {
        switch (task, self) {
        case (.semseg, .matlab): "segmentation/\(identifier).mat"
        case (.semseg, .numPy): "segmentation/\(identifier).png"
        case (.edge, .matlab): "edge/\(identifier).png"
        case (.edge, .numPy): "edge/\(identifier).npy"
        case (.normals, .matlab): "normals/\(identifier).jpg"
        case (.normals, .numPy): "normals/\(identifier).npy"
        case (.depth, .matlab): "depth/\(identifier).mat"
        case (.depth, .numPy): "depth/\(identifier).npy"
        case (.humanParts, _), (.sal, _): preconditionFailure("NYUD has no labels of \(task.rawValue)")
        }
    }
}
