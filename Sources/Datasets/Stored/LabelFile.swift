/// A file with the labels of one picture, of the kinds that data sets come in: PNG, JPEG, `.npy` and `.mat`.
///
/// Every function gives a map as ``TaskKind`` describes it, and throws ``DataFileError`` for a file that is damaged
/// or holds something else.
struct LabelFile {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    private var isArray: Bool { path.hasSuffix(".npy") }

    /// A user's own labels of `task`, of which any kind can be asked for.
    ///
    /// - Parameter classes: how many classes there are; only kind `classes` looks at it.
    func map(of task: LearningTask, classes count: Int) throws -> PixelMap {
        switch task.kind {
        case .classes: try classes(count: count)
        case .score: try task.channels == 1 ? sharesOfNoSmallMask() : shares(channels: task.channels)
        case .direction: Self.unitVectors(try vectors())
        case .distance: try depth()
        case .value: try values(channels: task.channels)
        }
    }

    // MARK: classes

    /// Class indices as they are stored: of a palette PNG its indices, of a grey PNG of any depth its values, of an
    /// array its numbers.
    func indices() throws -> PixelMap {
        if isArray { return try array(channels: 1) }
        let grey = try GreyDepth(path)
        let map: PixelMap
        switch grey {
        case .bits(16):
            map = try ImageFile.readFullRange(path)
        case .bits(let bits):
            // Reading stretches fewer bits to 0 ... 255.
            let step = Float(255 / (1 << bits - 1))
            let file = try ImageFile.read(path)
            map = PixelMap(
                height: file.height, width: file.width, channels: file.channels,
                values: file.bytes.map { Float($0) / step })
        case .other:
            let file = try ImageFile.read(path, palette: .indices)
            map = PixelMap(
                height: file.height, width: file.width, channels: file.channels, values: file.bytes.map(Float.init))
        }
        guard map.channels == 1 else {
            throw refusal("it is a picture in colour, not a map of classes", "save the class indices as a grey PNG")
        }
        return map
    }

    /// `map`, read from this file, if its values are classes 0 ..< `count` or 255.
    func checkedClasses(_ map: PixelMap, count: Int) throws -> PixelMap {
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
    func classes(count: Int) throws -> PixelMap {
        try checkedClasses(indices(), count: count)
    }

    // MARK: numbers

    /// Numbers from 0 to 1: levels divided by 255, or an array's numbers, of which 255 stands for unknown.
    func shares(channels: Int = 1) throws -> PixelMap {
        if isArray {
            let map = try array(channels: channels)
            guard map.values.allSatisfy({ (0...1).contains($0) || $0 == 255 }) else {
                throw refusal("it holds numbers that are not from 0 to 1", "divide them by their largest")
            }
            return map
        }
        return try levels(channels: channels) { Float($0) / 255 }
    }

    /// Any real numbers, those that are not finite as NaN, which is unknown.
    func values(channels: Int) throws -> PixelMap {
        var map = try array(channels: channels)
        for index in map.values.indices where !map.values[index].isFinite { map.values[index] = .nan }
        return map
    }

    /// The same of a user's own file. To many programs a mask is 0 and 1, and 255 where unknown; as grey levels of a
    /// picture these would all be read as false, or the unknown ones as true.
    func sharesOfNoSmallMask() throws -> PixelMap {
        let map = try shares()
        guard !isArray else { return map }
        let level = map.values.first { $0 > 0 && $0 < 1 }
        let isMask = map.values.allSatisfy { $0 == 0 || $0 == 1 || $0 == level }
        // Levels of 16 bits may have been rounded to 0.
        guard isMask && (level != nil || !map.values.contains(1)) else { return map }
        let stored = try indices().values
        guard stored.contains(1), stored.allSatisfy({ $0 == 0 || $0 == 1 || $0 == 255 }) else { return map }
        throw refusal(
            "it is a mask of \(stored.contains(255) ? "0, 1 and 255" : "0 and 1"), and truth is above half of the largest "
                + "grey level",
            "save 0 and 255 for false and true, or an array (.npy) of 0 and 1, with 255 where unknown")
    }

    /// Vectors: colours v as 2 v / 255 - 1, or an array's numbers; 0, 0, 0 where one is not finite.
    func vectors() throws -> PixelMap {
        guard isArray else { return try levels(channels: 3) { 2 * Float($0) / 255 - 1 } }
        var map = try array(channels: 3)
        for pixel in stride(from: 0, to: map.values.count, by: 3)
        where !map.values[pixel..<pixel + 3].allSatisfy(\.isFinite) {
            for channel in 0..<3 { map.values[pixel + channel] = 0 }
        }
        return map
    }

    /// Vectors brought to unit length; those shorter than 0.5 or longer than 1.5 are unknown.
    static func unitVectors(_ map: PixelMap) -> PixelMap {
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

    /// Depth in metres from an array or, in millimetres, from a 16-bit PNG; 0 where unknown, which is also what
    /// numbers become that are negative or not finite.
    func depth() throws -> PixelMap {
        if isArray { return Self.knownDepth(try array(channels: 1)) }
        guard case .bits(16) = try GreyDepth(path) else {
            throw refusal(
                "it is no grey PNG of 16 bits, which depth in millimetres needs",
                "save millimetres with 16 bits, or metres as a float32 array (.npy)")
        }
        var map = try ImageFile.readFullRange(path)
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
                "check that the file is of this data set")
        }
        let values = MATNumericArray.rowMajor(array.values, rows: size.rows, columns: size.columns)
        return PixelMap(height: size.rows, width: size.columns, channels: 1, values: values.map(Float.init))
    }

    // MARK: files

    private func levels(channels: Int, _ value: (UInt8) -> Float) throws -> PixelMap {
        let file = try ImageFile.read(path)
        guard file.channels == channels else {
            let remedy =
                switch channels {
                case 1: "save it as a grey PNG"
                case 3: "save x, y, z or the three channels as red, green, blue"
                default: "save height x width x \(channels) numbers (.npy)"
                }
            throw refusal(
                file.channels == 1 ? "it is a picture without colours" : "it is a picture in colour", remedy)
        }
        return PixelMap(
            height: file.height, width: file.width, channels: channels, values: file.bytes.map(value))
    }

    private func array(channels: Int) throws -> PixelMap {
        let array = try NumPyArray(path)
        let isMap = array.shape.count == 2 && channels == 1
        guard isMap || (array.shape.count == 3 && array.shape[2] == channels) else {
            throw refusal(
                "its shape is \(array.shape)",
                channels == 1 ? "save height x width numbers" : "save height x width x \(channels) numbers")
        }
        return PixelMap(height: array.shape[0], width: array.shape[1], channels: channels, values: array.values)
    }

    func refusal(_ problem: String, _ remedy: String) -> DataFileError {
        DataFileError(path: path, problem: problem, remedy: remedy)
    }
}

/// How many bits a grey PNG has; what tells an index of 1 from a stretched level.
private enum GreyDepth {
    case bits(Int)
    /// In colour, with a palette, or no PNG.
    case other

    init(_ path: String) throws {
        let start = try contents(ofFile: path).prefix(26)
        let isGrey = start.count == 26 && start.starts(with: PNGFile.signature) && (start[25] == 0 || start[25] == 4)
        // A number of bits that no PNG has is left to the decoder to refuse.
        self = isGrey && [1, 2, 4, 8, 16].contains(start[24]) ? .bits(Int(start[24])) : .other
    }
}

extension Float {
    /// A whole number without a fraction.
    fileprivate var text: String {
        Int(exactly: self).map(String.init) ?? "\(self)"
    }
}
