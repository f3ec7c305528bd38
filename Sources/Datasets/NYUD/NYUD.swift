import Foundation

/// NYU Depth v2 with the four tasks of the paper (section 4.1), in either layout of ``NYUDLayout``.
///
/// - `semseg`: 40 classes. In the `.mat` layout background is a class of its own, the first of 41, and nothing is
///   unknown; in the `.npy` layout background is unknown.
/// - `edge`: shares of truth from 0 to 1.
/// - `normals`: x, y, z as the file has them; in the `.mat` layout they come from a JPEG, so that their length is about
///   1 and an unknown one is about 0, 0, 0 but counts like any other.
/// - `depth`: metres, 0 where unknown.
package struct NYUD: StoredSampleSource {
    package let layout: NYUDLayout
    package let identifiers: [String]
    private let root: String

    /// - Parameters:
    ///   - root: the folder that holds `images`.
    ///   - split: `train` or `val`, or another list of the folder `gt_sets`.
    /// - Throws: ``DataFileError`` that names the folder or list that is missing or damaged. Pictures and labels are
    ///   not looked at.
    package init(root: String, split: String) throws {
        identifiers = try NameList.read("\(root)/gt_sets/\(split).txt")
        layout = try NYUDLayout(root: root, sample: identifiers[0])
        self.root = root
    }

    package var tasks: [LearningTask] { NYUDLayout.tasks.map(\.task) }

    package func classNames(of task: LearningTask) -> [String] {
        guard PaperTask(task) == .semseg else { return [] }
        return layout == .matlab ? ["background"] + Self.classNames : Self.classNames
    }

    static let classNames = [
        "wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf", "picture",
        "counter", "blinds", "desk", "shelves", "curtain", "dresser", "pillow", "mirror", "floor mat", "clothes",
        "ceiling", "books", "refrigerator", "television", "paper", "towel", "shower curtain", "box", "whiteboard",
        "person", "night stand", "toilet", "sink", "lamp", "bathtub", "bag", "other structure", "other furniture",
        "other prop",
    ]

    package func files(at index: Int, tasks: [LearningTask]) -> [String] {
        let identifier = identifiers[index]
        return [imagePath(identifier)] + tasks.map { layout.path(of: paperTask($0), identifier, root: root) }
    }

    package func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
        try naming(index) { identifier in
            let image = try ImageFile.read(imagePath(identifier)).rgbMap
            var labels: [LearningTask: PixelMap] = [:]
            for task in tasks { labels[task] = try map(of: task, identifier) }
            return Sample(identifier: identifier, image: image, labels: labels)
        }
    }

    private func map(of task: LearningTask, _ identifier: String) throws -> PixelMap {
        let known = paperTask(task)
        let file = LabelFile(layout.path(of: known, identifier, root: root))
        let count = classNames(of: .semseg).count
        switch (known, layout) {
        case (.semseg, .matlab):
            return try file.checkedClasses(file.matrix("segmentation"), count: count)
        case (.semseg, .numPy):
            var map = try file.indices()
            for index in map.values.indices where map.values[index] != 255 {
                map.values[index] = map.values[index] == 0 ? 255 : map.values[index] - 1
            }
            return try file.checkedClasses(map, count: count)
        case (.edge, _): return try file.shares()
        case (.normals, _): return try file.vectors()
        case (.depth, .matlab): return LabelFile.knownDepth(try file.matrix("depth"))
        case (.depth, .numPy): return try file.depth()
        case (.humanParts, _), (.sal, _): preconditionFailure("NYUD has no labels of \(task.name)")
        }
    }

    private func paperTask(_ task: LearningTask) -> PaperTask {
        guard let known = PaperTask(task) else { preconditionFailure("NYUD has no labels of \(task.name)") }
        return known
    }

    private func imagePath(_ identifier: String) -> String { NYUDLayout.imagePath(identifier, root: root) }
}
