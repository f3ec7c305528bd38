import Glibc

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
