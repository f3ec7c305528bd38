import Checkpoints
import Foundation
import Fuzzing
import Reports

extension FuzzedReader {
    /// What `modulor inspect` shows of a file, to people and to programs.
    static var inspection: FuzzedReader {
        FuzzedReader(
            "inspection",
            seeds: [seed("CheckpointsTests/Fixtures/official.safetensors"), commands]
                + ["tensor", "various-protocol2", "various-older"].map { pytorch($0) },
            near: 1500, allowance: { 1 << 20 + 256 * $0 }, isRefusal: isInvalidFile
        ) { bytes in
            let file = try TensorFiles.open(bytes, path: "damaged")
            let inspection = try FileInspection(of: file, bytes: bytes.count, sha256: "")
            let text = inspection.text
            try require(
                text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control },
                "a control character is printed")
            try require(text.utf8.count <= 65536 + 256 * bytes.count, "a table of \(text.utf8.count) bytes")
            let json = try JSONOutput.object(inspection)
            try require(json.utf8.count <= 65536 + 256 * bytes.count, "JSON of \(json.utf8.count) bytes")
        }
    }

    /// A safetensors file with a terminal's commands for names and metadata.
    private static var commands: [UInt8] {
        let metadata = #"{"\u009b":"\u202e\n"}"#
        let tensor = #"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
        let header = Array("{\"__metadata__\":\(metadata),\"\\u001b[2J\":\(tensor)}".utf8)
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
        return length + header + [0, 0, 128, 63]
    }

    /// A file of which `RunHistory` told that it is damaged.
    private struct Told: Error {
        let damages: [String]
    }

    /// The course of a run, read back from the event file of one session.
    static var runHistory: FuzzedReader {
        FuzzedReader(
            "run-history", seeds: [RecordBuilder().session], near: 1 << 12, repair: repairRecords,
            allowance: { 1 << 20 + 64 * $0 },
            isRefusal: { ($0 as? Told)?.damages.allSatisfy { $0.hasPrefix("run/damaged: ") } == true }
        ) { bytes in
            let history = RunHistory(bytes: Data(bytes), path: "run/damaged")
            guard history.damages.isEmpty else { throw Told(damages: history.damages) }
            try require(Set(history.tasks.map(\.name)).count == history.tasks.count, "two tasks of one name")
            try require(history.state != .running, "nobody writes the file")
        }
    }

    /// Writes the right checksums around every record that fits.
    @Sendable private static func repairRecords(_ bytes: inout [UInt8]) {
        var start = 0
        while start + 16 <= bytes.count {
            let length = bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard length <= UInt64(bytes.count - start - 16) else { return }
            let end = start + 16 + Int(length)
            let payload = Array(bytes[(start + 12)..<(end - 4)])
            bytes.replaceSubrange(start..<end, with: RecordFile.record(payload))
            start = end
        }
    }
}
