import Checkpoints
import Foundation

/// The pictures that a command is given: files, and all JPEG and PNG files of folders.
package struct PictureList: Sendable {
    package struct Entry: Sendable, Equatable {
        package let path: String
        /// What files about it begin with: its name without the ending.
        package let name: String
    }

    package let entries: [Entry]

    private static let endings: Set = ["jpg", "jpeg", "png"]

    /// - Parameter arguments: paths. Files are taken as they are; those of a folder in the order of their names.
    /// - Throws: `InferenceError` where a folder has no picture, or two pictures would have the same name;
    ///   `FileSystemError` where a folder cannot be listed.
    package init(_ arguments: [String]) throws {
        var entries: [Entry] = []
        for argument in arguments {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: argument, isDirectory: &isFolder), isFolder.boolValue else {
                entries.append(Entry(argument))
                continue
            }
            let names = try Folder.names(in: argument).filter {
                !$0.hasPrefix(".") && Self.endings.contains(URL(fileURLWithPath: $0).pathExtension.lowercased())
            }
            guard !names.isEmpty else {
                throw InferenceError("\(argument): the folder has no JPEG or PNG file; name one that has")
            }
            let folder = argument.hasSuffix("/") ? argument : argument + "/"
            entries += names.map { Entry(folder + $0) }
        }
        var paths: [String: String] = [:]
        for entry in entries {
            if let other = paths.updateValue(entry.path, forKey: entry.name) {
                throw InferenceError(
                    "\(other) and \(entry.path) would give files of the same names; predict one of them to another "
                        + "folder")
            }
        }
        self.entries = entries
    }
}

extension PictureList.Entry {
    fileprivate init(_ path: String) {
        self.init(path: path, name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
    }
}
