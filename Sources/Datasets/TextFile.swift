import Foundation

/// Text that a person wrote with some editor: lists, names of classes, configurations.
package enum TextFile {
    /// Why bytes are no text that is read.
    package enum Problem: Error, Equatable {
        /// They are UTF-16, as some editors of Windows save it.
        case utf16
        /// A line, counted from 1, is not UTF-8.
        case notUTF8(line: Int)

        package var sentence: String {
            switch self {
            case .utf16: "it is text in UTF-16"
            case .notUTF8(let line): "line \(line) is not text in UTF-8"
            }
        }
    }

    /// The text of UTF-8 bytes, without the byte-order mark that some editors put before it.
    package static func text(of bytes: ArraySlice<UInt8>) throws(Problem) -> String {
        // Without a mark, UTF-16 shows by the zeros beside its first letter.
        let first = bytes.prefix(2)
        let isUTF16 = first.elementsEqual([0xFF, 0xFE]) || first.elementsEqual([0xFE, 0xFF])
        guard !isUTF16, !(first.count == 2 && first.contains(0)) else { throw .utf16 }
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes
        guard let text = String(validating: content, as: UTF8.self) else {
            let lines = content.split(separator: 0x0A, omittingEmptySubsequences: false)
            let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            throw .notUTF8(line: line + 1)
        }
        return text
    }

    /// The text of the file at `path`.
    /// - Throws: ``DataFileError`` when it cannot be read or is no text in UTF-8.
    static func read(_ path: String) throws -> String {
        do {
            return try text(of: contents(ofFile: path)[...])
        } catch let problem as Problem {
            throw DataFileError(path: path, problem: problem.sentence, remedy: "save it as UTF-8")
        }
    }
}

/// Names, one a line: of samples, or of classes.
enum NameList {
    /// Reads the list at `path`; empty lines and blanks around names do not count.
    /// - Parameter ofFiles: whether the names lead to files, and are no classes.
    /// - Throws: ``DataFileError`` when it cannot be read, is empty, names something twice, or what is outside of its folder.
    static func read(_ path: String, ofFiles: Bool = true) throws -> [String] {
        let lines = try TextFile.read(path).split { $0.isNewline }.map { $0.trimmingCharacters(in: .whitespaces) }
        let names = lines.filter { !$0.isEmpty }
        guard !names.isEmpty else {
            throw DataFileError(path: path, problem: "it lists no name", remedy: "write one name a line")
        }
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw DataFileError(path: path, problem: "it lists \(name) twice", remedy: "remove one of the two lines")
        }
        // A list comes from others, and what it names is read, and written where predictions are saved.
        for name in names {
            if ofFiles, name.hasPrefix("/") || name.split(separator: "/").contains("..") {
                throw DataFileError(
                    path: path, problem: "it lists \(printable(name)), which leads out of the folder",
                    remedy: "write names within the folder, as part/0001")
            }
            if name.unicodeScalars.contains(where: { $0 != "\t" && $0.properties.generalCategory == .control }) {
                throw DataFileError(
                    path: path, problem: "it lists \(printable(name)), which has characters that no name has",
                    remedy: "write the list as plain text")
            }
        }
        return names
    }
}

/// What a file or a library says, such as a name, without what a terminal would obey.
func printable(_ text: String, limit: Int = 64) -> String {
    String(text.prefix(limit).unicodeScalars.map { (32..<127).contains($0.value) ? Character($0) : "?" })
}
