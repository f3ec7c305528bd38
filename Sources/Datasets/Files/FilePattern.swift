/// Where the files of samples are: a path below the folder of a data set, with named parts in braces.
///
///     images/{id}.jpg
///     gtFine/{split}/{city}/{name}_gtFine_labelIds.png
///     nyu_depth_v2_labeled.mat:/depths[{index}]
///
/// `{id}` stands for any text, slashes too, and every other part for text without slashes; where a part comes twice, it is
/// the same text. What follows `:/` is an array in a file that holds several, and in brackets the number of the map that is
/// meant: `[{index}]` counts from 0, `[{index}-1]` is for numbers that count from 1.
package struct FilePattern: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case text([UInt8])
        case part(String)
    }

    /// The number of a map in an array of several.
    struct Index: Sendable, Hashable {
        let part: String
        /// The number of the first map, 0 or 1.
        let first: Int
    }

    /// What is wrong with a text, to follow the name of its key.
    package struct Problem: Error, Equatable {
        package let sentence: String
    }

    /// Its parts by their names.
    package typealias Parts = [String: String]

    /// As it was written.
    package let text: String
    private let path: [Piece]
    private let array: [Piece]?
    private let index: Index?

    private static let mostParts = 12

    /// - Throws: ``Problem``.
    package init(_ text: String) throws(Problem) {
        self.text = text
        var file = Substring(text)
        var rest: Substring?
        if let mark = text.firstRange(of: ":/") {
            (file, rest) = (text[..<mark.lowerBound], text[mark.upperBound...])
        }
        var index: Index?
        if let given = rest, given.hasSuffix("]"), let bracket = given.lastIndex(of: "[") {
            index = try Self.index(given[bracket...])
            rest = given[..<bracket]
        }
        self.index = index
        path = try Self.pieces(file)
        array = try rest.map { rest throws(Problem) in try Self.pieces(rest) }
        guard !file.isEmpty else { throw Problem(sentence: "names no file") }
        guard !file.hasPrefix("/"), !file.split(separator: "/").contains("..") else {
            throw Problem(sentence: "leads out of the folder; write a path below data.root")
        }
        guard rest != "" || index != nil else {
            throw Problem(sentence: "names no array behind :/; write FILE:/NAME, or FILE:/[{index}] for the only one")
        }
        guard (path + (array ?? [])).count <= Self.mostParts else {
            throw Problem(sentence: "has more than \(Self.mostParts) parts and texts between them")
        }
    }

    private static func index(_ text: Substring) throws(Problem) -> Index {
        let inner = text.dropFirst().dropLast().filter { $0 != " " }
        let first = inner.hasSuffix("}-1") ? 1 : 0
        let braced = first == 1 ? inner.dropLast(2) : Substring(inner)
        if case let pieces = try pieces(braced), pieces.count == 1, case .part(let name) = pieces[0] {
            return Index(part: name, first: first)
        }
        throw Problem(
            sentence: "has \(text) for a number in an array; write [{index}], or [{index}-1] where lists count from 1")
    }

    private static func pieces(_ text: Substring) throws(Problem) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text
        while !rest.isEmpty {
            let plain = rest.prefix { $0 != "{" && $0 != "}" }
            if !plain.isEmpty { pieces.append(.text(Array(plain.utf8))) }
            rest = rest[plain.endIndex...]
            guard let brace = rest.first else { break }
            guard brace == "{", let end = rest.firstIndex(of: "}") else {
                throw Problem(sentence: "has a brace without its other one; a part is written {name}")
            }
            let name = rest[rest.index(after: rest.startIndex)..<end]
            guard isPartName(name) else {
                throw Problem(sentence: "has the part {\(name)}; a part's name is made of letters, digits and _")
            }
            if case .part(let before) = pieces.last {
                throw Problem(
                    sentence:
                        "has {\(before)} and {\(name)} side by side, which nothing tells apart; put text between them")
            }
            pieces.append(.part(String(name)))
            rest = rest[rest.index(after: end)...]
        }
        return pieces
    }

    private static func isPartName(_ name: Substring) -> Bool {
        (1...40).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_")
            }
    }

    /// The names of the parts, each once, in the order of the text.
    package var partNames: [String] {
        var names: [String] = []
        for case .part(let name) in path + (array ?? []) + (index.map { [.part($0.part)] } ?? [])
        where !names.contains(name) {
            names.append(name)
        }
        return names
    }

    /// Whether the files themselves are told apart, and not maps in one file.
    var hasPartsInPath: Bool { path.contains { if case .part = $0 { true } else { false } } }

    /// Whether a map out of an array of several is meant.
    package var hasIndex: Bool { index != nil }

    // MARK: from parts to files

    /// The path that `parts` give, relative to the data set's folder.
    func path(_ parts: Parts) -> String { Self.text(path, parts) }

    /// The file, and what of it is meant.
    ///
    /// - Throws: ``DataFileError`` where the part that stands for a number is none.
    func place(_ parts: Parts, in root: String, order: [ArrayAxis]?) throws -> StoredPlace {
        var place = StoredPlace(root + "/" + path(parts))
        place.order = order
        if let array { place.array = Self.text(array, parts) }
        if let index {
            guard let number = Int(parts[index.part]!), number >= index.first else {
                throw DataFileError(
                    path: place.path,
                    problem: "{\(index.part)} is \(printable(parts[index.part]!)), which is no number "
                        + "from \(index.first) on", remedy: "write such numbers in the list, or correct data.files")
            }
            place.index = number - index.first
        }
        return place
    }

    private static func text(_ pieces: [Piece], _ parts: Parts) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let bytes): String(decoding: bytes, as: UTF8.self)
            case .part(let name): parts[name]!
            }
        }.joined()
    }

    // MARK: from paths to parts

    /// What a path's parts are.
    enum Match: Equatable {
        case none
        case one(Parts)
        /// More than one reading, of which these are two.
        case several(Parts, Parts)
    }

    /// The parts of a path, relative to the data set's folder.
    func match(_ path: String) -> Match { Self.match(self.path[...], path) }

    /// The same of a path of which the folders before are left out. All parts are in what is there.
    func matchEnd(_ path: String) -> Match {
        for start in self.path.indices {
            guard case .text(let bytes) = self.path[start], let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
                continue
            }
            let end = Array(bytes[(slash + 1)...])
            let pieces = (end.isEmpty ? [] : [Piece.text(end)]) + self.path[(start + 1)...]
            let match = Self.match(pieces[...], path)
            if case .one(let parts) = match, Set(parts.keys) != Set(partNames) { continue }
            if match != .none { return match }
        }
        return .none
    }

    private static func match(_ pieces: ArraySlice<Piece>, _ path: String) -> Match {
        var search = PatternSearch(path: Array(path.utf8))
        search.run(pieces, from: 0, [:])
        func parts(_ found: [String: Range<Int>]) -> Parts {
            found.mapValues { String(decoding: search.path[$0], as: UTF8.self) }
        }
        return switch search.found.count {
        case 0: .none
        case 1: .one(parts(search.found[0]))
        default: .several(parts(search.found[0]), parts(search.found[1]))
        }
    }
}

