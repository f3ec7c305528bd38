/// Pictures to classify in ImageNet's layout: one folder for each class.
///
///     ROOT/
///       train/CLASS/…/NAME.jpg     or .jpeg or .png, at any depth, in any case
///       val/CLASS/…/NAME.jpg       with classes that are in train
///
/// The classes are the folders of `train` in the order of their names' bytes, as elsewhere in the field. Other files are
/// passed over.
package struct ClassifiedFolder: StoredSampleSource, ClassifiedSource {
    /// Such as `train/n01440764/n01440764_18.JPEG`.
    package let identifiers: [String]
    package let classNames: [String]
    private let classes: [Int]
    private let root: String

    /// - Parameter split: `train` or `val`.
    /// - Throws: ``DataFileError`` that names the folder that is missing, has no pictures, or is no class of `train`. No
    ///   picture is looked at.
    package init(root: String, split: String) throws {
        let folder = "\(root)/\(split)"
        classNames = try PictureFiles.folders(in: "\(root)/train")
        guard !classNames.isEmpty else {
            throw DataFileError(
                path: "\(root)/train", problem: "there is no folder in it, and so no class",
                remedy: "put the pictures of every class into a folder of its own")
        }
        var identifiers: [String] = []
        var classes: [Int] = []
        let indices = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, $0) })
        for name in try PictureFiles.folders(in: folder) {
            guard let index = indices[name] else {
                throw DataFileError(
                    path: "\(folder)/\(name)", problem: "train has no such class",
                    remedy: "remove it, or add it to train")
            }
            let paths = try PictureFiles.paths(below: "\(folder)/\(name)")
            guard !paths.isEmpty else {
                throw DataFileError(
                    path: "\(folder)/\(name)", problem: "the class has no picture (.jpg, .jpeg, .png)",
                    remedy: "add some, or remove the folder")
            }
            identifiers += paths.map { "\(split)/\(name)/\($0)" }
            classes += [Int](repeating: index, count: paths.count)
        }
        guard !identifiers.isEmpty else {
            throw DataFileError(
                path: folder, problem: "there is no folder in it, and so no picture",
                remedy: "put the pictures of every class into a folder of its own")
        }
        self.root = root
        self.identifiers = identifiers
        self.classes = classes
    }

    package func classIndex(at index: Int) -> Int { classes[index] }

    package func files(at index: Int, tasks: [LearningTask]) -> [String] { ["\(root)/\(identifiers[index])"] }

    package func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
        precondition(tasks.isEmpty, "pictures that are classified have no labels per pixel")
        return try naming(index) { identifier in
            Sample(identifier: identifier, image: try ImageFile.read("\(root)/\(identifier)").rgbMap, labels: [:])
        }
    }
}
