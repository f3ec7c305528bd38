import Foundation
import Synchronization

/// Standard output and error as a person sees them.
enum Terminal {
    /// Columns of the terminal that standard output is; nil where it is none.
    static var columns: Int? {
        guard isatty(STDOUT_FILENO) != 0, environment["TERM"] != "dumb" else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            // A launcher between program and terminal passes on no size.
            return environment["COLUMNS"].flatMap { Int($0) } ?? 80
        }
        return Int(size.ws_col)
    }

    /// Whether output may have colours (https://no-color.org).
    static var isColored: Bool { columns != nil && (environment["NO_COLOR"] ?? "").isEmpty }

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// Writes text to standard output at once. Where that is impossible, as on a full disk, the program goes on, for a
    /// run is worth more than its log, and ends with status 1.
    static func write(_ text: String) {
        do { try FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) } catch {
            isDeaf.store(true, ordering: .relaxed)
        }
    }

    /// Writes a line to standard output.
    static func line(_ text: String = "") { write(text + "\n") }

    /// Whether something that was to be said on standard output is not there.
    static let isDeaf = Atomic(false)

    /// Writes a line of progress to standard error, in place of a line that was shown by `status`.
    static func progress(_ text: String) {
        let start = isatty(STDERR_FILENO) != 0 ? "\r\u{1B}[K" : ""
        tell(start + text + "\n")
    }

    /// Writes a line that the program says of itself to standard error.
    static func note(_ text: String) {
        progress("modulor: \(text)")
    }
}

extension Terminal {
    /// Shows a line in place of the one before, where standard error is a terminal; a log is spared it.
    static func status(_ text: String) {
        guard isatty(STDERR_FILENO) != 0 else { return }
        tell("\r\u{1B}[K\(text.prefix((columns ?? 80) - 1))")
    }

    /// Takes away the line that was shown last.
    static func endStatus() {
        guard isatty(STDERR_FILENO) != 0 else { return }
        tell("\r\u{1B}[K")
    }

    /// Writes to standard error; what cannot be told there cannot be told at all.
    private static func tell(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
