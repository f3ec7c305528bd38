import Glibc

/// The hidden place beside `path` where its next content is written before a rename puts it there at once.
struct Aside {
    let folder: String
    let name: String

    init(for path: String) {
        (folder, name) = Folder.split(path)
    }

    private static let mark = ".tmp-"
    private var prefix: String { ".\(name)\(Aside.mark)" }

    /// Whether `name` is that of such a place, of whatever path.
    static func isPlace(_ name: String) -> Bool {
        name.first == "." && name.firstRange(of: mark) != nil
    }

    /// A place that no other writer has.
    func place() -> String {
        // Not a number of the model: two processes, perhaps on two hosts, must not meet. The rename ends the name.
        let suffix = String(UInt64.random(in: .min ... .max), radix: 16)
        return "\(folder)/\(prefix)\(suffix)"
    }

    /// Removes what a killed writer of the same path left behind. A folder that cannot be listed has nothing to tell
    /// here: writing into it will say why.
    func removeLeftovers() throws(FileSystemError) {
        guard let names = try? Folder.names(in: folder) else { return }
        for name in names where name.hasPrefix(prefix) {
            try Folder.remove("\(folder)/\(name)")
        }
    }
}

/// A file that is there whole or not at all, whatever happens while it is written.
package enum AtomicFile {
    /// Writes the file at `path`, replacing what is there, and returns its SHA-256.
    ///
    /// The bytes go to `.NAME.tmp-…` in the same folder, are synchronized to disk, and renamed; then the folder is
    /// synchronized. When anything fails the old file stays, nothing else remains, and the error is thrown:
    /// `FileSystemError`, or what `body` throws. One writer per path at a time.
    @discardableResult
    package static func write(to path: String, _ body: (inout FileWriter) throws -> Void) throws -> String {
        let aside = Aside(for: path)
        try aside.removeLeftovers()
        let place = aside.place()
        do {
            let digest = try FileWriter.create(place, reportedAs: path, body)
            guard rename(place, path) == 0 else { throw FileSystemError(.write, path) }
            try Folder.synchronize(aside.folder)
            return digest
        } catch {
            unlink(place)
            throw error
        }
    }
}

/// A folder that is there whole or not at all, whatever happens while it is written.
package enum AtomicFolder {
    /// What to do with a folder that stands at the path and is not empty.
    package enum Presence: Sendable {
        /// Throws `FileSystemError` and leaves it.
        case refuse
        /// Replaces it. Linux has no portable exchange of two folders, so for the moment between two renames the old
        /// one is away and the new one is not there yet.
        case replace
    }

    /// Writes the folder at `path`.
    ///
    /// `body` fills `.NAME.tmp-…` beside it, every file is synchronized to disk as it is written, and the folder is
    /// renamed; then the folder above is synchronized. When anything fails the old folder stays, nothing else remains,
    /// and the error is thrown: `FileSystemError`, or what `body` throws. One writer per path at a time.
    package static func write(
        to path: String, ifPresent presence: Presence, _ body: (borrowing StagedFolder) throws -> Void
    ) throws {
        let aside = Aside(for: path)
        try aside.removeLeftovers()
        let place = aside.place()
        guard mkdir(place, 0o777) == 0 else { throw FileSystemError(.write, path) }
        do {
            try body(StagedFolder(location: place, path: path))
            try Folder.synchronize(place)
            try put(place, at: path, aside: aside, presence)
            try Folder.synchronize(aside.folder)
        } catch {
            // The first error is the one to tell; what cannot be removed now is removed by the next writer.
            try? Folder.remove(place)
            throw error
        }
    }

    private static func put(_ place: String, at path: String, aside: Aside, _ presence: Presence) throws {
        if rename(place, path) == 0 { return }
        guard errno == ENOTEMPTY || errno == EEXIST, presence == .replace else {
            throw FileSystemError(.write, path)
        }
        let old = aside.place()
        guard rename(path, old) == 0 else { throw FileSystemError(.write, path) }
        guard rename(place, path) == 0 else {
            let error = FileSystemError(.write, path)
            rename(old, path)
            throw error
        }
        try Folder.remove(old)
    }
}

/// A folder that is being written aside; see `AtomicFolder`.
package struct StagedFolder: ~Copyable {
    /// Where it stands until it is complete.
    let location: String
    /// Where it will stand, which is what errors name.
    let path: String

    /// Writes and synchronizes the file `name` and returns its SHA-256.
    @discardableResult
    package func write(_ name: String, _ body: (inout FileWriter) throws -> Void) throws -> String {
        try FileWriter.create("\(location)/\(name)", reportedAs: "\(path)/\(name)", body)
    }

    /// Gives the file at `target` the name `name` here too, or where that cannot be, as on another disk, copies it.
    func writeLink(_ name: String, to target: String) throws {
        guard link(target, "\(location)/\(name)") != 0 else { return }
        let reader = try FileReader(path: target)
        try write(name) { writer in try reader.forEachPiece { try writer.write($0) } }
    }

    /// Makes the disk hold the names in the folder `name` inside, after files were written there.
    func synchronize(_ name: String) throws(FileSystemError) {
        try Folder.synchronize("\(location)/\(name)")
    }

    /// Makes an empty folder `name` inside.
    package func makeFolder(_ name: String) throws(FileSystemError) {
        guard mkdir("\(location)/\(name)", 0o777) == 0 else { throw FileSystemError(.write, "\(path)/\(name)") }
        try Folder.synchronize("\(location)/\(name)")
    }
}
