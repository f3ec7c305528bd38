import Foundation

/// Predictions that somebody saved as files, one folder for each task:
///
///     DIR/TASK/SAMPLE.npy   or .png, scores in one channel also .mat
///
/// Each has the size of its picture; samples are named as in the data set's lists.
///
/// | kind | `.npy` | `.png` |
/// |---|---|---|
/// | `classes` | height × width classes, or classes × height × width scores | classes: grey or palette |
/// | `score` | height × width scores before the sigmoid | grey: 255 times the probability |
/// | `direction` | 3 × height × width, of any length | red, green, blue: 255 (n + 1) / 2 |
/// | `distance` | height × width metres | 16-bit grey: millimetres |
/// | `value` | height × width numbers | none |
///
/// Of several channels, `score` and `value` have channels × height × width. A `.mat` holds probabilities, height × width, or
/// those of a `ucm2` of BSDS500: (2 height + 1) × (2 width + 1), of which the pixels lie at rows and columns 2, 4 … from 0.
package struct PredictionFolder: Sendable {
    package let path: String
    /// Whether numbers of `score` in `.npy` files are probabilities, and not what comes before the sigmoid.
    private let holdsProbabilities: Bool

    package init(_ path: String, probabilities: Bool = false) {
        self.path = path
        holdsProbabilities = probabilities
    }

    /// The tasks that have no folder at all.
    package func missingFolders(of tasks: [LearningTask]) -> [LearningTask] {
        tasks.filter { !FileManager.default.fileExists(atPath: "\(path)/\($0.name)") }
    }

    /// The predictions that are missing, in the order of samples; nothing is opened.
    ///
    /// - Parameter isNeeded: whether a task's prediction of a sample, told by its place, is asked for.
    package func missing(
        _ tasks: [LearningTask], of identifiers: [String],
        where isNeeded: (LearningTask, Int) -> Bool = { _, _ in true }
    ) -> [SampleError] {
        identifiers.enumerated().flatMap { index, identifier in
            tasks.filter { isNeeded($0, index) && files(of: $0, identifier).isEmpty }.map { missing($0, identifier) }
        }
    }

    private func missing(_ task: LearningTask, _ identifier: String) -> SampleError {
        SampleError(
            identifier: identifier,
            problem: "\(stem(task, identifier)).npy (or .png\(isContour(task) ? ", .mat" : "")) is missing",
            remedy: "save a prediction of every sample on the list, or remove \(task.name) from tasks")
    }

    private func stem(_ task: LearningTask, _ identifier: String) -> String {
        "\(path)/\(task.name)/\(identifier)"
    }

    private func files(of task: LearningTask, _ identifier: String) -> [String] {
        (["npy", "png"] + (isContour(task) ? ["mat"] : [])).map { "\(stem(task, identifier)).\($0)" }
            .filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// Whether predictions may come as MAT files.
    private func isContour(_ task: LearningTask) -> Bool { task.kind == .score && task.channels == 1 }

    /// Reads the prediction of a sample.
    ///
    /// - Parameters:
    ///   - classes: how many classes a classification task has; others do not look at it.
    ///   - height, width: of the sample's picture.
    /// - Throws: ``SampleError`` where it is missing, damaged, of another size, or has classes that there are not.
    package func prediction(
        of task: LearningTask, _ identifier: String, classes: Int, height: Int, width: Int
    ) throws -> StoredPrediction {
        let files = files(of: task, identifier)
        guard let file = files.first else { throw missing(task, identifier) }
        func refusal(_ problem: String, _ remedy: String) -> SampleError {
            SampleError(identifier: identifier, problem: "\(file): \(problem)", remedy: remedy)
        }
        guard files.count == 1 else {
            throw refusal(
                "\(files[1]) is there as well, and a sample has one prediction of \(task.name)",
                "remove the one that is not meant")
        }
        let prediction: StoredPrediction
        do {
            if file.hasSuffix(".mat") {
                prediction = .probabilities(try Self.contours(file, height: height, width: width))
            } else if file.hasSuffix(".npy") {
                let array = try Self.array(file, task)
                prediction = holdsProbabilities && task.kind == .score ? .probabilities(array.map) : array
            } else {
                prediction = try Self.picture(file, task)
            }
        } catch let error as DataFileError {
            throw refusal(error.problem, error.remedy)
        }
        let map = prediction.map
        guard map.height == height && map.width == width else {
            throw refusal(
                "it has \(map.height) x \(map.width) pixels and the picture \(height) x \(width)",
                "save predictions at the size of their pictures")
        }
        if let place = map.values.firstIndex(where: { !$0.isFinite }) {
            let pixel = place / map.channels
            throw refusal(
                "it is \(map.values[place]) at row \(pixel / map.width), column \(pixel % map.width)",
                "save finite numbers for every pixel")
        }
        if case .probabilities = prediction, let place = map.values.firstIndex(where: { !(0...1).contains($0) }) {
            let pixel = place / map.channels
            throw refusal(
                "row \(pixel / map.width), column \(pixel % map.width) has \(map.values[place].text), and probabilities are "
                    + "from 0 to 1",
                file.hasSuffix(".mat")
                    ? "divide them by their largest, or save scores before the sigmoid as .npy"
                    : "leave --probabilities out where these are scores before the sigmoid")
        }
        guard task.kind == .classes else { return prediction }
        if case .classes(let map) = prediction {
            let isKnown = map.values.allSatisfy { $0 >= 0 && $0 < Float(classes) && $0 == $0.rounded(.down) }
            guard isKnown else {
                throw refusal("it has values that are no classes", "classes are 0 to \(classes - 1)")
            }
        } else if map.channels != classes {
            throw refusal("it has scores of \(map.channels) classes", "there are \(classes)")
        }
        return prediction
    }

    private static func array(_ file: String, _ task: LearningTask) throws -> StoredPrediction {
        let array = try NumPyArray(file)
        let isClassification = task.kind == .classes
        if task.kind.content == .metres || task.kind.content == .vectors, array.kind != .floatingPoint {
            throw DataFileError(
                path: file, problem: "it is an array of integers, and \(task.name) in an array is fractions",
                remedy: task.kind.content == .metres
                    ? "save metres as float32 (of millimetres: array / 1000), or millimetres as a PNG of 16 bits"
                    : "save x, y, z from -1 to 1 as float32 (of colours: 2 * array / 255 - 1), or colours as a PNG")
        }
        let outputs = task.labelChannels
        if array.shape.count == 2 && outputs == 1 {
            let map = PixelMap(
                height: array.shape[0], width: array.shape[1], channels: 1, values: array.values)
            return isClassification ? .classes(map) : .output(map)
        }
        guard array.shape.count == 3 && (isClassification || array.shape[0] == outputs) else {
            let expected =
                isClassification
                ? "height x width classes, or classes x height x width scores"
                : outputs == 1 ? "height x width" : "\(outputs) x height x width"
            throw DataFileError(path: file, problem: "its shape is \(array.shape)", remedy: "save \(expected)")
        }
        let (channels, height, width) = (array.shape[0], array.shape[1], array.shape[2])
        let pixels = height * width
        var values = [Float](repeating: 0, count: array.values.count)
        for channel in 0..<channels {
            for pixel in 0..<pixels { values[pixel * channels + channel] = array.values[channel * pixels + pixel] }
        }
        return .output(PixelMap(height: height, width: width, channels: channels, values: values))
    }

    /// The one array of a MAT file, of the size of the picture or of twice that and a border.
    private static func contours(_ file: String, height: Int, width: Int) throws -> PixelMap {
        let array = NumPyArray(try MATFile(file).onlyArray())
        guard array.shape.count == 2 else {
            throw DataFileError(
                path: file, problem: "its array is \(array.shape.map(String.init).joined(separator: " x "))",
                remedy: "save height x width probabilities")
        }
        let map = PixelMap(height: array.shape[0], width: array.shape[1], channels: 1, values: array.values)
        // Between the pixels a ucm2 has what parts them, which is how BSDS500's benchmark samples it.
        guard map.height == 2 * height + 1 && map.width == 2 * width + 1 else { return map }
        let values = (0..<height).flatMap { row in
            (0..<width).map { map.values[(2 * row + 2) * map.width + 2 * $0 + 2] }
        }
        return PixelMap(height: height, width: width, channels: 1, values: values)
    }

    private static func picture(_ file: String, _ task: LearningTask) throws -> StoredPrediction {
        switch task.kind.content {
        case .classes: return .classes(try LabelFile(file).indices())
        case .metres: return .output(try LabelFile(file).depth())
        case .numbers:
            throw DataFileError(
                path: file, problem: "a picture cannot hold real numbers", remedy: "save an array (.npy)")
        case .shares, .vectors:
            let picture = try ImageFile.read(file)
            guard picture.channels == task.labelChannels else {
                throw DataFileError(
                    path: file, problem: "it has \(picture.channels) channels and \(task.name) \(task.labelChannels)",
                    remedy: task.labelChannels == 3
                        ? "save red, green, blue" : task.labelChannels == 1 ? "save a grey PNG" : "save an array (.npy)"
                )
            }
            return .bytes(
                PixelMap(
                    height: picture.height, width: picture.width, channels: picture.channels,
                    values: picture.bytes.map { Float($0) }))
        }
    }

    /// Saves a prediction so that it scores the same when it is read back: classes as a PNG, all else as `.npy`.
    ///
    /// - Parameter map: classes of classification tasks; else the network's output, channels last.
    /// - Throws: ``DataFileError`` where it cannot be written.
    package func write(_ map: PixelMap, of task: LearningTask, _ identifier: String) throws {
        let stem = stem(task, identifier)
        // Identifiers may name folders themselves.
        let folder = URL(fileURLWithPath: stem).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            if task.kind == .classes {
                let pixels = PNGFile.Pixels.grey(map.values.map { UInt8($0) })
                try PNGFile(height: map.height, width: map.width, pixels: pixels).write(to: stem + ".png")
                return
            }
            var (values, shape) = (map.values, [map.height, map.width])
            let channels = map.channels
            if channels > 1 {
                values = (0..<channels).flatMap { channel in
                    stride(from: channel, to: map.values.count, by: channels).map { map.values[$0] }
                }
                shape = [channels] + shape
            }
            try Data(NumPyArray.encoded(values, shape: shape)).write(
                to: URL(fileURLWithPath: stem + ".npy"), options: .atomic)
        } catch let error as DataFileError {
            throw error
        } catch {
            throw DataFileError(
                path: stem, problem: "it cannot be written (\(systemReason(of: error)))",
                remedy: "check that you may write there, and that the disk is not full")
        }
    }
}

/// What a file of predictions holds, channels last.
package enum StoredPrediction: Sendable {
    /// The class of every pixel.
    case classes(PixelMap)
    /// What a network gives, before any activation.
    case output(PixelMap)
    /// Bytes that stand for probabilities, or for the components of normals.
    case bytes(PixelMap)
    /// Probabilities of 0 … 1 as they are.
    case probabilities(PixelMap)

    package var map: PixelMap {
        switch self {
        case .classes(let map), .output(let map), .bytes(let map), .probabilities(let map): map
        }
    }
}