/// All readings of a path by a pattern, until there are two.
private struct PatternSearch {
    let path: [UInt8]
    private(set) var found: [[String: Range<Int>]] = []
    /// No path of a data set needs as much.
    private var steps = 1 << 16

    init(path: [UInt8]) { self.path = path }

    mutating func run(_ pieces: ArraySlice<FilePattern.Piece>, from start: Int, _ bound: [String: Range<Int>]) {
        guard found.count < 2, steps > 0 else { return }
        steps -= 1
        guard let piece = pieces.first else {
            if start == path.count { found.append(bound) }
            return
        }
        let rest = pieces.dropFirst()
        switch piece {
        case .text(let bytes):
            if path[start...].starts(with: bytes) { run(rest, from: start + bytes.count, bound) }
        case .part(let name):
            if let known = bound[name] {
                if path[start...].starts(with: path[known]) { run(rest, from: start + known.count, bound) }
                return
            }
            let slash = name == "id" ? nil : path[start...].firstIndex(of: UInt8(ascii: "/"))
            let limit = slash ?? path.count
            guard start < limit else { return }
            for end in rest.isEmpty ? [limit] : Array(start + 1...limit) {
                if case .text(let next) = rest.first, !path[end...].starts(with: next) { continue }
                var bound = bound
                bound[name] = start..<end
                run(rest, from: end, bound)
            }
        }
    }
}
