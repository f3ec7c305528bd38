import Foundation

/// An empty folder that is removed with its owner.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("modulor-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of `name` inside.
    package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}

/// Gives `body` an empty folder, which is removed afterwards.
@discardableResult
package func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("modulor-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

/// Gives `body` the path of an empty folder, which is removed afterwards.
@discardableResult
package func withTemporaryPath<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder { try body($0.path) }
}
