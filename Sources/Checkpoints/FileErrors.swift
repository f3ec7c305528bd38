import Glibc

/// The operating system refused something: which path, what was tried, why, and how to mend it.
package struct FileSystemError: Error, CustomStringConvertible, Equatable {
    /// What was tried, as the verb of the sentence.
    package enum Operation: String, Sendable {
        case read, write, list, remove
    }

    package let operation: Operation
    package let path: String
    /// The `errno` of the failed call.
    package let code: Int32

    package init(_ operation: Operation, _ path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String {
        "cannot \(operation.rawValue) \(path): \(String(cString: strerror(code))); \(remedy)"
    }

    private var remedy: String {
        switch code {
        case ENOSPC, EDQUOT: "free space on that disk or choose another folder"
        case EACCES, EPERM: "change its permissions or choose another folder"
        case EROFS: "the disk is read-only, choose another folder"
        case ENOENT: "check that the path is right"
        case ENOTDIR: "a part of this path is a file and not a folder, choose another path"
        case EISDIR, EEXIST, ENOTEMPTY: "something else stands there, move it away or choose another path"
        case EINVAL: "it is not a regular file, check that the path is right"
        default: "check the disk or choose another folder"
        }
    }
}

/// A file or folder was read and does not hold what it should: which one, where in it, what is wrong, how to mend it.
package struct InvalidFileError: Error, CustomStringConvertible, Equatable {
    package let path: String
    /// The place inside the file, such as `line 3` or `tensor 'conv1.weight'`; nil for the file as a whole.
    package let place: String?
    package let problem: String
    package let remedy: String

    package init(path: String, place: String? = nil, problem: String, remedy: String) {
        self.path = path
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String {
        "\(path)\(place.map { ", " + $0 } ?? ""): \(problem); \(remedy)"
    }
}

extension StringProtocol {
    /// How a text of somebody else's stands on a terminal and in messages: on one line, and without effect.
    ///
    /// Control characters (C0, DEL and C1, which begin a terminal's commands), other ends of lines, and marks that turn
    /// the direction of writing, so that a text looks like another one, become U+FFFD.
    ///
    /// - Parameter limit: how many scalars are shown; "…" stands for more. It bounds the time too, however long the text
    ///   is: one name may be shown in very many places.
    package func printable(limit: Int = .max) -> String {
        var text = ""
        var room = limit
        for scalar in unicodeScalars {
            guard room > 0 else { return text + "…" }
            room -= 1
            text.unicodeScalars.append(scalar.isSeen ? scalar : "\u{FFFD}")
        }
        return text
    }

    /// The same of a name, which gets no more than a line's room.
    package var printableName: String { printable(limit: 80) }
}

/// How names stand in messages: quoted, printable, and not longer than a line.
package func quoted(_ name: some StringProtocol) -> String {
    "'\(name.printableName)'"
}

extension Unicode.Scalar {
    /// Whether it shows itself, and does nothing to a terminal or to the order of what stands around it.
    fileprivate var isSeen: Bool {
        if isASCII { return value >= 0x20 && value != 0x7F }
        if properties.isBidiControl { return false }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }
}
