import Foundation

/// Which samples `data.files` trains or validates on: a list, or a path with wildcards.
///
/// A line of a list is what stands for the one part of the picture's pattern, or the path of the picture: the whole of it
/// below the data set's folder, with other folders before, or its end. Of several columns the first one counts. Which of
/// these is meant shows by the file that is there.
struct FileList {
    private let root: String
    private let image: FilePattern

    init(root: String, image: FilePattern) {
        (self.root, self.image) = (root, image)
    }

    /// The parts of the samples, in the order of the list; of wildcards in that of the paths' bytes.
    ///
    /// - Parameter list: a path below the root: of a text, of numbers as `splits.mat:/trainNdxs`, or with wildcards.
    /// - Throws: ``DataFileError`` where it cannot be read, is empty, or has a line that means no picture or more than one.
    func samples(_ list: String) throws -> [FilePattern.Parts] {
        if list.contains("*") { return try found(by: list) }
        let path = "\(root)/\(list)"
        if let mark = list.firstRange(of: ":/") {
            var place = StoredPlace("\(root)/\(list[..<mark.lowerBound])")
            place.array = String(list[mark.upperBound...])
            return try numbers(place)
        }
        return try NameList.read(path, ofFiles: false).enumerated().map { index, line in
            try parts(of: line, refusal: { DataFileError(path: path, problem: $0, remedy: $1) })
        }
    }

    private func found(by glob: String) throws -> [FilePattern.Parts] {
        let path = "\(root)/\(glob)"
        let files = FileGlob.paths(glob, in: root)
        guard !files.isEmpty else {
            throw DataFileError(
                path: path, problem: "there is no such file",
                remedy: "correct it, or name the data's folder with data.root")
        }
        return try files.map { file in
            switch image.match(file) {
            case .one(let parts): return parts
            case .several(let one, let other): throw ambiguous(file, one, other, path)
            case .none:
                throw DataFileError(
                    path: path, problem: "\(printable(file)) is found by it and does not match \(image.text)",
                    remedy: "write it so that it finds pictures alone, such as *.png at its end")
            }
        }
    }

    private func numbers(_ place: StoredPlace) throws -> [FilePattern.Parts] {
        func refusal(_ problem: String) -> DataFileError {
            DataFileError(
                path: place.description, problem: problem,
                remedy: "name an array of whole numbers, such as splits.mat:/trainNdxs")
        }
        guard image.partNames.count == 1 else {
            throw refusal("it is a list of numbers, and \(image.text) has \(image.partNames.count) parts")
        }
        let numbers = try place.numbers()
        guard !numbers.isEmpty else { throw refusal("it has no number") }
        return try numbers.map { number in
            guard let whole = Int(exactly: number), whole >= 0 else { throw refusal("it has \(number.text)") }
            return [image.partNames[0]: "\(whole)"]
        }
    }

    // MARK: lines

    private func parts(of line: String, refusal: (String, String) -> DataFileError) throws -> FilePattern.Parts {
        let columns = line.split { $0.isWhitespace || $0 == "," || $0 == ";" }.map(String.init)
        let readings = try [line, columns.first ?? line].map { try self.readings(of: $0, refusal) }
        guard image.hasPartsInPath, !image.hasIndex else {
            guard let only = readings[columns.count > 1 ? 1 : 0].first else { throw unmatched(line, refusal) }
            return only
        }
        for parts in readings.joined() where FileManager.default.fileExists(atPath: "\(root)/\(image.path(parts))") {
            return parts
        }
        // What is missing is told of each sample, unless it is not even clear what is meant.
        guard let first = readings.joined().first else { throw unmatched(line, refusal) }
        guard columns.count > 1 else { return first }
        throw refusal(
            "\(printable(line)) leads to no picture: \(image.path(readings[1].first ?? first)) is not there",
            "write one name or path a line, or correct data.files")
    }

    /// What a line or a column may mean, the likeliest first.
    private func readings(
        of text: String, _ refusal: (String, String) -> DataFileError
    ) throws -> [FilePattern.Parts] {
        var readings: [FilePattern.Parts] = []
        var path = Substring(text)
        while path.hasPrefix("/") || path.hasPrefix("./") { path = path.dropFirst(path.hasPrefix("/") ? 1 : 2) }
        let whole = path
        func add(_ match: FilePattern.Match) throws {
            switch match {
            case .none: break
            case .one(let parts): if !readings.contains(parts) { readings.append(parts) }
            case .several(let one, let other): throw ambiguous(text, one, other, nil)
            }
        }
        if image.hasPartsInPath {
            try add(image.match(String(path)))
            while let slash = path.firstIndex(of: "/") {
                path = path[path.index(after: slash)...]
                try add(image.match(String(path)))
            }
            try add(image.matchEnd(String(whole)))
        }
        let names = image.partNames
        if names.count == 1, names[0] == "id" || !whole.contains("/") { try add(.one([names[0]: String(whole)])) }
        return readings.filter { parts in
            parts.values.allSatisfy { !$0.isEmpty && !$0.split(separator: "/").contains("..") }
        }
    }

    private func unmatched(_ line: String, _ refusal: (String, String) -> DataFileError) -> DataFileError {
        refusal(
            "\(printable(line)) is no path of the pattern \(image.text)",
            "write such paths, one a line"
                + (image.partNames.count == 1 ? ", or what {\(image.partNames[0])} stands for" : ""))
    }

    private func ambiguous(
        _ text: String, _ one: FilePattern.Parts, _ other: FilePattern.Parts, _ path: String?
    ) -> DataFileError {
        let name = image.partNames.first { one[$0] != other[$0] }!
        return DataFileError(
            path: path ?? "data.files.image",
            problem: "in \(printable(text)), {\(name)} can be \(printable(one[name]!)) or \(printable(other[name]!))",
            remedy: "write the pattern with a folder or other text between its parts, or with fewer parts")
    }
}
