import Foundation

/// PASCAL-Context with the five tasks of the paper (section 4.1): edges, semantic classes, human parts, and the
/// distilled normals and saliency of Maninis et al. (ASTMT, 2019). Either layout of ``PascalContextLayout`` is read.
///
/// - `semseg`: the 21 classes of PASCAL VOC, 255 at outlines.
/// - `human_parts`: 6 parts and background. Pictures without a person are unknown throughout. Where human parts are the
///   only task, they are left off the list.
/// - `edge`: the thinned boundaries of the 459 context classes (``ContextBoundaries``).
/// - `normals`: known on the context classes that NYU Depth v2 has too (``NormalsClasses``).
/// - `sal`: 1 where the distilled saliency is above one half.
package struct PascalContext: StoredSampleSource {
    package let layout: PascalContextLayout
    package let identifiers: [String]
    package let tasks: [LearningTask]
    private let root: String
    private let normalsClasses: Set<Int>

    /// The number of the class "person", whose parts are labelled.
    static let personClass = 15

    /// - Parameters:
    ///   - root: the folder that holds `JPEGImages`.
    ///   - split: `train` or `val`, or another list of the folder `ImageSets/Context`.
    ///   - requested: the tasks that will be asked for.
    /// - Throws: ``DataFileError`` that names the folder or list that is missing or damaged, or a list without persons
    ///   where human parts are the only task. Pictures and labels are not looked at.
    package init(root: String, split: String, tasks requested: [LearningTask]) throws {
        layout = try PascalContextLayout(root: root)
        self.root = root
        tasks = layout.tasks(in: root)
        for task in requested where !tasks.contains(where: { $0.hasLabels(of: task) }) {
            throw layout.missingFolder(of: task, root: root)
        }
        normalsClasses =
            requested.contains { PaperTask($0) == .normals }
            ? try layout == .rcm ? NormalsClasses.read(root: root) : NormalsClasses.standard : []
        let list = "\(root)/ImageSets/Context/\(split).txt"
        let listed = try NameList.read(list)
        if requested.map({ PaperTask($0) }) == [.humanParts] {
            let objects = try ObjectClasses(root: root, split: split, identifiers: listed, layout: layout)
            identifiers = listed.filter { objects.classes(of: $0).contains(Self.personClass) }
            guard !identifiers.isEmpty else {
                throw DataFileError(
                    path: list, problem: "none of its pictures shows a person, and human_parts is the only task",
                    remedy: "add pictures of persons to it, or another task to tasks")
            }
        } else {
            identifiers = listed
        }
    }

    package func classNames(of task: LearningTask) -> [String] {
        switch PaperTask(task) {
        case .semseg: Self.classNames
        case .humanParts: ["background"] + PersonPart.allCases.map(\.name)
        case .edge, .sal, .normals, .depth, nil: []
        }
    }

    private static let classNames = [
        "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
        "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ]

    package func files(at index: Int, tasks: [LearningTask]) -> [String] {
        let identifier = identifiers[index]
        var files = [imagePath(identifier)]
        for task in tasks.map({ paperTask($0) }) {
            if task == .edge || task == .normals { files.append(layout.path(of: .context, identifier, root: root)) }
            if let labels = PascalContextLayout.Labels(task) {
                files.append(layout.path(of: labels, identifier, root: root))
            }
        }
        var seen: Set<String> = []
        return files.filter { seen.insert($0).inserted }
    }

    package func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
        try naming(index) { identifier in
            let image = try ImageFile.read(imagePath(identifier)).rgbMap
            let needsContext = tasks.contains { [.edge, .normals].contains(paperTask($0)) }
            let context = needsContext ? try contextClasses(identifier) : nil
            var labels: [LearningTask: PixelMap] = [:]
            for task in tasks {
                switch paperTask(task) {
                case .semseg: labels[task] = try file(.semseg, identifier).classes(count: Self.classNames.count)
                case .humanParts:
                    labels[task] = layout.trained(try drawnHumanParts(identifier), on: image)
                case .edge: labels[task] = ContextBoundaries.thinned(of: context!)
                case .normals: labels[task] = try normals(identifier, context: context!)
                case .sal: labels[task] = try saliency(identifier)
                case .depth: preconditionFailure("PASCAL-Context has no labels of \(task.name)")
                }
            }
            return Sample(identifier: identifier, image: image, labels: labels)
        }
    }

    private func paperTask(_ task: LearningTask) -> PaperTask {
        guard let known = PaperTask(task) else { preconditionFailure("PASCAL-Context has no labels of \(task.name)") }
        return known
    }

    /// The human parts of a sample as the reference programs draw them; nil where the picture has no person.
    package func drawnHumanParts(at index: Int) throws -> PixelMap? {
        try naming(index) { try drawnHumanParts($0) }
    }

    private func drawnHumanParts(_ identifier: String) throws -> PixelMap? {
        try PartAnnotation(file(.parts, identifier)).personParts()
    }

    func contextClasses(_ identifier: String) throws -> PixelMap {
        let file = file(.context, identifier)
        let map = try file.matrix("LabelMap")
        guard map.values.allSatisfy({ $0 == $0.rounded() && abs($0) < 65536 }) else {
            throw file.refusal(
                "its LabelMap holds numbers that are no classes", "check that the file is of this data set")
        }
        return map
    }

    private func normals(_ identifier: String, context: PixelMap) throws -> PixelMap {
        let file = file(.normals, identifier)
        var map = try file.vectors()
        guard map.height == context.height && map.width == context.width else {
            throw file.refusal(
                "it has \(map.height) x \(map.width) pixels and the LabelMap \(context.height) x \(context.width)",
                "make both the same size")
        }
        for pixel in context.values.indices where !normalsClasses.contains(Int(context.values[pixel])) {
            for channel in 0..<3 { map.values[3 * pixel + channel] = 0 }
        }
        return map
    }

    private func saliency(_ identifier: String) throws -> PixelMap {
        var map = try file(.saliency, identifier).shares()
        for index in map.values.indices { map.values[index] = map.values[index] > 0.5 ? 1 : 0 }
        return map
    }

    private func imagePath(_ identifier: String) -> String { "\(root)/JPEGImages/\(identifier).jpg" }

    private func file(_ labels: PascalContextLayout.Labels, _ identifier: String) -> LabelFile {
        LabelFile(layout.path(of: labels, identifier, root: root))
    }
}
