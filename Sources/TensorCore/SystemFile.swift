import Glibc

/// Small text files in which the kernel describes the machine. They report no size, so they are read to their end.
package enum SystemFile {
    /// The text of a file without white space around it; nil where it is missing or unreadable.
    package static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &block, block.count)
            if count < 0 { return nil }
            if count == 0 { break }
            bytes += block[..<count]
        }
        var trimmed = Substring(String(decoding: bytes, as: UTF8.self))
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        while trimmed.first?.isWhitespace == true { trimmed.removeFirst() }
        return String(trimmed)
    }
}
