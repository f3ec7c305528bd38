import Foundation

/// Where a setting was written, so that a complaint about it can be found and mended.
package struct ConfigurationPlace: Sendable, Equatable, CustomStringConvertible {
    package enum Source: Sendable, Equatable {
        /// A configuration file, by the path that the user gave.
        case file(String)
        /// One `key=value` of the command line.
        case override(String)
    }

    package let source: Source
    /// Line and column from 1; `nil` where a whole file or override is meant.
    package let position: Position?

    package struct Position: Sendable, Equatable, Comparable {
        package let line: Int
        package let column: Int

        package static func < (one: Position, other: Position) -> Bool {
            (one.line, one.column) < (other.line, other.column)
        }
    }

    init(_ source: Source, line: Int, column: Int) {
        self.source = source
        // An override is one short line that is quoted whole: a position in it would only distract.
        if case .file = source {
            position = Position(line: line, column: column)
        } else {
            position = nil
        }
    }

    init(_ source: Source) {
        self.source = source
        position = nil
    }

    package var description: String {
        switch source {
        case .file(let path): position.map { "\(path):\($0.line):\($0.column)" } ?? path
        case .override(let text): "--set \(text)"
        }
    }

    /// The absolute form of a path written here: relative to the file's folder, or, on the command line, to the
    /// folder that the command runs in.
    func resolve(path: String) -> String {
        let working = FileManager.default.currentDirectoryPath
        let folder =
            switch source {
            case .file(let file):
                URL(fileURLWithPath: file, relativeTo: URL(fileURLWithPath: working, isDirectory: true))
                    .deletingLastPathComponent()
            case .override: URL(fileURLWithPath: working, isDirectory: true)
            }
        return URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL.path
    }
}
