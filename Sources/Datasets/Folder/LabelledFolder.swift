import Foundation

/// A user's own data: pictures and labels in plain folders.
///
///     ROOT/
///       train.txt, val.txt     the names of the samples, one a line, without extension
///       images/NAME.jpg        or .jpeg or .png: RGB or grey
///       TASK/NAME.png          or .npy, .npz, .tif, .tiff, .mat, for scores and directions .jpg, for values .flo: a
///                              folder for each task that there is
///       TASK/classes.txt       of a task with classes: their names, one a line, in the order of their numbers from 0,
///                              unless the configuration has them; of human_parts background first
///
/// Extensions may be in capitals. A sample with two pictures, or two labels of a task, is refused: which is meant, only
/// their author knows. So is a picture or label whose camera noted that it is to be turned: the others may lie either
/// way. Boundaries that several people have drawn are a folder TASK/NAME with one file for each, or several maps in one file
/// (``LabelFile``). Labels have the size of their picture. An array is height x width, with several channels height x width x
/// channels; of several arrays in a `.npz` file, `arr_0` is read, and a `.mat` file has one.
///
/// This is what files say unless the task has a ``LabelConvention`` of its own:
///
/// | kind | PNG, JPEG, and TIFF of at most 16 bits | `.npy`, `.npz`, `.mat`, other TIFF |
/// |---|---|---|
/// | `classes` | no JPEG: palette indices or grey values, as they are; 255 unknown | the same numbers |
/// | `score` | grey, of three channels RGB, 0 … 255 for 0 … 1; truth above one half | 0 … 1, or true and false; 255 unknown |
/// | `direction` | x, y, z as 2 v / 255 - 1: x right, y up, z towards the camera | x, y, z as fractions |
/// | `distance` | 16-bit grey PNG or TIFF, millimetres; 0 unknown | metres as fractions; 0, negative or not finite: unknown |
/// | `value` | the numbers of a TIFF | the numbers, also of `.flo`; those that are not finite are unknown |
///
/// A mask of 0 and 1 in a PNG, which would be false throughout, is refused; one of 0 alone is not.
///
/// Normals are brought to unit length; black and middle grey pixels, (0, 0, 0) and a few of a wrong length are unknown.
package struct LabelledFolder: StoredSampleSource {
    package let identifiers: [String]
    package let tasks: [LearningTask]
    /// The names of classes, by the tasks' names.
    private let names: [String: [String]]
    private let images: NamedFiles
    private let labels: [String: NamedFiles]
    private let missing: MissingLabels

    /// - Parameters:
    ///   - split: `train` or `val`, or what else a list `ROOT/SPLIT.txt` is called.
    ///   - requested: the tasks that will be asked for, with the conventions of their labels.
    ///   - missing: what becomes of samples of which a label is missing.
    /// - Throws: ``DataFileError`` that names the folder or list that is missing or damaged. Pictures and labels are
    ///   not looked at.
    package init(
        root: String, split: String, tasks requested: [LearningTask], missing: MissingLabels = .refuse
    ) throws {
        func isFolder(_ name: String) -> Bool {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder)
                && isFolder.boolValue
        }
        guard isFolder("") else {
            throw DataFileError(
                path: root, problem: "there is no such folder", remedy: "name the folder of the data with data.root")
        }
        guard isFolder("images") else {
            throw DataFileError(
                path: root, problem: "the folder images is missing",
                remedy: "put the pictures there, or name the folder that holds it with data.root")
        }
        tasks = requested
        self.missing = missing
        for task in requested where !isFolder(task.name) {
            throw DataFileError(
                path: root, problem: "the folder \(task.name) is missing",
                remedy: "put the labels there, or remove \(task.name) from tasks")
        }
        identifiers = try NameList.read("\(root)/\(split).txt")
        var names: [String: [String]] = [:]
        for task in requested where task.kind == .classes {
            names[task.name] = try Self.classNames(of: task, root: root)
        }
        self.names = names
        images = NamedFiles("\(root)/images", for: identifiers, extensions: ["jpg", "jpeg", "png"])
        var labels: [String: NamedFiles] = [:]
        for task in requested {
            labels[task.name] = NamedFiles(
                "\(root)/\(task.name)", for: identifiers, extensions: task.kind.labelExtensions,
                folders: task.isMatchedByBoundaries)
        }
        self.labels = labels
    }

    /// The names of a task's classes: those of the configuration, else those of `ROOT/TASK/classes.txt`, else those that
    /// the convention of its labels brings along.
    ///
    /// Where 0 means void and the list begins with that, as "void" or "unlabeled", the classes are the others.
    ///
    /// - Throws: ``DataFileError`` where there are none, more than 255, both and they differ, or where class 0 has to be
    ///   the background and is not; also where the convention has other classes.
    package static func classNames(of task: LearningTask, root: String) throws -> [String] {
        let path = "\(root)/\(task.name)/classes.txt"
        let isThere = FileManager.default.fileExists(atPath: path)
        var listed = task.classNames
        if listed.isEmpty, !isThere, let known = task.labels.classNames {
            listed = known
        } else if listed.isEmpty || isThere {
            let stored = try NameList.read(path, ofFiles: false)
            guard listed.isEmpty || listed == stored else {
                throw DataFileError(
                    path: path, problem: "it lists other classes than tasks.\(task.name).classes",
                    remedy: "leave that key out, or make both the same")
            }
            listed = stored
        }
        if task.labels.map == .voidFirst, LabelConvention.namesOfUnknown.contains(listed[0].lowercased()) {
            listed.removeFirst()
        }
        guard !listed.isEmpty else {
            throw DataFileError(
                path: path, problem: "it lists nothing but void", remedy: "list the classes 1, 2 … below it")
        }
        try checkConvention(of: task, listed)
        guard listed.count <= 255 else {
            throw DataFileError(
                path: path, problem: "it lists \(listed.count) classes, and 255 are the most",
                remedy: "merge some of them")
        }
        // What is no part tells a picture of somebody from one that shows nobody.
        guard !task.skipsEmptySamples || listed[0].lowercased() == "background" else {
            throw DataFileError(
                path: path, problem: "\(task.name) needs background as class 0, which is \(listed[0])",
                remedy: "list background first, and number the others from 1 on in the labels")
        }
        return listed
    }

    private static func checkConvention(of task: LearningTask, _ names: [String]) throws {
        if let misfit = task.labels.map?.misfit(count: names.count) {
            throw DataFileError(
                path: "tasks.\(task.name).labels.map", problem: misfit.problem, remedy: misfit.remedy)
        }
        if let stranger = task.labels.colours?.classNames.first(where: { !names.contains($0) }) {
            let listed = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " …" : "")
            throw DataFileError(
                path: "tasks.\(task.name).labels.colours",
                problem: "it names \(stranger), which is not on the list of classes (\(listed))",
                remedy: "write it as it stands there, or ignore for colours that mean unknown")
        }
    }

    package func classNames(of task: LearningTask) -> [String] { names[task.name] ?? [] }

    package func files(at index: Int, tasks: [LearningTask]) -> [String] {
        let identifier = identifiers[index]
        let labelled = tasks.filter { hasLabel(of: $0, at: index) }
        return [images.path(identifier)] + labelled.flatMap { LabelFile.files(of: files(of: $0).path(identifier)) }
    }

    package func hasLabel(of task: LearningTask, at index: Int) -> Bool {
        missing == .refuse || files(of: task).find(identifiers[index]) != .none
    }

    package func fileProblems(at index: Int, tasks: [LearningTask]) -> [SampleError] {
        let labelled = tasks.filter { hasLabel(of: $0, at: index) }
        let all = [(Self.picture, images)] + labelled.map { (Self.labels(of: $0), files(of: $0)) }
        return all.compactMap { what, files in
            do {
                _ = try naming(index) { try files.file($0, as: what) }
                return nil
            } catch {
                return error as? SampleError
            }
        }
    }

    package func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
        try naming(index) { identifier in
            let path = try images.file(identifier, as: Self.picture)
            let image = try ImageFile.read(path, orientation: .refused).rgbMap
            var labels: [LearningTask: PixelMap] = [:]
            for task in tasks {
                labels[task] =
                    hasLabel(of: task, at: index)
                    ? try map(of: task, identifier) : task.unknownLabels(height: image.height, width: image.width)
            }
            return Sample(identifier: identifier, image: image, labels: labels)
        }
    }

    /// The maps of all annotators.
    package func boundaries(of task: LearningTask, at index: Int) throws -> PixelMap {
        try naming(index) { identifier in
            let picture = try ImageFile.size(images.file(identifier, as: Self.picture))
            let map = try labelFile(of: task, identifier).annotators(of: opened(task))
            try Sample.check(map, of: task, identifier, height: picture.height, width: picture.width)
            return map
        }
    }

    private func map(of task: LearningTask, _ identifier: String) throws -> PixelMap {
        try labelFile(of: task, identifier).map(of: opened(task), classes: classNames(of: task))
    }

    private func labelFile(of task: LearningTask, _ identifier: String) throws -> LabelFile {
        LabelFile(try files(of: task).file(identifier, as: Self.labels(of: task)), orientation: .refused)
    }

    /// A network's task has the same name and no convention.
    private func opened(_ task: LearningTask) -> LearningTask { tasks.first { $0.name == task.name }! }

    private func files(of task: LearningTask) -> NamedFiles {
        guard let files = labels[task.name] else {
            preconditionFailure("labels of \(task.name) were not asked for when the folder was opened")
        }
        return files
    }

    private static let picture = "picture"
    private static func labels(of task: LearningTask) -> String { "label of \(task.name)" }
}
