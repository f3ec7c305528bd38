import Foundation

/// The files of a folder by their names without extension: where the picture or the labels of a sample are.
///
/// A name may lead into folders below. It means a file whose extension is written in capitals too, and one whose name
/// has the same letters in another of Unicode's normal forms, as copies between systems make them.
struct NamedFiles: Sendable {
    /// What was found for a name.
    enum Finding: Equatable {
        case one(path: String)
        /// More than one file that could be meant; sorted.
        case several(paths: [String])
        case none
    }

    private let folder: String
    /// In lower case, the most usual first.
    private let extensions: [String]
    /// Whether a folder of a sample's name is meant by it, too.
    private let takesFolders: Bool
    /// Paths in the folder by what they are without extension. Texts that differ in normal form alone are one key.
    private let files: [String: [String]]
    /// The keys of `files` in small letters, and those that are numbers; empty while nothing is missing.
    private var smallNames: [String: String] = [:]
    private var numbers: [Int: String] = [:]

    /// Lists what may be meant by `names` in `folder`; a folder that is missing holds nothing.
    /// - Parameters:
    ///   - extensions: those that are read, in lower case, the most usual first.
    ///   - takesFolders: whether a folder of a sample's name is read, too.
    init(_ folder: String, for names: [String], extensions: [String], folders takesFolders: Bool = false) {
        self.takesFolders = takesFolders
        self.folder = folder
        self.extensions = extensions
        var files: [String: [String]] = [:]
        for parent in Set(names.map(Self.parent) + [""]) {
            let found = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(parent)")) ?? []
            for name in found where !name.hasPrefix(".") {
                files[parent + Self.stem(name), default: []].append(parent + name)
            }
        }
        self.files = files
        guard names.contains(where: { files[$0] == nil }) else { return }
        for name in files.keys.sorted(by: >) {
            smallNames[name.lowercased()] = name
            if let number = Int(name) { numbers[number] = name }
        }
    }

    /// What is there for `name`.
    func find(_ name: String) -> Finding {
        let found = (files[name] ?? []).filter { extensions.contains(Self.extension($0)) || isFolder($0) }.sorted()
        return switch found.count {
        case 0: .none
        case 1: .one(path: "\(folder)/\(found[0])")
        default: .several(paths: found.map { "\(folder)/\($0)" })
        }
    }

    private func isFolder(_ path: String) -> Bool {
        guard takesFolders, Self.extension(path).isEmpty else { return false }
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder) && isFolder.boolValue
    }

    /// The path at which something is found for `name`, or would be looked for first.
    func path(_ name: String) -> String {
        switch find(name) {
        case .one(let path): path
        case .several(let paths): paths[0]
        case .none: "\(folder)/\(name).\(extensions[0])"
        }
    }

    /// The file that is there for `name`.
    /// - Parameter what: what it is, as in "a sample has one picture".
    /// - Throws: ``DataFileError`` where there is none, with what may have been meant, or more than one.
    func file(_ name: String, as what: String) throws -> String {
        switch find(name) {
        case .one(let path): return path
        case .several(let paths):
            throw DataFileError(
                path: paths[0],
                problem: "\(paths[1...].joined(separator: ", ")) is there as well, and a sample has one \(what)",
                remedy: "remove all but the one that is meant")
        case .none:
            throw DataFileError(
                path: path(name), problem: "the \(what) is missing",
                remedy: hint(for: name) ?? "fetch it, or take the sample off the list")
        }
    }

    /// What may have been meant by a name that nothing was found for, as the end of a sentence; nil where nothing is
    /// alike.
    private func hint(for name: String) -> String? {
        if let other = files[name]?.min() {
            let read = extensions.map { "." + $0 }.joined(separator: ", ")
            return "there is \(other), which is not of a kind that is read here (\(read))"
        }
        if let there = thing(called: name) {
            return "there is \(files[there]!.min()!): write the name without extension in the list, as \(there)"
        }
        let columns = name.split { $0.isWhitespace || $0 == "," || $0 == ";" }.map(String.init)
        if columns.count > 1, let there = thing(called: Self.last(columns[0])) {
            return "the list has several columns: write one name a line, as \(there)"
        }
        if let there = thing(called: Self.last(name)) {
            return
                "there is \(files[there]!.min()!): write the name without folder and extension in the list, as \(there)"
        }
        let alike = smallNames[name.lowercased()] ?? Int(name).flatMap { numbers[$0] }
        return alike.map { "there is \(files[$0]!.min()!): write the name as it is there in the list, as \($0)" }
    }

    /// The key of files that are called `name`, or so without extension.
    private func thing(called name: String) -> String? {
        [name, Self.parent(name) + Self.stem(Self.last(name))].first { files[$0] != nil }
    }

    // MARK: names

    /// The folders of a path, with a slash behind the last; empty where there is none.
    private static func parent(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    private static func last(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// A file's name without its extension.
    private static func stem(_ name: String) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }

    private static func `extension`(_ name: String) -> String {
        name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
    }
}
