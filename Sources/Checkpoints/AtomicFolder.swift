import Glibc

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
