import Archives

/// A file with the labels of one picture, of the kinds that data sets come in: PNG, JPEG, TIFF, `.npy`, `.npz`, `.flo`
/// and `.mat`. What a file is shows in its first bytes, whatever it is called.
///
/// Every function gives a map as ``TaskKind`` describes it, and throws ``DataFileError`` for a file that is damaged
/// or holds something else.
package struct LabelFile {
    package let path: String
    private let arrayName: String?
    private let orientation: Orientation

    /// What becomes of a note that a PNG or JPEG is to be turned.
    package enum Orientation: Sendable {
        /// Pixels stay as they are stored, which is how data sets that were published with labels are read.
        case ignored
        /// The file is refused: the picture beside it may lie either way.
        case refused
    }

    /// - Parameter array: the array of a `.npz` file that is read, where it holds several.
    package init(_ path: String, array: String? = nil, orientation: Orientation = .ignored) {
        self.path = path
        arrayName = array
        self.orientation = orientation
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

    /// A user's own labels of `task`, of any content.
    ///
    /// - Parameter classes: how many classes there are; only content `classes` looks at it.
    func map(of task: LearningTask, classes count: Int) throws -> PixelMap {
        switch task.kind.content {
        case .classes: try classes(count: count)
        case .shares: try task.channels == 1 ? sharesOfNoSmallMask() : shares(channels: task.channels)
        case .vectors: try unitVectors()
        case .metres: try depth()
        case .numbers: try values(channels: task.channels)
        }
    }

    // MARK: classes

    /// Class indices as they are stored: of a palette PNG or TIFF its indices, of a grey one of any depth its values, of
    /// an array its numbers.
    package func indices() throws -> PixelMap { try indices(of: contents()) }

    private func indices(of contents: Contents) throws -> PixelMap {
        let picture: [UInt8]
        switch contents {
        case .array(let array): return try map(of: array, channels: 1)
        case .tiff(let file): return try file.map(channels: 1)
        case .flow: throw flowRefusal
        case .picture(let bytes):
            guard !ImageFile.isJPEG(bytes) else {
                throw refusal(
                    "it is a JPEG, whatever it is called, and JPEG changes the numbers of classes",
                    "save it as PNG again from what the JPEG was made of")
            }
            picture = bytes
        }
        let map: PixelMap
        switch GreyDepth(picture) {
        case .bits(16):
            map = try ImageFile.decodeFullRange(picture, path: path)
        case .bits(let bits):
            // Reading stretches fewer bits to 0 ... 255.
            let step = Float(255 / (1 << bits - 1))
            let file = try ImageFile.decode(picture, path: path)
            map = PixelMap(
                height: file.height, width: file.width, channels: file.channels,
                values: file.bytes.map { Float($0) / step })
        case .other:
            let file = try ImageFile.decode(picture, path: path, palette: .indices)
            map = PixelMap(
                height: file.height, width: file.width, channels: file.channels, values: file.bytes.map(Float.init))
        }
        guard map.channels == 1 else {
            throw refusal("it is a picture in colour, not a map of classes", "save the class indices as a grey PNG")
        }
        return map
    }

    /// `map`, read from this file, if its values are classes 0 ..< `count` or 255.
    package func checkedClasses(_ map: PixelMap, count: Int) throws -> PixelMap {
        let wrong = map.values.firstIndex { value in
            value != 255 && !(value >= 0 && value < Float(count) && value == value.rounded(.down))
        }
        if let wrong {
            throw refusal(
                "row \(wrong / map.width), column \(wrong % map.width) has the class \(map.values[wrong].text); "
                    + "classes are 0 to \(count - 1), and 255 where unknown",
                "correct the file, or check that it is of this data set")
        }
        return map
    }

    /// The classes of a map whose file stores them as they are.
    package func classes(count: Int) throws -> PixelMap {
        try checkedClasses(indices(), count: count)
    }

    // MARK: numbers

    /// Numbers from 0 to 1: grey levels divided by the largest there is, or an array's numbers, or a TIFF's of more than
    /// 16 bits, of which 255 stands for unknown.
    package func shares(channels: Int = 1) throws -> PixelMap { try shares(of: contents(), channels: channels) }

    private func shares(of contents: Contents, channels: Int) throws -> PixelMap {
        let map: PixelMap
        switch contents {
        case .array(let array): map = try self.map(of: array, channels: channels)
        case .tiff(let file):
            if let largest = file.largestLevel { return try levels(of: file, channels: channels) { $0 / largest } }
            map = try file.numbers(channels: channels)
        case .flow: throw flowRefusal
        case .picture(let bytes): return try levels(of: bytes, channels: channels) { $0 / 255 }
        }
        guard map.values.allSatisfy({ (0...1).contains($0) || $0 == 255 }) else {
            throw refusal("it holds numbers that are not from 0 to 1", "divide them by their largest")
        }
        return map
    }

    /// The same of a user's own file. To many programs a mask is 0 and 1, and 255 where unknown; as grey levels of a
    /// picture these would all be read as false, or the unknown ones as true.
    package func sharesOfNoSmallMask() throws -> PixelMap {
        let contents = try contents()
        let map = try shares(of: contents, channels: 1)
        guard contents.hasLevels else { return map }
        let level = map.values.first { $0 > 0 && $0 < 1 }
        let isMask = map.values.allSatisfy { $0 == 0 || $0 == 1 || $0 == level }
        // Levels of 16 bits may have been rounded to 0.
        guard isMask && (level != nil || !map.values.contains(1)) else { return map }
        let stored = try indices(of: contents).values
        guard stored.contains(1), stored.allSatisfy({ $0 == 0 || $0 == 1 || $0 == 255 }) else { return map }
        throw refusal(
            "it is a mask of \(stored.contains(255) ? "0, 1 and 255" : "0 and 1"), and truth is above half of the largest "
                + "grey level",
            "save 0 and 255 for false and true, or an array (.npy) of 0 and 1, with 255 where unknown")
    }

    /// Vectors: colours v as 2 v / 255 - 1 (of 16 bits as 2 v / 65535 - 1), or an array's or TIFF's numbers; 0, 0, 0 where
    /// one is not finite.
    package func vectors() throws -> PixelMap {
        var map: PixelMap
        switch try contents() {
        case .array(let array):
            guard array.kind == .floatingPoint else { throw integerVectors(array.kind) }
            map = try self.map(of: array, channels: 3)
        case .tiff(let file):
            if let largest = file.largestLevel { return try levels(of: file, channels: 3) { 2 * $0 / largest - 1 } }
            guard file.kind == .floatingPoint else { throw integerVectors(.integer) }
            map = try file.numbers(channels: 3)
        case .flow: throw flowRefusal
        case .picture(let bytes): return try levels(of: bytes, channels: 3) { 2 * $0 / 255 - 1 }
        }
        for pixel in stride(from: 0, to: map.values.count, by: 3)
        where !map.values[pixel..<pixel + 3].allSatisfy(\.isFinite) {
            for channel in 0..<3 { map.values[pixel + channel] = 0 }
        }
        return map
    }

    /// Vectors brought to unit length; black pixels and those shorter than a tenth are unknown, and so are the few whose
    /// length is not within 0.5 … 1.5.
    ///
    /// - Throws: ``DataFileError`` also where more than one in twenty is outside of these bounds, or more than half is off
    ///   by more than a fifth.
    package func unitVectors() throws -> PixelMap {
        var map = try vectors()
        var (known, misfits, inexact, sum) = (0, 0, 0, 0.0)
        for pixel in stride(from: 0, to: map.values.count, by: 3) {
            let vector = map.values[pixel..<pixel + 3]
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            // JPEG moves black a little.
            let isKnown = length >= 0.1 && !vector.allSatisfy { $0 < -0.95 }
            let isFit = isKnown && (0.5...1.5).contains(length)
            if isKnown {
                known += 1
                sum += Double(length)
                if !isFit { misfits += 1 }
                if abs(length - 1) > 0.2 { inexact += 1 }
            }
            for channel in 0..<3 { map.values[pixel + channel] = isFit ? map.values[pixel + channel] / length : 0 }
        }
        guard misfits * 20 <= known && inexact * 2 <= known else {
            let mean = sum / Double(known)
            throw refusal(
                "\(100 * inexact / known) % of its vectors are not of length 1 (on average "
                    + "\((mean * 100).rounded() / 100))",
                mean > 2.5 || (1.05...1.45).contains(mean)
                    ? "save x, y, z from -1 to 1, of colours from 0 to 255 as 2 * array / 255 - 1, of 0 to 1 as "
                        + "2 * array - 1" : "divide each by its length, and save 0, 0, 0 where it is unknown")
        }
        return map
    }

    private func integerVectors(_ kind: NumPyArray.NumberKind) -> DataFileError {
        refusal(
            "its numbers are \(kind.text), and these vectors have length 1",
            "save x, y, z as float32 (of colours: 2 * array / 255 - 1), or colours as a PNG")
    }

    /// Depth in metres from an array or a TIFF of floats or, in millimetres, from a grey PNG or TIFF of 16 bits; 0 where
    /// unknown, which is also what numbers become that are negative or not finite.
    package func depth() throws -> PixelMap {
        var map: PixelMap
        switch try contents() {
        case .array(let array):
            guard array.kind == .floatingPoint else {
                throw refusal(
                    "it is an array of \(array.kind.text), and depth in an array is metres",
                    "save metres as float32 (of millimetres: array / 1000), or millimetres as a PNG of 16 bits")
            }
            return Self.knownDepth(try self.map(of: array, channels: 1))
        case .tiff(let file):
            switch file.kind {
            case .floatingPoint: return Self.knownDepth(try file.numbers(channels: 1))
            case .unsigned(bits: 16): map = try file.map(channels: 1)
            case .unsigned, .signed:
                throw refusal(
                    "it is a TIFF of integers, but not of 16 bits, which depth in millimetres needs",
                    "save millimetres with 16 bits, or metres as float32")
            }
        case .flow: throw flowRefusal
        case .picture(let bytes):
            guard case .bits(16) = GreyDepth(bytes) else {
                throw refusal(
                    "it is no grey PNG of 16 bits, which depth in millimetres needs",
                    "save millimetres with 16 bits, or metres as a float32 array (.npy)")
            }
            map = try ImageFile.decodeFullRange(bytes, path: path)
        }
        for index in map.values.indices { map.values[index] /= 1000 }
        return map
    }

    /// `map` with 0 for depths that are none.
    static func knownDepth(_ map: PixelMap) -> PixelMap {
        var map = map
        for index in map.values.indices where !(map.values[index] > 0 && map.values[index].isFinite) {
            map.values[index] = 0
        }
        return map
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
    private enum Contents {
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

    private func contents() throws -> Contents {
        let bytes = try Datasets.contents(ofFile: path)
        if ImageFile.isPicture(bytes) {
            if orientation == .refused { try ImageFile.requireUpright(bytes, path: path, others: "pictures") }
            return .picture(bytes)
        }
        if TIFFFile.isStart(bytes) { return .tiff(try TIFFFile(bytes, path: path)) }
        if bytes.starts(with: FlowFile.signature) { return .flow(try FlowFile.decode(bytes, path: path)) }
        if let refusal = refusal(ofForeign: bytes) { throw refusal }
        let name = path.lowercased()
        if bytes.starts(with: ZipArchive.signature) || name.hasSuffix(".npz") {
            return .array(try NumPyArray(archive: bytes, name: arrayName, path: path))
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
        case .mat5, .mat4: array = "scipy.io.loadmat(FILE)['NAME']"
        case .hdf5: array = "h5py.File(FILE)['NAME'][()]"
        default: return nil
        }
        return refusal(
            "it is \(content.name), and labels of one's own are pictures or arrays of NumPy",
            "save its array: numpy.save(OTHER, \(array))")
    }

    private func levels(of bytes: [UInt8], channels: Int, _ value: (Float) -> Float) throws -> PixelMap {
        let file = try ImageFile.decode(bytes, path: path)
        guard file.channels == channels else { throw wrongColors(of: file.channels, channels: channels) }
        return PixelMap(
            height: file.height, width: file.width, channels: channels, values: file.bytes.map { value(Float($0)) })
    }

    private func levels(of file: TIFFFile, channels: Int, _ value: (Float) -> Float) throws -> PixelMap {
        guard file.channels - file.alphaChannels == channels, !file.hasPalette else {
            throw wrongColors(of: file.hasPalette ? 3 : file.channels, channels: channels)
        }
        var map = try file.map(channels: channels)
        for index in map.values.indices { map.values[index] = value(map.values[index]) }
        return map
    }

    private func wrongColors(of count: Int, channels: Int) -> DataFileError {
        let remedy =
            switch channels {
            case 1: "save it as a grey PNG"
            case 3: "save x, y, z or the three channels as red, green, blue"
            default: "save height x width x \(channels) numbers (.npy)"
            }
        return refusal(count == 1 ? "it is a picture without colours" : "it is a picture in colour", remedy)
    }

    private func map(of array: NumPyArray, channels: Int) throws -> PixelMap {
        let isMap = array.shape.count == 2 && channels == 1
        guard isMap || (array.shape.count == 3 && array.shape[2] == channels) else {
            throw refusal(
                "its shape is \(array.shape)",
                channels == 1 ? "save height x width numbers" : "save height x width x \(channels) numbers")
        }
        return PixelMap(height: array.shape[0], width: array.shape[1], channels: channels, values: array.values)
    }

    private var flowRefusal: DataFileError {
        refusal("it is an optical flow (.flo), and no label of this task", "check which task it belongs to")
    }

    func refusal(_ problem: String, _ remedy: String) -> DataFileError {
        DataFileError(path: path, problem: problem, remedy: remedy)
    }
}

extension NumPyArray.NumberKind {
    /// What the numbers are, as part of a sentence.
    fileprivate var text: String {
        switch self {
        case .boolean: "true and false"
        case .integer: "integers"
        case .floatingPoint: "fractions"
        }
    }
}

extension Float {
    /// A whole number without a fraction.
    fileprivate var text: String {
        Int(exactly: self).map(String.init) ?? "\(self)"
    }
}
