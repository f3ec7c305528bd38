/// What ranks tell the first one, and it them, to know of each other: some bytes that are always as many.
struct WatchMessage: Equatable {
    enum Kind: UInt8 {
        /// The first from a rank: `number` is the rank and `activity.step` the job's secret.
        case hello
        /// A sign of life.
        case beat
        /// The rank is done, and will fall silent.
        case done
        /// The job ends at once with the exit code `number`; why has been said.
        case over
    }

    static let byteCount = 96
    private static let textCapacity = byteCount - 16

    var kind: Kind
    var number: Int32 = 0
    var activity = RankActivity()

    init(_ kind: Kind, number: Int = 0, activity: RankActivity = RankActivity()) {
        self.kind = kind
        self.number = Int32(number)
        self.activity = activity
    }

    /// nil where the bytes are no message.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount, let kind = Kind(rawValue: bytes[bytes.startIndex]),
            let phase = RankPhase(rawValue: bytes[bytes.startIndex + 1])
        else { return nil }
        self.kind = kind
        bytes.withUnsafeBytes { memory in
            number = Int32(littleEndian: memory.loadUnaligned(fromByteOffset: 4, as: Int32.self))
            let step = Int64(littleEndian: memory.loadUnaligned(fromByteOffset: 8, as: Int64.self))
            let text = memory[16...].prefix { $0 != 0 }
            activity = RankActivity(step: Int(step), phase: phase, communication: String(decoding: text, as: UTF8.self))
        }
    }

    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        bytes[0] = kind.rawValue
        bytes[1] = activity.phase.rawValue
        bytes.withUnsafeMutableBytes { memory in
            memory.storeBytes(of: number.littleEndian, toByteOffset: 4, as: Int32.self)
            memory.storeBytes(of: Int64(activity.step).littleEndian, toByteOffset: 8, as: Int64.self)
            for (place, byte) in activity.communication.utf8.prefix(Self.textCapacity - 1).enumerated() {
                memory[16 + place] = byte
            }
        }
        return bytes
    }
}
