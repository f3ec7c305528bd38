import Reports

/// Builds event files of TensorBoard's, byte by byte, to damage them: event.proto says the fields' numbers.
struct RecordBuilder {
    /// A session of two steps: what it is, losses, a validation with pictures, a checkpoint, times, and its end.
    var session: [UInt8] {
        let answers = ["image/a/b", "depth/a/b/truth", "depth/a/b/prediction"].map(picture)
        let saved = number(1, 3) + string(2, "runs/a/checkpoints/00000002")
        let events: [[UInt8]] = [
            event(0, string(3, "brain.Event:2")),
            event(1, message(7, number(1, 1))),
            event(1, summary([text("run/session", Self.facts)])),
            event(1, summary([figure("loss/depth", 0.5), figure("training/learning_rate", 0.1)])),
            event(2, summary([figure("loss/depth", 0.25), figure("training/images_per_second", 8)])),
            event(2, summary([figure("validation/depth/rmse (metres)", 1.5)])),
            event(2, summary(answers + [figure("sample/depth/rmse (metres)/a/b", 2)])),
            event(2, message(7, saved)),
            event(2, summary([text("run/times", Self.times), figure("validation_constant/depth/rmse (metres)", 2)])),
            event(2, message(7, number(1, 2))),
        ]
        return events.flatMap { RecordFile.record($0) }
    }

    /// `SessionFacts`.
    private static let facts = """
        {"version": "0.1.0", "command": ["modulor", "train"], "host": "here", "step": 0, "steps": 2, "batch": 1,
        "ranks": 1, "threads": 1, "instructionSet": "avx2", "tasks": [{"task": "depth", "count": 9}],
        "bankParameters": 9, "arenaByteCount": 64}
        """

    /// `RankTimes`.
    private static let times = """
        [{"rank": 0, "host": "here", "steps": 2, "computing": 1, "pictures": 0, "communication": 0, "validation": 0,
        "saving": 0}]
        """

    private func event(_ step: UInt8, _ content: [UInt8]) -> [UInt8] {
        let seconds: Double = 1.5e9
        return fixed(1, 1, seconds.bitPattern) + number(2, step) + content
    }

    private func summary(_ values: [[UInt8]]) -> [UInt8] { message(5, values.flatMap { message(1, $0) }) }

    private func figure(_ tag: String, _ value: Float) -> [UInt8] { string(1, tag) + fixed(2, 5, value.bitPattern) }

    private func picture(_ tag: String) -> [UInt8] {
        string(1, tag) + message(4, number(1, 1) + number(2, 1) + message(4, [0x89, 0x50, 0x4E, 0x47]))
    }

    /// Lines are indented, as TensorBoard shows them.
    private func text(_ tag: String, _ text: String) -> [UInt8] {
        let lines = text.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        return string(1, tag) + message(8, number(1, 7) + string(8, lines))
    }

    /// A number below 128.
    private func number(_ field: UInt8, _ value: UInt8) -> [UInt8] { [field << 3, value] }

    /// A number of as many bytes as it has, which `type` says: 1 for eight, 5 for four.
    private func fixed(_ field: UInt8, _ type: UInt8, _ value: some FixedWidthInteger) -> [UInt8] {
        let key: [UInt8] = [field << 3 | type]
        return key + withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private func string(_ field: UInt8, _ text: String) -> [UInt8] { message(field, Array(text.utf8)) }

    /// A message, or bytes: fewer than 16384, which two bytes of seven bits count.
    private func message(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        let count = bytes.count
        precondition(count < 1 << 14, "a field of \(count) bytes")
        let key: [UInt8] = [field << 3 | 2]
        let length: [UInt8] = count < 128 ? [UInt8(count)] : [UInt8(count & 127 | 128), UInt8(count >> 7)]
        return key + length + bytes
    }
}
