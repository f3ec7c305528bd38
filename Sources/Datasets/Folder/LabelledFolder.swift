import Foundation

/// A user's own data: pictures and labels in plain folders.
///
///     ROOT/
///       train.txt, val.txt     the names of the samples, one a line, without extension
///       images/NAME.jpg        or .jpeg or .png: RGB or grey
///       TASK/NAME.png          or .npy or, for edge, sal and normals, .jpg: a folder for each task that there is
///       semseg/classes.txt     the names of the classes, one a line, in the order of their numbers from 0;
///                              human_parts/classes.txt likewise, background first
///
/// A picture whose camera noted that it is to be turned is refused: labels may lie either way. Labels have the size of
/// their picture. An array (`.npy`) is height x width, for normals height x width x 3.
///
/// | task | PNG or JPEG | `.npy` |
/// |---|---|---|
/// | `semseg`, `human_parts` | PNG: palette indices or grey values, as they are; 255 unknown | the same numbers |
/// | `edge`, `sal` | grey, 0 … 255 for 0 … 1; truth above one half | 0 … 1, or true and false; 255 unknown |
/// | `normals` | x, y, z as 2 v / 255 - 1: x right, y up, z towards the camera | x, y, z |
/// | `depth` | 16-bit grey PNG, millimetres; 0 unknown | metres; 0, negative or not finite: unknown |
///
/// A mask of 0 and 1 in a PNG, which would be false throughout, is refused; one of 0 alone is not.
///
/// Normals are brought to unit length; those shorter than 0.5 or longer than 1.5 are unknown, so black and middle grey
/// pixels are.
package struct LabelledFolder: StoredSampleSource {
    package let identifiers: [String]
    package let tasks: [LearningTask]
    private let root: String
    private let names: [LearningTask: [String]]

    /// - Parameters:
    ///   - split: `train` or `val`, or what else a list `ROOT/SPLIT.txt` is called.
    ///   - requested: the tasks that will be asked for.
    /// - Throws: ``DataFileError`` that names the folder or list that is missing or damaged. Pictures and labels are
    ///   not looked at.
    package init(root: String, split: String, tasks requested: [LearningTask]) throws {
        func isFolder(_ name: String) -> Bool {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder)
                && isFolder.boolValue
        }
        guard isFolder("images") else {
            throw DataFileError(
                path: root, problem: "the folder images is missing",
                remedy: "put the pictures there, or name the folder that holds it with data.root")
        }
        tasks = LearningTask.allCases.filter { isFolder($0.rawValue) }
        for task in requested where !tasks.contains(task) {
            throw DataFileError(
                path: root, problem: "the folder \(task.rawValue) is missing",
                remedy: "put the labels there, or remove \(task.rawValue) from tasks")
        }
        self.root = root
        identifiers = try IdentifierList.read("\(root)/\(split).txt")
        var names: [LearningTask: [String]] = [:]
        for task in requested where task.answer == .classes {
            let path = "\(root)/\(task.rawValue)/classes.txt"
            let listed = try IdentifierList.read(path)
            guard listed.count <= 255 else {
                throw DataFileError(
                    path: path, problem: "it lists \(listed.count) classes, and 255 are the most",
                    remedy: "merge some of them")
            }
            // What is no part tells a picture of somebody from one that shows nobody.
            guard task != .humanParts || listed[0].lowercased() == "background" else {
                throw DataFileError(
                    path: path, problem: "human_parts needs background as class 0, which is \(listed[0])",
                    remedy: "list background first, and number the parts from 1 on in the labels")
            }
            names[task] = listed
        }
        self.names = names
    }

    package func classNames(of task: LearningTask) -> [String] { names[task] ?? [] }

    package func files(at index: Int, tasks: [LearningTask]) -> [String] {
        let identifier = identifiers[index]
        return [imagePath(identifier)] + tasks.map { labelPath($0, identifier) }
    }

    package func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
        try naming(index) { identifier in
            let image = try ImageFile.read(imagePath(identifier), orientation: .refused).rgbMap
            var labels: [LearningTask: PixelMap] = [:]
            for task in tasks { labels[task] = try map(of: task, identifier) }
            return Sample(identifier: identifier, image: image, labels: labels)
        }
    }

    private func map(of task: LearningTask, _ identifier: String) throws -> PixelMap {
        let file = LabelFile(labelPath(task, identifier))
        switch task.answer {
        case .classes: return try file.classes(count: classNames(of: task).count)
        case .score: return try file.sharesOfNoSmallMask()
        case .direction: return Self.unitVectors(try file.vectors())
        case .distance: return try file.depth()
        }
    }

    private static func unitVectors(_ map: PixelMap) -> PixelMap {
        var map = map
        for pixel in stride(from: 0, to: map.values.count, by: 3) {
            let length = map.values[pixel..<pixel + 3].reduce(0) { $0 + $1 * $1 }.squareRoot()
            let isKnown = (0.5...1.5).contains(length)
            for channel in 0..<3 {
                map.values[pixel + channel] = isKnown ? map.values[pixel + channel] / length : 0
            }
        }
        return map
    }

    private func imagePath(_ identifier: String) -> String {
        firstThere("\(root)/images/\(identifier)", ["jpg", "jpeg", "png"])
    }

    private func labelPath(_ task: LearningTask, _ identifier: String) -> String {
        let isExact = task.answer == .classes || task.answer == .distance
        return firstThere("\(root)/\(task.rawValue)/\(identifier)", isExact ? ["png", "npy"] : ["png", "npy", "jpg"])
    }

    /// The file with the first of `extensions` that exists, else the one with the first.
    private func firstThere(_ name: String, _ extensions: [String]) -> String {
        let paths = extensions.map { "\(name).\($0)" }
        return paths.first { FileManager.default.fileExists(atPath: $0) } ?? paths[0]
    }
}
