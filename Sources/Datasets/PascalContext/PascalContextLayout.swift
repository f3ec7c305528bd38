import Foundation

/// How an archive of PASCAL-Context for several tasks lays its files out.
package enum PascalContextLayout: Sendable, CaseIterable {
    /// The archive of the paper's official code.
    case rcm
    /// The archive of Maninis et al., Attentive Single-Tasking of Multiple Tasks (CVPR 2019).
    case astmt

    /// What there is a folder for.
    enum Labels: CaseIterable {
        case context, parts, semseg, normals, saliency

        /// The labels of a task; edges have none but the context classes.
        init?(_ task: PaperTask) {
            switch task {
            case .semseg: self = .semseg
            case .humanParts: self = .parts
            case .normals: self = .normals
            case .sal: self = .saliency
            case .edge, .depth: return nil
            }
        }
    }

    /// Recognizes the layout of the data set in `root` by its folders.
    /// - Throws: ``DataFileError`` that says what is missing for either.
    package init(root: String) throws {
        let scored = Self.allCases.map { layout in (layout, layout.missing(in: root)) }
        let total = Labels.allCases.count
        if let (layout, missing) = scored.min(by: { $0.1.count < $1.1.count }), missing.count < total {
            self = layout
        } else {
            let expected = scored.map { "\($0.0.name) has \($0.1.joined(separator: ", "))" }
            throw DataFileError(
                path: root, problem: "it holds no PASCAL-Context that is known: \(expected.joined(separator: "; "))",
                remedy: "name the folder that holds JPEGImages with data.root")
        }
        guard Self.isFolder("\(root)/JPEGImages") else {
            throw DataFileError(
                path: root, problem: "the folder JPEGImages is missing",
                remedy: "fetch it, or name the folder that holds it with data.root")
        }
    }

    private var name: String {
        switch self {
        case .rcm: "RCM's archive"
        case .astmt: "ASTMT's archive"
        }
    }

    /// The label folders that are not there.
    private func missing(in root: String) -> [String] {
        Labels.allCases.map { folder(of: $0) }.filter { !Self.isFolder("\(root)/\($0)") }
    }

    private func folder(of labels: Labels) -> String {
        switch (self, labels) {
        case (.rcm, .context): "Context/trainval"
        case (.rcm, .parts): "PascalParts"
        case (.rcm, .semseg): "SemanticSegmentation/Context"
        case (.rcm, .normals): "NormalsDistill"
        case (.rcm, .saliency): "SaliencyDistill"
        case (.astmt, .context): "pascal-context/trainval"
        case (.astmt, .parts): "human_parts"
        case (.astmt, .semseg): "semseg"
        case (.astmt, .normals): "normals_distill"
        case (.astmt, .saliency): "sal_distill"
        }
    }

    private static func folders(for task: PaperTask) -> [Labels] {
        switch task {
        case .edge: [.context]
        case .normals: [.normals, .context]
        case .semseg, .humanParts, .sal, .depth: Labels(task).map { [$0] } ?? []
        }
    }

    /// The tasks that `root` has folders for.
    func tasks(in root: String) -> [LearningTask] {
        PaperTask.allCases.filter { task in
            let needed = Self.folders(for: task)
            return !needed.isEmpty && needed.allSatisfy { Self.isFolder("\(root)/\(folder(of: $0))") }
        }.map(\.task)
    }

    /// The complaint about a task that `root` has no labels of.
    func missingFolder(of task: LearningTask, root: String) -> DataFileError {
        let missing = (PaperTask(task).map { Self.folders(for: $0) } ?? []).map { folder(of: $0) }.filter {
            !Self.isFolder("\(root)/\($0)")
        }
        let problem =
            missing.isEmpty
            ? "PASCAL-Context has no labels of \(task.name)"
            : "\(task.name) needs the folder \(missing.joined(separator: " and ")), which is missing"
        return DataFileError(path: root, problem: problem, remedy: "fetch it, or remove \(task.name) from tasks")
    }

    /// The file with labels of a sample.
    func path(of labels: Labels, _ identifier: String, root: String) -> String {
        let folder = "\(root)/\(folder(of: labels))"
        switch labels {
        case .context, .parts: return "\(folder)/\(identifier).mat"
        case .normals, .saliency: return "\(folder)/\(identifier).png"
        case .semseg where self == .rcm: return "\(folder)/\(identifier).png"
        case .semseg:
            // Pictures that PASCAL VOC has labels of too have them there.
            let first = "\(folder)/VOC12/\(identifier).png"
            return FileManager.default.fileExists(atPath: first) ? first : "\(folder)/pascal-context/\(identifier).png"
        }
    }

    /// What is trained and scored of the human parts that were drawn: unknown throughout where there is no person. The
    /// programs of ASTMT's family also leave out what is background throughout, such as persons without parts; the
    /// official code of the paper does not.
    func trained(_ drawn: PixelMap?, on image: PixelMap) -> PixelMap {
        if let drawn, self == .rcm || drawn.values.contains(where: { $0 != 0 }) { return drawn }
        return PixelMap(
            height: image.height, width: image.width, channels: 1,
            values: Array(repeating: LearningTask.humanParts.unknownLabel, count: image.height * image.width))
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
