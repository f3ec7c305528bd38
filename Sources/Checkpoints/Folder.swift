import Glibc

/// What the operating system does with folders, with errors that name the path.
package enum Folder {
    /// The names in the folder `path`, without `.` and `..`, sorted by their bytes.
    package static func names(in path: String) throws(FileSystemError) -> [String] {
        guard let stream = opendir(path) else { throw FileSystemError(.list, path) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw FileSystemError(.list, path) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether something is at `path`; what cannot be looked at counts as absent.
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Makes the folder `path` and those above it that are missing, and synchronizes each into the one above.
    package static func create(_ path: String) throws(FileSystemError) {
        guard mkdir(path, 0o777) != 0 else { return try synchronize(split(path).folder) }
        let code = errno
        var status = stat()
        if code == EEXIST && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR { return }
        let parent = split(path).folder
        guard code == ENOENT && parent != path else { throw FileSystemError(.write, path, code: code) }
        try create(parent)
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw FileSystemError(.write, path) }
        try synchronize(parent)
    }

    /// Makes the disk hold the names in the folder `path`.
    static func synchronize(_ path: String) throws(FileSystemError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileSystemError(.write, path) }
        defer { close(descriptor) }
        // Some network file systems cannot synchronize a folder and say EINVAL; they have no more to give.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileSystemError(.write, path) }
    }

    /// Removes the file, link or folder at `path` with all it holds, without following links. Absence is no error.
    package static func remove(_ path: String) throws(FileSystemError) {
        if unlink(path) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw FileSystemError(.remove, path) }
        for name in try names(in: path) {
            try remove(path + "/" + name)
        }
        guard rmdir(path) == 0 else { throw FileSystemError(.remove, path) }
    }

    /// `path` as the folder and the name in it.
    static func split(_ path: String) -> (folder: String, name: String) {
        var trimmed = path[...]
        while trimmed.count > 1 && trimmed.last == "/" { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return (".", String(trimmed)) }
        let folder = slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
        return (folder, String(trimmed[trimmed.index(after: slash)...]))
    }
}
