import CSockets
import Glibc
import TensorCore

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

/// A connection to another rank, and what was heard through it.
final class WatchLink {
    let descriptor: Int32
    /// nil until the other side has said who it is.
    var rank: Int?
    /// When something was heard last, in nanoseconds of the monotonic clock.
    var heard = MonotonicClock.nanoseconds
    var activity = RankActivity()
    /// The other side is done, and its silence means nothing.
    var isDone = false
    /// The other side's process has ended, or its system says so.
    var hasEnded = false
    private var buffer: [UInt8] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    func send(_ message: WatchMessage) {
        // What cannot be sent is seen as silence, or as an end, when something is received.
        _ = mdl_socket_send(descriptor, message.bytes, Int32(WatchMessage.byteCount))
    }

    /// Takes what has come, oldest first.
    func receive() -> [WatchMessage] {
        var messages: [WatchMessage] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while !hasEnded {
            let count = Int(mdl_socket_receive(descriptor, &block, Int32(block.count)))
            if count == 0 { break }
            guard count > 0 else {
                hasEnded = true
                break
            }
            buffer += block[..<count]
            while buffer.count >= WatchMessage.byteCount {
                let message = WatchMessage(buffer[..<WatchMessage.byteCount])
                buffer.removeFirst(WatchMessage.byteCount)
                guard let message else {
                    hasEnded = true
                    break
                }
                messages.append(message)
            }
        }
        if !messages.isEmpty { heard = MonotonicClock.nanoseconds }
        if let last = messages.last(where: { $0.kind == .beat }) { activity = last.activity }
        return messages
    }
}

/// What a rank is doing, as others are told.
package enum RankPhase: UInt8, Sendable {
    case joining, starting, loadingData, computing, validating, saving, finishing

    package var description: String {
        switch self {
        case .joining: "joining the job"
        case .starting: "starting"
        case .loadingData: "loading data"
        case .computing: "computing"
        case .validating: "validating"
        case .saving: "saving"
        case .finishing: "finishing"
        }
    }
}

/// The last that was heard of a rank.
struct RankActivity: Equatable, Sendable {
    /// The step that it was in, from 1; 0 before the first.
    var step = 0
    var phase = RankPhase.joining
    /// The communication that was under way; empty where there was none.
    var communication = ""

    /// "in step 12 (computing)"
    var place: String {
        step > 0 ? "in step \(step) (\(phase.description))" : "before the first step (\(phase.description))"
    }
}

/// Ranks that the others cannot go on without, as one sentence for a person.
struct LostRanks {
    struct Rank {
        let rank: Int
        let host: String
        let activity: RankActivity
        /// Seconds of silence; nil where the process is known to have ended.
        let silence: Int?
    }

    let ranks: [Rank]
    /// The step of those that are left, from 1; 0 before the first.
    let step: Int
    /// What those that are left wait for; empty where that is not known.
    let awaited: String

    /// Ranks of one host in one place are named together.
    var description: String {
        var groups: [[Rank]] = []
        for rank in ranks {
            if let last = groups.last?.last, last.host == rank.host, last.activity.place == rank.activity.place,
                (last.silence == nil) == (rank.silence == nil)
            {
                groups[groups.count - 1].append(rank)
            } else {
                groups.append([rank])
            }
        }
        let shown = groups.prefix(4).map(sentence).joined(separator: "; ")
        let more = groups.dropFirst(4).joined().count
        let others =
            (awaited.isEmpty ? "the others cannot go on" : "the others wait for \(awaited)")
            + (step > 0 ? " in step \(step)" : "")
        return "lost \(shown)\(more > 0 ? "; and \(more) more" : ""); \(others); \(Watchdog.advice)"
    }

    private func sentence(_ group: [Rank]) -> String {
        let first = group[0]
        let numbers = group.map { "\($0.rank)" }.joined(separator: ", ")
        let end = group.count == 1 ? "its process has ended" : "their processes have ended"
        let cause = first.silence.map { "no sign of life for \($0) s" } ?? end
        return "\(group.count == 1 ? "rank" : "ranks") \(numbers) on \(first.host) \(first.activity.place): \(cause)"
    }
}
