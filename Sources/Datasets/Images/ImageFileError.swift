import Foundation

/// Why a picture could not be read or written: the file, what is wrong with it, and what would mend it.
package struct ImageFileError: Error, CustomStringConvertible, Equatable {
    package let path: String
    package let problem: String
    package let remedy: String

    package var description: String { "\(path): \(problem); \(remedy)." }
}

/// The system's short reason inside an error of Foundation, such as "No such file or directory".
func systemReason(of error: any Error) -> String {
    if let cause = (error as? CocoaError)?.underlying as? POSIXError {
        return String(cString: strerror(cause.code.rawValue))
    }
    return error.localizedDescription
}

/// Calls a C function with a buffer for one sentence; returns its status and the sentence.
func withErrorText(_ body: (UnsafeMutablePointer<CChar>, Int) -> Int32) -> (status: Int32, text: String) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        buffer.initialize(repeating: 0)
        let status = body(buffer.baseAddress!, buffer.count)
        return (status, String(cString: buffer.baseAddress!))
    }
}
