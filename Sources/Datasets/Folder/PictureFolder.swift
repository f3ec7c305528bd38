/// The pictures below a folder, at any depth, in the order of their paths' bytes; nothing else is known of them.
package struct PictureFolder: StoredSampleSource {
    /// Paths within the folder.
    package let identifiers: [String]
    private let root: String

    package var tasks: [LearningTask] { [] }

    /// - Throws: ``DataFileError`` where the folder cannot be read or has no picture.
    package init(root: String) throws {
        identifiers = try PictureFiles.paths(below: root)
        self.root = root
        guard !identifiers.isEmpty else {
            throw DataFileError(
                path: root, problem: "there is no picture in it (.jpg, .jpeg, .png)", remedy: "name another folder")
        }
    }

    package func classNames(of task: LearningTask) -> [String] { [] }

    package func files(at index: Int, tasks: [LearningTask]) -> [String] { ["\(root)/\(identifiers[index])"] }

    package func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
        precondition(tasks.isEmpty, "pictures of a folder have no labels")
        return try naming(index) { identifier in
            Sample(identifier: identifier, image: try ImageFile.read("\(root)/\(identifier)").rgbMap, labels: [:])
        }
    }
}
