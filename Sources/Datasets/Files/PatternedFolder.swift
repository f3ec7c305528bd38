import Foundation

/// A data set in the layout that it came in: where its files are, `data.files` of a configuration says.
///
/// Labels say what ``LabelledFolder`` has of them, unless a task's ``LabelConvention`` says otherwise. A picture may lie in
/// any file that ``PictureFile`` reads, a label in any that ``LabelFile`` does. A sample is called by the parts of its
/// picture's pattern, with slashes between them: `train/aachen/aachen_000000_000019`.
package struct PatternedFolder: StoredSampleSource {
    package let identifiers: [String]
    package let tasks: [LearningTask]
    private let root: String
    private let layout: FileLayout
    /// By the tasks' names: of which samples there is a label, where some may be missing.
    private var present: [String: [Bool]] = [:]
    private let names: [String: [String]]
    private let parts: [FilePattern.Parts]

    /// - Parameters:
    ///   - list: the samples, as ``FileList`` reads them.
    ///   - requested: the tasks that will be asked for, with the conventions of their labels; all have a pattern.
    /// - Throws: ``DataFileError`` that names the folder or list that is missing or damaged. Pictures and labels are
    ///   not opened.
    package init(
        root: String, list: String, layout: FileLayout, tasks requested: [LearningTask],
        missing: MissingLabels = .refuse
    ) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue else {
            throw DataFileError(
                path: root, problem: "there is no such folder", remedy: "name the folder of the data with data.root")
        }
        (self.root, self.layout, tasks) = (root, layout, requested)
        names = Dictionary(
            uniqueKeysWithValues: try requested.filter { $0.kind == .classes }.map {
                ($0.name, try LabelledFolder.classNames(of: $0, root: root))
            })
        let pattern = layout.image.pattern
        parts = try FileList(root: root, image: pattern).samples(list)
        let named = pattern.partNames
        identifiers = parts.map { parts in named.map { parts[$0]! }.joined(separator: "/") }
        var seen: Set<String> = []
        for identifier in identifiers where !seen.insert(identifier).inserted {
            throw DataFileError(
                path: "\(root)/\(list)", problem: "it lists \(printable(identifier)) twice",
                remedy: "remove one of the two lines")
        }
        guard missing == .allow else { return }
        for task in requested {
            present[task.name] = parts.indices.map {
                FileManager.default.fileExists(atPath: labelPath(of: task, $0))
            }
        }
    }

    package func classNames(of task: LearningTask) -> [String] { names[task.name] ?? [] }

    package func files(at index: Int, tasks: [LearningTask]) -> [String] {
        [imagePath(index)]
            + tasks.filter { hasLabel(of: $0, at: index) }.flatMap { LabelFile.files(of: labelPath(of: $0, index)) }
    }

    package func hasLabel(of task: LearningTask, at index: Int) -> Bool {
        present[task.name]?[index] ?? true
    }

    package func size(at index: Int) throws -> (height: Int, width: Int) {
        try naming(index) { _ in try picture(index).size() }
    }

    package func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
        try naming(index) { identifier in
            let image = try picture(index).map()
            var labels: [LearningTask: PixelMap] = [:]
            for task in tasks {
                labels[task] =
                    hasLabel(of: task, at: index)
                    ? try map(of: task, index) : task.unknownLabels(height: image.height, width: image.width)
            }
            return Sample(identifier: identifier, image: image, labels: labels)
        }
    }

    private func picture(_ index: Int) throws -> PictureFile {
        PictureFile(place: try layout.image.pattern.place(parts[index], in: root, order: layout.image.order))
    }

    /// The maps of all annotators.
    package func boundaries(of task: LearningTask, at index: Int) throws -> PixelMap {
        try naming(index) { identifier in
            let (height, width) = try picture(index).size()
            let map = try labelFile(of: task, index).annotators(of: opened(task))
            try Sample.check(map, of: task, identifier, height: height, width: width)
            return map
        }
    }

    private func map(of task: LearningTask, _ index: Int) throws -> PixelMap {
        try labelFile(of: task, index).map(of: opened(task), classes: classNames(of: task))
    }

    private func labelFile(of task: LearningTask, _ index: Int) throws -> LabelFile {
        let entry = entry(of: task)
        let place = try entry.pattern.place(parts[index], in: root, order: entry.order)
        return LabelFile(place, orientation: .refused)
    }

    /// A network's task has the same name and no convention.
    private func opened(_ task: LearningTask) -> LearningTask { tasks.first { $0.name == task.name }! }

    private func imagePath(_ index: Int) -> String { "\(root)/\(layout.image.pattern.path(parts[index]))" }

    private func labelPath(of task: LearningTask, _ index: Int) -> String {
        "\(root)/\(entry(of: task).pattern.path(parts[index]))"
    }

    private func entry(of task: LearningTask) -> FileLayout.Entry {
        guard let entry = layout.labels[task.name] else { preconditionFailure("\(task.name) has no pattern") }
        return entry
    }
}
