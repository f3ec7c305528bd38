import Foundation

/// The files below a folder that a path with wildcards means: `*` stands for any text within one name, and `**` in the place
/// of a name for any folders, none too, or, at the end, for all files at any depth.
///
/// Names that begin with a dot are passed over, unless they are written out. Links to folders are followed.
struct FileGlob {
    private let root: String
    private var paths: [String] = []
    /// No data set is deeper, and a link may lead back to where it is.
    private static let mostFolders = 32

    /// Paths relative to `root`, each once, sorted by their bytes.
    static func paths(_ glob: String, in root: String) -> [String] {
        var search = FileGlob(root: root)
        search.look(in: "", glob.split(separator: "/").map(String.init)[...], depth: 0)
        return Set(search.paths).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private init(root: String) { self.root = root }

    /// - Parameter folder: relative to the root, with a slash behind it unless it is the root.
    private mutating func look(in folder: String, _ names: ArraySlice<String>, depth: Int) {
        guard let name = names.first, depth < Self.mostFolders else { return }
        let rest = names.dropFirst()
        let isLast = rest.isEmpty
        if name == "**" {
            if !isLast { look(in: folder, rest, depth: depth) }
            for entry in entries(of: folder) {
                if entry.isFolder {
                    look(in: folder + entry.name + "/", names, depth: depth + 1)
                } else if isLast {
                    paths.append(folder + entry.name)
                }
            }
        } else if name.contains("*") {
            for entry in entries(of: folder) where Self.matches(entry.name, name) && entry.isFolder != isLast {
                if isLast {
                    paths.append(folder + entry.name)
                } else {
                    look(in: folder + entry.name + "/", rest, depth: depth + 1)
                }
            }
        } else if isLast {
            if FileManager.default.fileExists(atPath: "\(root)/\(folder)\(name)") { paths.append(folder + name) }
        } else {
            look(in: folder + name + "/", rest, depth: depth + 1)
        }
    }

    private func entries(of folder: String) -> [(name: String, isFolder: Bool)] {
        guard let directory = opendir("\(root)/\(folder)") else { return [] }
        defer { closedir(directory) }
        var entries: [(name: String, isFolder: Bool)] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            switch Int(entry.pointee.d_type) {
            case Int(DT_DIR): entries.append((name, true))
            case Int(DT_REG): entries.append((name, false))
            default:
                var status = stat()
                guard stat("\(root)/\(folder)\(name)", &status) == 0 else { continue }
                entries.append((name, status.st_mode & S_IFMT == S_IFDIR))
            }
        }
        return entries
    }

    /// Whether a name is what a name with stars means.
    private static func matches(_ name: String, _ pattern: String) -> Bool {
        let parts = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
        var rest = Array(name.utf8)[...]
        guard rest.starts(with: parts[0]) else { return false }
        rest = rest.dropFirst(parts[0].count)
        for part in parts.dropFirst().dropLast() {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.count >= parts.last!.count && rest.suffix(parts.last!.count).elementsEqual(parts.last!)
    }
}
