import Archives

/// A file with the labels of one picture, of the kinds that data sets come in: PNG, JPEG, TIFF, `.npy`, `.npz`, `.flo`,
/// `.mat` and HDF5. What a file is shows in its first bytes, whatever it is called.
///
/// Every function gives a map as ``TaskKind`` describes it, and throws ``DataFileError`` for a file that is damaged
/// or holds something else. What a task's ``LabelConvention`` says of its files is applied here and nowhere else.
package struct LabelFile {
    let place: StoredPlace
    let orientation: Orientation

    package var path: String { place.path }

    /// What becomes of a note that a PNG or JPEG is to be turned.
    package enum Orientation: Sendable {
        /// Pixels stay as they are stored, which is how data sets that were published with labels are read.
        case ignored
        /// The file is refused: the picture beside it may lie either way.
        case refused
    }

    /// - Parameter array: the array of a `.npz` or `.mat` file that is read, where it holds several.
    package init(_ path: String, array: String? = nil, orientation: Orientation = .ignored) {
        var place = StoredPlace(path)
        place.array = array
        self.init(place, orientation: orientation)
    }

    /// A label that may be a part of a file.
    init(_ place: StoredPlace, orientation: Orientation) {
        (self.place, self.orientation) = (place, orientation)
    }

    // MARK: values

    /// Any real numbers of `channels` channels, of an array, a TIFF or a `.flo` file; NaN where unknown, which is also what
    /// infinities become and, in a TIFF, the value that it names as none.
    package func values(channels: Int) throws -> PixelMap {
        var map: PixelMap
        switch try contents() {
        case .array(let array): map = try self.map(of: array, channels: channels)
        case .tiff(let file): map = try file.numbers(channels: channels)
        case .flow(let flow):
            guard channels == flow.channels else {
                throw refusal(
                    "it is an optical flow (.flo), of 2 channels and not \(channels)",
                    "save height x width x \(channels) numbers as an array (.npy)")
            }
            map = flow
        case .picture:
            throw refusal(
                "it is a picture, whose numbers end at 255 or 65535",
                "save height x width\(channels == 1 ? "" : " x \(channels)") numbers as an array (.npy) or a TIFF")
        }
        for index in map.values.indices where !map.values[index].isFinite { map.values[index] = .nan }
        return map
    }

    /// A user's own labels of `task`, of any content, by its convention.
    ///
    /// - Parameter names: of the classes; only content `classes` looks at it.
    func map(of task: LearningTask, classes names: [String]) throws -> PixelMap {
        switch task.kind.content {
        case .classes: try classes(of: task, names: names)
        case .shares: try task.isMatchedByBoundaries ? agreement(of: task) : scores(of: task, in: contents())
        case .vectors: try unitVectors(of: task)
        case .metres: try depth(of: task)
        case .numbers: try values(channels: task.channels)
        }
    }

    // MARK: numbers

    /// Numbers from 0 to 1: grey levels divided by the largest there is, or an array's numbers, or a TIFF's of more than
    /// 16 bits, of which 255 stands for unknown.
    package func shares(channels: Int = 1) throws -> PixelMap { try shares(of: contents(), channels: channels) }

    func shares(of contents: Contents, channels: Int) throws -> PixelMap {
        var map: PixelMap
        switch contents {
        case .array(let array):
            if channels == 1, array.shape.count == 3, array.shape.min()! > 1 {
                throw refusal(
                    "it holds several maps (its shape is \(array.shape))",
                    "of several annotators save the share that marks each pixel, the mean of their maps")
            }
            map = try self.map(of: array, channels: channels)
        case .tiff(let file):
            if let largest = file.largestLevel {
                map = try levels(of: file, channels: channels) { $0 / largest }
            } else {
                map = try file.numbers(channels: channels)
            }
            guard file.unknown != nil else { break }
            for index in map.values.indices where map.values[index].isNaN {
                map.values[index] = TaskKind.score.unknownLabel
            }
        case .flow: throw flowRefusal
        case .picture(let bytes): return try levels(of: bytes, channels: channels) { $0 / 255 }
        }
        guard map.values.allSatisfy({ (0...1).contains($0) || $0 == 255 }) else {
            let place = map.values.firstIndex { !((0...1).contains($0) || $0 == 255) }!
            let pixel = place / map.channels
            let number = map.values[place]
            throw refusal(
                "row \(pixel / map.width), column \(pixel % map.width) has \(number.text), and scores are from 0 to 1",
                number > 1 && number.isFinite
                    ? "divide them by their largest" : "save 0 to 1, and 255 where they are unknown")
        }
        return map
    }

    /// The same of a user's own file, by the convention of `task`.
    func scores(of task: LearningTask, in contents: Contents) throws -> PixelMap {
        guard let threshold = task.labels.threshold else {
            return try task.channels == 1
                ? sharesOfNoSmallMask(of: task, in: contents) : shares(of: contents, channels: task.channels)
        }
        var map: PixelMap
        if task.channels > 1 {
            map = try shares(of: contents, channels: task.channels)
        } else if threshold >= 1.0 / 255 {
            map = try sharesOfNoSmallMask(of: task, in: contents)
        } else {
            // Below the first grey level, a mask of 0 and 1 says what it means, unless its levels are rounded to bytes.
            if case .picture(let bytes) = contents, case .bits(16) = GreyDepth(bytes) {
                map = try ImageFile.decodeFullRange(bytes, path: path)
                for index in map.values.indices { map.values[index] /= 65535 }
            } else {
                map = try shares(of: contents, channels: 1)
            }
        }
        for index in map.values.indices where map.values[index] != task.unknownLabel {
            map.values[index] = Double(map.values[index]) > threshold ? 1 : 0
        }
        return map
    }

    /// To many programs a mask is 0 and 1, and 255 where unknown; as grey levels of a picture these would all be read as
    /// false, or the unknown ones as true.
    package func sharesOfNoSmallMask() throws -> PixelMap { try sharesOfNoSmallMask(of: nil, in: contents()) }

    /// - Parameter task: by whose convention it is read.
    private func sharesOfNoSmallMask(of task: LearningTask?, in contents: Contents) throws -> PixelMap {
        let map = try shares(of: contents, channels: 1)
        guard contents.hasLevels else { return map }
        let level = map.values.first { $0 > 0 && $0 < 1 }
        let isMask = map.values.allSatisfy { $0 == 0 || $0 == 1 || $0 == level || $0 == 255 }
        // Levels of 16 bits may have been rounded to 0.
        guard isMask && (level != nil || !map.values.contains(1)) else { return map }
        let stored = try indices(of: contents).values
        guard stored.contains(1), stored.allSatisfy({ $0 == 0 || $0 == 1 || $0 == 255 || $0.isNaN }) else { return map }
        let hasUnknown = stored.contains(255)
        throw refusal(
            "it is a mask of \(hasUnknown ? "0, 1 and 255" : "0 and 1"), and truth is above "
                + (task?.labels.threshold.map { "\($0)" } ?? "half") + " of the largest grey level",
            (hasUnknown ? "" : task.map { "write tasks.\($0.name).labels: {threshold: 0}, or " } ?? "")
                + "save 0 and 255 for false and true, or an array (.npy) of 0 and 1, with 255 where unknown")
    }

    /// The numbers of a matrix of a MAT file.
    func matrix(_ variable: String) throws -> PixelMap {
        let value = try MATFile(path).variable(variable)
        guard case .numeric(let array) = value, let size = array.matrixSize else {
            throw refusal(
                "variable \(variable) is \(value.summary), not a matrix of numbers",
                value.remedy(orElse: "check that the file is of this data set"))
        }
        let values = MATNumericArray.rowMajor(array.values, rows: size.rows, columns: size.columns)
        return PixelMap(height: size.rows, width: size.columns, channels: 1, values: values.map(Float.init))
    }

    // MARK: files

    /// What the file holds, as its first bytes say; what they do not say its name does.
    enum Contents {
        case array(NumPyArray)
        case tiff(TIFFFile)
        case flow(PixelMap)
        /// The bytes of a PNG or JPEG file, or of none that is read.
        case picture([UInt8])

        /// Whether these are grey levels or colours, and not numbers that mean themselves.
        var hasLevels: Bool {
            switch self {
            case .array, .flow: false
            case .tiff(let file): file.largestLevel != nil
            case .picture: true
            }
        }
    }

    func contents() throws -> Contents {
        if place.isOfArray { return .array(try place.read()) }
        return try contents(of: Datasets.contents(ofFile: path))
    }

    func contents(of bytes: [UInt8]) throws -> Contents {
        if ImageFile.isPicture(bytes) {
            if orientation == .refused { try ImageFile.requireUpright(bytes, path: path, others: "pictures") }
            return .picture(bytes)
        }
        if TIFFFile.isStart(bytes) { return .tiff(try TIFFFile(bytes, path: path)) }
        if bytes.starts(with: FlowFile.signature) { return .flow(try FlowFile.decode(bytes, path: path)) }
        let name = path.lowercased()
        if case .hdf5 = FileContent(start: bytes[...], byteCount: bytes.count) { return .array(try place.read()) }
        if MATFile.isStart(bytes) || name.hasSuffix(".mat") {
            return .array(NumPyArray(try MATFile(bytes, path: path).onlyArray()))
        }
        if let refusal = refusal(ofForeign: bytes) { throw refusal }
        if bytes.starts(with: ZipArchive.signature) || name.hasSuffix(".npz") {
            return .array(try NumPyArray(archive: bytes, path: path))
        }
        if bytes.starts(with: NumPyArray.signature) || name.hasSuffix(".npy") {
            return .array(try NumPyArray(bytes, path: path))
        }
        if name.hasSuffix(".tif") || name.hasSuffix(".tiff") { return .tiff(try TIFFFile(bytes, path: path)) }
        if name.hasSuffix(".flo") { return .flow(try FlowFile.decode(bytes, path: path)) }
        return .picture(bytes)
    }

    /// Why a file is no label that only stands for one, or has arrays of another program; nil for other files.
    private func refusal(ofForeign bytes: [UInt8]) -> DataFileError? {
        guard let content = FileContent(start: bytes[...], byteCount: bytes.count) else { return nil }
        let array: String
        switch content {
        case .gitLFS, .gitAnnex, .dvc, .page, .empty, .zeros:
            return content.fetching.map { refusal("it is \(content.name) and no label", $0) }
        case .mat4: array = "scipy.io.loadmat(FILE)['NAME']"
        default: return nil
        }
        return refusal(
            "it is \(content.name), and labels of one's own are pictures or arrays of NumPy",
            "save its array: numpy.save(OTHER, \(array))")
    }

    func levels(of bytes: [UInt8], channels: Int, _ value: (Float) -> Float) throws -> PixelMap {
        let file = try ImageFile.decode(bytes, path: path)
        guard file.channels == channels else { throw wrongColors(of: file.channels, channels: channels) }
        return PixelMap(
            height: file.height, width: file.width, channels: channels, values: file.bytes.map { value(Float($0)) })
    }

    func levels(of file: TIFFFile, channels: Int, _ value: (Float) -> Float) throws -> PixelMap {
        guard file.channels - file.alphaChannels == channels, !file.hasPalette else {
            throw wrongColors(of: file.hasPalette ? 3 : file.channels, channels: channels)
        }
        // What is none stays NaN.
        var map = try file.numbers(channels: channels)
        for index in map.values.indices { map.values[index] = value(map.values[index]) }
        return map
    }

    func wrongColors(of count: Int, channels: Int) -> DataFileError {
        let remedy =
            switch channels {
            case 1: "save it as a grey PNG"
            case 3: "save x, y, z or the three channels as red, green, blue"
            default: "save height x width x \(channels) numbers (.npy)"
            }
        return refusal(count == 1 ? "it is a picture without colours" : "it is a picture in colour", remedy)
    }

    func map(of array: NumPyArray, channels: Int) throws -> PixelMap {
        let isMap = array.shape.count == 2 && channels == 1
        guard isMap || (array.shape.count == 3 && array.shape[2] == channels) else {
            throw refusal(
                "its shape is \(array.shape)",
                channels == 1 ? "save height x width numbers" : "save height x width x \(channels) numbers")
        }
        return PixelMap(height: array.shape[0], width: array.shape[1], channels: channels, values: array.values)
    }

    var flowRefusal: DataFileError {
        refusal("it is an optical flow (.flo), and no label of this task", "check which task it belongs to")
    }

    func refusal(_ problem: String, _ remedy: String) -> DataFileError {
        DataFileError(path: place.description, problem: problem, remedy: remedy)
    }
}

extension Float {
    /// A whole number without a fraction.
    var text: String {
        Int(exactly: self).map(String.init) ?? "\(self)"
    }
}
