import Foundation

/// The pictures below a folder, known by their names: `.jpg`, `.jpeg` and `.png`, in any case.
enum PictureFiles {
    private static let extensions: Set<String> = ["jpg", "jpeg", "png"]

    /// Paths relative to `folder`, sorted by their bytes; names that begin with a dot are passed over.
    /// - Throws: ``DataFileError`` where the folder cannot be read.
    static func paths(below folder: String) throws -> [String] {
        let isPicture = { (path: String) in extensions.contains((path as NSString).pathExtension.lowercased()) }
        return try names(of: { try FileManager.default.subpathsOfDirectory(atPath: folder) }, in: folder)
            .filter { isPicture($0) && !$0.split(separator: "/").contains { $0.hasPrefix(".") } }
    }

    /// The folders directly in `folder`, sorted by their bytes.
    static func folders(in folder: String) throws -> [String] {
        try names(of: { try FileManager.default.contentsOfDirectory(atPath: folder) }, in: folder).filter { name in
            var isFolder: ObjCBool = false
            return !name.hasPrefix(".")
                && FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
                && isFolder.boolValue
        }
    }

    private static func names(of read: () throws -> [String], in folder: String) throws -> [String] {
        do {
            return try read().sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            throw DataFileError(
                path: folder, problem: "the folder cannot be read (\(systemReason(of: error)))",
                remedy: "check that it is there and that you may read it")
        }
    }
}
