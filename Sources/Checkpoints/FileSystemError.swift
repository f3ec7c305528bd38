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
