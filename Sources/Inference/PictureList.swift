import Checkpoints
import Foundation

/// The pictures that a command is given: files, and all JPEG and PNG files of folders.
package struct PictureList: Sendable {
    /// A picture that is to be read, and what its answers are called.
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

    /// Makes sure that answers go elsewhere: among the pictures they would be taken for pictures, or take their place.
    ///
    /// - Throws: `InferenceError` where a picture lies in `folder`.
    package func checkApart(from folder: String) throws(InferenceError) {
        func real(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        let target = real(folder)
        guard let entry = entries.first(where: { real(($0.path as NSString).deletingLastPathComponent) == target })
        else { return }
        throw InferenceError(
            "\(entry.path) lies in the folder that answers are to go to, where they would be taken for pictures; name "
                + "another --output")
    }
}

extension PictureList.Entry {
    fileprivate init(_ path: String) {
        self.init(path: path, name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
    }
}
