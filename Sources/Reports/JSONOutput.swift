import Foundation

/// What programs read: one JSON object, with the names of its fields in snake case and sorted.
package enum JSONOutput {
    /// The object's lines, the last one ended too.
    package static func object(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}
