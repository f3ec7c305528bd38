import Datasets

/// `data`: what is trained on, and how pictures are prepared.
package struct DataSettings: ConfigurationSection {
    /// `dataset`: `rooms` by default, which is drawn and needs no files.
    package var dataset = Dataset.rooms
    /// `root`: the absolute path of the data set's folder; in a file, it may be relative to that file's folder. Every
    /// data set except `rooms` needs it.
    package var root: String?
    /// `files`: where the files of `dataset: files` are.
    package var files: [FileSettings] = []
    /// `missing_labels`: whether a sample may lack the label of a task, which is then neither trained nor validated on it:
    /// `refuse` by default, or `allow`.
    package var missingLabels = MissingLabels.refuse
    /// `crop`: the size of the training pictures in pixels, `[height, width]`; [128, 128] by default.
    package var crop = PixelSize(height: 128, width: 128)
    /// `augment`: whether training pictures are scaled, mirrored and cropped at random, as in the paper; true by
    /// default. Otherwise they are cropped in the middle.
    package var augment = true
    /// `scale`: the factors between which `augment` enlarges a picture; [0.5, 2] by default, as in the paper.
    package var scale = ScaleRange(smallest: 0.5, largest: 2)
    /// `workers`: threads that prepare pictures while the network computes; 2 by default.
    package var workers = 2
    /// `rooms`: what is drawn where `dataset` is `rooms`.
    package var rooms = RoomsSettings()

    package enum Dataset: String, ConfigurationChoice {
        case rooms
        case pascalContext = "pascal-context"
        case nyud
        case folder
        case files
    }

    /// Whether labels are a user's own, whose conventions a configuration says.
    package var hasOwnLabels: Bool { dataset == .folder || dataset == .files }

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("dataset", &dataset)
        visitor.inputPath("root", &root)
        visitor.list("files", &files)
        visitor.value("missing_labels", &missingLabels)
        visitor.value("crop", &crop, .pixels(1...16384))
        visitor.value("augment", &augment)
        visitor.value("scale", &scale, .ascending(in: 0.05...20))
        visitor.value("workers", &workers, .range(1...1024))
        visitor.section("rooms", &rooms)
        visitor.require(
            "dataset", dataset == .rooms || root != nil,
            "is \(dataset.rawValue), which is read from files; name their folder with data.root")
        requireFiles(&visitor)
    }
}

extension DataSettings {
    private func requireFiles(_ visitor: inout some ConfigurationVisitor) {
        visitor.require(
            "missing_labels", missingLabels == .refuse || hasOwnLabels,
            "is allow, and \(dataset.rawValue) has all its labels; leave it out, or set data.dataset to folder or files"
        )
        guard dataset == .files else {
            return visitor.require(
                "files", files.isEmpty, "is given, and data.dataset is \(dataset.rawValue); set it to files")
        }
        for name in FileSettings.required where !files.contains(where: { $0.name == name }) {
            return visitor.require(
                "files", false,
                "has no \(name); with data.dataset: files, write {image: PATTERN, TASK: PATTERN, "
                    + "train: LIST, validation: LIST}")
        }
        let image = files.first { $0.name == FileSettings.image }!
        for file in files {
            let foreign = file.parts.first { !image.parts.contains($0) }
            visitor.require(
                "files", file.isList || foreign == nil,
                "has {\(foreign ?? "")} for \(file.name), which is no part of image (\(image.path)); lists give the parts of "
                    + "pictures alone")
            visitor.require(
                "files", file.isList || !file.parts.isEmpty,
                "has \(file.path) for \(file.name), which is one file for all samples; write what differs in braces, as {id}"
            )
        }
    }

    /// The layout that `files` describes; the configuration makes sure that it does.
    package var layout: FileLayout {
        func entry(_ file: FileSettings) -> FileLayout.Entry {
            FileLayout.Entry(file.pattern!, order: file.order)
        }
        return FileLayout(
            image: entry(files.first { $0.name == FileSettings.image }!),
            labels: Dictionary(
                uniqueKeysWithValues: files.filter { !$0.isList && $0.name != FileSettings.image }.map {
                    ($0.name, entry($0))
                }))
    }
}

extension MissingLabels: ConfigurationChoice {}

/// `data.rooms`: the pictures of the embedded data set.
package struct RoomsSettings: ConfigurationSection {
    /// `seed`: which rooms are drawn; 1 by default.
    package var seed = 1
    /// `train`: how many pictures there are to train on; 2000 by default.
    package var train = 2000
    /// `validation`: how many pictures there are to validate on, none of which is trained on; 100 by default.
    package var validation = 100
    /// `size`: the pictures' size in pixels, `[height, width]`; [160, 160] by default.
    package var size = PixelSize(height: 160, width: 160)

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("seed", &seed, .range(0...1_000_000_000))
        visitor.value("train", &train, .range(1...100_000_000))
        visitor.value("validation", &validation, .range(1...100_000_000))
        visitor.value("size", &size, .pixels(1...16384))
    }
}
