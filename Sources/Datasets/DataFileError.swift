import Archives
import Foundation

/// Why a file or folder of a data set cannot be used: where it is, what is wrong with it, and what would mend it.
package struct DataFileError: Error, CustomStringConvertible, Equatable {
    package let path: String
    package let problem: String
    package let remedy: String

    package init(path: String, problem: String, remedy: String) {
        self.path = path
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "\(path): \(problem); \(remedy)." }
}

extension DataFileError {
    /// Why `bytes`, which a reader does not know, are not what it reads: what they are, where their beginning tells.
    ///
    /// - Parameters:
    ///   - expectation: the sentence's beginning, such as "it is not a .npy file".
    ///   - bytes: the file's beginning at least; nil where it is what was expected, and damaged.
    ///   - remedy: what helps unless the file only stands for another one.
    init(path: String, _ expectation: String, of bytes: [UInt8]?, remedy: String) {
        let content = bytes.flatMap { FileContent(start: $0[...], byteCount: $0.count) }
        self.init(
            path: path, problem: expectation + (content.map { ", but \($0.name)" } ?? ""),
            remedy: content?.fetching ?? remedy)
    }
}

/// The bytes of the file at `path`.
func contents(ofFile path: String) throws -> [UInt8] {
    do {
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
        throw DataFileError(
            path: path, problem: "it cannot be read (\(systemReason(of: error)))",
            remedy: "check that the file is there and that you may read it")
    }
}

/// At most `count` bytes of the file at `path`, from `offset` on; fewer where it ends before.
func contents(ofFile path: String, from offset: Int = 0, count: Int) throws -> [UInt8] {
    func refusal(_ reason: String) -> DataFileError {
        DataFileError(
            path: path, problem: "it cannot be read (\(reason))",
            remedy: "check that the file is there and that you may read it")
    }
    guard let file = FileHandle(forReadingAtPath: path) else { throw refusal(String(cString: strerror(errno))) }
    defer { try? file.close() }
    do {
        if offset > 0 { try file.seek(toOffset: UInt64(offset)) }
        return [UInt8](try file.read(upToCount: count) ?? Data())
    } catch {
        throw refusal(systemReason(of: error))
    }
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
