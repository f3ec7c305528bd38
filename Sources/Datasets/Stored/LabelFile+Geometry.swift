extension LabelFile {
    // MARK: directions

    /// Vectors: colours v as 2 v / 255 - 1 (of 16 bits as 2 v / 65535 - 1), or an array's or TIFF's numbers; 0, 0, 0 where
    /// one is not finite.
    ///
    /// - Parameter task: whose `encoding` says otherwise.
    package func vectors(of task: LearningTask? = nil) throws -> PixelMap {
        var map: PixelMap
        let contents = try contents()
        let encoding = task?.labels.encoding
        if let largest = encoding?.largest {
            map = try vectors(of: contents, largest: largest)
        } else {
            switch contents {
            case .array(let array):
                guard array.kind == .floatingPoint else { throw integerVectors(array.kind, task) }
                map = try self.map(of: array, channels: 3)
            case .tiff(let file):
                if let largest = file.largestLevel {
                    guard encoding == nil else { throw levelsAsFractions }
                    map = try levels(of: file, channels: 3) { 2 * $0 / largest - 1 }
                } else {
                    guard file.kind == .floatingPoint else { throw integerVectors(.integer, task) }
                    map = try file.numbers(channels: 3)
                }
            case .flow: throw flowRefusal
            case .picture(let bytes):
                guard encoding == nil else { throw levelsAsFractions }
                return try levels(of: bytes, channels: 3) { 2 * $0 / 255 - 1 }
            }
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
    /// - Parameter task: whose convention says what numbers stand for and where they point.
    /// - Throws: ``DataFileError`` also where more than one in twenty is outside of these bounds, or more than half is off
    ///   by more than a fifth.
    package func unitVectors(of task: LearningTask? = nil) throws -> PixelMap {
        var map = try vectors(of: task)
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
            // Numbers from 0 to 255 are no longer than 442.
            let encoding = mean > 450 ? "unsigned16" : mean > 2.5 ? "unsigned" : nil
            let line = task.flatMap { task in
                task.labels.encoding == nil
                    ? encoding.map { "write tasks.\(task.name).labels: {encoding: \($0)}, or " } : nil
            }
            throw refusal(
                "\(100 * inexact / known) % of its vectors are not of length 1 (on average "
                    + "\((mean * 100).rounded() / 100))",
                (line ?? "")
                    + (mean > 2.5 || (1.05...1.45).contains(mean)
                        ? "save x, y, z from -1 to 1, of colours from 0 to 255 as 2 * array / 255 - 1, of 0 to 1 as "
                            + "2 * array - 1" : "divide each by its length, and save 0, 0, 0 where it is unknown"))
        }
        guard let axes = task?.labels.axes, axes != Axis.standard else { return map }
        for pixel in stride(from: 0, to: map.values.count, by: 3) {
            let stored = Array(map.values[pixel..<pixel + 3])
            for (place, axis) in axes.enumerated() { map.values[pixel + axis.index] = axis.sign * stored[place] }
        }
        return map
    }

    /// Vectors whose numbers from 0 to `largest` stand for -1 … 1; those that are not finite stay so.
    private func vectors(of contents: Contents, largest: Float) throws -> PixelMap {
        var map: PixelMap
        switch contents {
        case .array(let array): map = try self.map(of: array, channels: 3)
        case .tiff(let file): map = try file.numbers(channels: 3)
        case .flow: throw flowRefusal
        case .picture(let bytes):
            guard largest > 255 else { return try levels(of: bytes, channels: 3) { 2 * $0 / 255 - 1 } }
            // The number of bits of a PNG follows its size.
            guard !ImageFile.isJPEG(bytes), bytes.count > 24, bytes[24] == 16 else {
                throw refusal(
                    "it is no PNG of 16 bits, which labels.encoding: unsigned16 says",
                    "write unsigned there if all files are like this one")
            }
            map = try ImageFile.decodeFullRange(bytes, path: path)
            guard map.channels == 3 else { throw wrongColors(of: map.channels, channels: 3) }
        }
        for index in map.values.indices {
            let number = map.values[index]
            guard !number.isFinite || (0...largest).contains(number) else {
                throw refusal(
                    "it has the number \(number.text), and by labels.encoding its numbers are from 0 to \(largest.text)",
                    "write float there for -1 to 1, unsigned for 0 to 255 or unsigned16 for 0 to 65535")
            }
            map.values[index] = 2 * number / largest - 1
        }
        return map
    }

    private var levelsAsFractions: DataFileError {
        refusal(
            "it is a picture, whose levels are no numbers from -1 to 1 as labels.encoding: float says",
            "leave encoding out, which reads pictures and fractions alike")
    }

    private func integerVectors(_ kind: NumPyArray.NumberKind, _ task: LearningTask?) -> DataFileError {
        refusal(
            "its numbers are \(kind.text), and these vectors have length 1",
            (task.map {
                "write tasks.\($0.name).labels: {encoding: unsigned} for 0 to 255 (unsigned16 for 0 to 65535), or "
            }
                ?? "") + "save x, y, z as float32 (of colours: 2 * array / 255 - 1), or colours as a PNG")
    }

    // MARK: distances

    /// Depth in metres from an array or a TIFF of floats or, in millimetres, from a grey PNG or TIFF of 16 bits; 0 where
    /// unknown, which is also what numbers become that are negative or not finite. Infinite ones are counted as strange, and
    /// negative ones where they are several: one alone, such as -1, is how some data sets write unknown.
    ///
    /// - Parameter task: whose convention says otherwise.
    package func depth(of task: LearningTask? = nil) throws -> PixelMap {
        let convention = task?.labels ?? LabelConvention()
        let (map, unit) = try steps(of: task, convention)
        let largest = Float(convention.largest ?? .infinity)
        var metres = map
        var (infinite, negative) = (0, 0)
        var mark: Float?
        var hasOneMark = true
        for index in metres.values.indices {
            let stored = metres.values[index]
            if stored.isInfinite {
                infinite += 1
            } else if stored < 0 {
                negative += 1
                if let mark, mark != stored { hasOneMark = false }
                mark = stored
            }
            let number = (Double(stored) - convention.offset) * unit
            let value = Float(convention.isInverse ? 1 / number : number)
            let isKnown = number > 0 && value > 0 && value.isFinite && value <= largest
            metres.values[index] = isKnown ? value : 0
        }
        metres.strangeCount = infinite + (hasOneMark ? 0 : negative)
        return metres
    }

    /// The numbers of a file of depths, and what 1 stands for: metres, or one by metres.
    private func steps(of task: LearningTask?, _ convention: LabelConvention) throws -> (PixelMap, unit: Double) {
        func refusal(_ problem: String, _ remedy: String) -> DataFileError {
            let line = task.map { task in
                "say how many metres a step is, as tasks.\(task.name).labels: {unit: 0.001}, or "
            }
            return self.refusal(problem, (line ?? "") + remedy)
        }
        let map: PixelMap
        switch try contents() {
        case .array(let array):
            guard array.kind == .floatingPoint || (array.kind == .integer && convention.unit != nil) else {
                throw refusal(
                    "it is an array of \(array.kind.text), and depth in an array is metres",
                    "save metres as float32 (of millimetres: array / 1000), or millimetres as a PNG of 16 bits")
            }
            return (try self.map(of: array, channels: 1), convention.unit ?? 1)
        case .tiff(let file):
            if file.kind == .floatingPoint || convention.unit != nil {
                return (try file.numbers(channels: 1), convention.unit ?? 1)
            }
            guard case .unsigned(bits: 16) = file.kind else {
                throw refusal(
                    "it is a TIFF of integers, but not of 16 bits, which depth in millimetres needs",
                    "save millimetres with 16 bits, or metres as float32")
            }
            map = try file.numbers(channels: 1)
        case .flow: throw flowRefusal
        case .picture(let bytes):
            switch GreyDepth(bytes) {
            case .bits(16): break
            case .bits(8) where convention.unit != nil: break
            case .bits, .other:
                throw refusal(
                    "it is no grey PNG of 16 bits, which depth in millimetres needs",
                    "save millimetres with 16 bits, or metres as a float32 array (.npy)")
            }
            map = try ImageFile.decodeFullRange(bytes, path: path)
        }
        guard convention.unit != nil || !convention.isInverse else {
            throw self.refusal(
                "its numbers are integers, and labels.inverse does not say what a step is",
                "write unit beside it: one by metres that a step stands for")
        }
        return (map, convention.unit ?? 0.001)
    }

    /// `map` with 0 for depths that are none.
    static func knownDepth(_ map: PixelMap) -> PixelMap {
        var map = map
        for index in map.values.indices where !(map.values[index] > 0 && map.values[index].isFinite) {
            map.values[index] = 0
        }
        return map
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
