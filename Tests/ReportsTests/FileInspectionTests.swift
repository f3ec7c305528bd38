import Checkpoints
import Foundation
import Reports
import Testing

@Suite struct FileInspectionTests {
    /// Writes a file of the given names, all with the same elements, and looks into it.
    private func inspection(_ names: [String], metadata: [String: String] = [:]) throws -> FileInspection {
        let path = NSTemporaryDirectory() + "modulor-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let tensors = names.map { TensorEntry($0, shape: [2], values: [Float(1), 2]) }
        let digest = try SafetensorsFile.write(to: path, tensors: tensors, metadata: metadata)
        let inspection = try FileInspection(path)
        #expect(inspection.path == path && inspection.sha256 == digest && inspection.format == "safetensors")
        return inspection
    }

    @Test("equal tensors are told by the first one's name")
    func equal() throws {
        let inspection = try inspection(["b.weight", "a.weight"])
        #expect(inspection.rows.map(\.name) == ["a.weight", "b.weight"])
        #expect(inspection.rows.map(\.sameAs) == [nil, "a.weight"])
        #expect(inspection.elementCount == 4 && inspection.rows.allSatisfy { $0.bytes == 8 })
        #expect(inspection.text.contains("equal to a.weight"))
    }

    @Test("a long name costs a line in the table, and not every row its length")
    func longNames() throws {
        let long = String(repeating: "k", count: 100_000)
        let inspection = try inspection(["a" + long] + (0..<50).map { "tensor\($0)" })
        #expect(inspection.rows[0].name.count == 100_001)
        let reference = "a" + String(repeating: "k", count: 255) + "…"
        #expect(inspection.rows[1].sameAs == reference)
        #expect(inspection.text.split(separator: "\n").allSatisfy { $0.count < 400 })
        let shown = "a" + String(repeating: "k", count: 79) + "… "
        #expect(inspection.text.contains(shown))
    }

    @Test("nothing of a file reaches the terminal but what can be seen")
    func commands() throws {
        let hostile = ["\u{1B}[2J", "\u{9B}31m", "\u{7F}", "\u{202E}thgiew", "\u{7}\r"]
        let metadata = [
            "\u{1B}]0;title\u{7}": "\u{9D}", "algorithms": "conv1: direct\nSHA-256  0\r\nconv2: \u{2066}direct",
        ]
        let text = try inspection(hostile + ["plain"], metadata: metadata).text
        let isSeen = text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || (scalar.properties.generalCategory != .control && !scalar.properties.isBidiControl)
        }
        #expect(isSeen)
        #expect(text.contains("\u{FFFD}[2J") && text.contains("\u{FFFD}thgiew"))
        // Lines of a text cannot pass for lines of the table's.
        let lines = "metadata algorithms: conv1: direct\n    SHA-256  0\u{FFFD}\u{FFFD}conv2: \u{FFFD}direct"
        #expect(text.contains(lines))
    }
}
