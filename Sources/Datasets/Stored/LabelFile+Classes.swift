extension LabelFile {
    /// Class indices as they are stored: of a palette PNG or TIFF its indices, of a grey one of any depth its values, of
    /// an array its numbers.
    package func indices() throws -> PixelMap { try indices(of: contents()) }

    /// - Parameter way: what else may be done with a picture in colour.
    func indices(of contents: Contents, orWithColours way: String = "") throws -> PixelMap {
        let picture: [UInt8]
        switch contents {
        case .array(let array): return try map(of: array, channels: 1)
        case .tiff(let file): return try file.numbers(channels: 1)
        case .flow: throw flowRefusal
        case .picture(let bytes):
            guard !ImageFile.isJPEG(bytes) else { throw lossyClasses }
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
            throw refusal(
                "it is a picture in colour, not a map of classes", "save the class indices as a grey PNG\(way)")
        }
        return map
    }

    private var lossyClasses: DataFileError {
        refusal(
            "it is a JPEG, whatever it is called, and JPEG changes the numbers of classes",
            "save it as PNG again from what the JPEG was made of")
    }

    /// The classes of a user's own file.
    func classes(of task: LearningTask, names: [String]) throws -> PixelMap {
        let convention = task.labels
        let key = "tasks.\(task.name).labels"
        if let table = convention.colours {
            return try map(colours(), by: ClassLookup(table.classes(names: names)), convention) { code in
                let colour = "[\(code >> 16), \(code >> 8 & 255), \(code & 255)]"
                return (
                    "has the colour \(colour), which \(key).colours does not list",
                    "add it there, or write other: ignore beside colours if such pixels are unknown"
                )
            }
        }
        let contents = try contents()
        // What a TIFF says is none.
        let hasNone = if case .tiff(let file) = contents { file.unknown != nil } else { false }
        let stored = try indices(
            of: contents,
            orWithColours: ", or name the colour of each class, as \(key): {colours: {road: [128, 64, 128]}}")
        var classes =
            convention.map?.classes(count: names.count)
            ?? Dictionary(uniqueKeysWithValues: names.indices.map { ($0, $0) })
        let unknown = Int(task.unknownLabel)
        // Unless it is a class, 255 is unknown everywhere.
        classes[unknown] = classes[unknown] ?? unknown
        for number in convention.ignored { classes[number] = unknown }
        return try map(stored, by: ClassLookup(classes), convention, hasNone: hasNone) { number in
            guard convention.map == nil else {
                return (
                    "has the number \(number), which \(key).map does not list",
                    "add it there, or write ignore: [\(number)] beside map if it means unknown, or other: ignore"
                )
            }
            return (
                "has the class \(number); classes are 0 to \(names.count - 1), and 255 where unknown",
                "write \(key): {ignore: [\(number)]} if it means unknown, or say with a map there which number is which "
                    + "class, or correct the file"
            )
        }
    }

    /// The colours of a file, as one number for each.
    private func colours() throws -> PixelMap {
        let map: PixelMap
        switch try contents() {
        case .array(let array): map = try self.map(of: array, channels: 3)
        case .tiff(let file):
            guard !file.hasPalette else {
                throw refusal("it is a TIFF with a palette, whose colours are not read", "save it as PNG")
            }
            map = try file.map(channels: 3)
        case .flow: throw flowRefusal
        case .picture(let bytes):
            guard !ImageFile.isJPEG(bytes) else { throw lossyClasses }
            map = try ImageFile.decode(bytes, path: path).rgbMap
        }
        let codes = stride(from: 0, to: map.values.count, by: 3).map { pixel -> Float in
            let colour = map.values[pixel..<pixel + 3]
            // What is no byte is no colour: below all that there are.
            guard colour.allSatisfy({ (0...255).contains($0) && $0 == $0.rounded(.down) }) else { return -1 }
            return colour.reduce(0) { $0 * 256 + $1 }
        }
        if let wrong = codes.firstIndex(of: -1) {
            throw refusal(
                "row \(wrong / map.width), column \(wrong % map.width) has no colour of three numbers from 0 to 255",
                "save red, green and blue as bytes")
        }
        return PixelMap(height: map.height, width: map.width, channels: 1, values: codes)
    }

    /// `stored` with the class of each number.
    ///
    /// - Parameter hasNone: whether NaN stands for unknown.
    private func map(
        _ stored: PixelMap, by lookup: ClassLookup, _ convention: LabelConvention, hasNone: Bool = false,
        refusal sentence: (Int) -> (problem: String, remedy: String)
    ) throws -> PixelMap {
        var map = stored
        // Most pixels are as their neighbours.
        var last: (number: Float, known: Float?) = (.nan, nil)
        for index in map.values.indices {
            let number = map.values[index]
            if number.isNaN, hasNone || convention.others == .ignore {
                map.values[index] = TaskKind.classes.unknownLabel
                continue
            }
            if number != last.number { last = (number, lookup[number]) }
            if let known = last.known {
                map.values[index] = known
                continue
            }
            func place() -> String { "row \(index / stored.width), column \(index % stored.width)" }
            let whole = Int(exactly: number)
            // A fraction is no number of anything; one that is not a number may well mean unknown.
            guard whole != nil || (number.isNaN && convention.others == .ignore) else {
                throw refusal("\(place()) has \(number), which is no number of a class", "save whole numbers")
            }
            if let whole, convention.others == .refuse {
                let (problem, remedy) = sentence(whole)
                throw refusal("\(place()) \(problem)", remedy)
            }
            map.values[index] = TaskKind.classes.unknownLabel
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
}

/// The class of each number of a file.
private struct ClassLookup {
    /// Of the numbers from `least` on; NaN for those that have none.
    private var classes: [Float] = []
    private var least = 0
    /// Where numbers are spread too widely for a list.
    private var spread: [Int: Float] = [:]

    init(_ table: [Int: Int]) {
        guard let least = table.keys.min(), let greatest = table.keys.max() else { return }
        guard greatest - least < 1 << 17 else {
            spread = table.mapValues { Float($0) }
            return
        }
        self.least = least
        classes = [Float](repeating: .nan, count: greatest - least + 1)
        for (number, index) in table { classes[number - least] = Float(index) }
    }

    /// Nil for what has none.
    subscript(_ number: Float) -> Float? {
        guard let whole = Int(exactly: number) else { return nil }
        guard spread.isEmpty else { return spread[whole] }
        let place = whole - least
        return classes.indices.contains(place) && !classes[place].isNaN ? classes[place] : nil
    }
}
