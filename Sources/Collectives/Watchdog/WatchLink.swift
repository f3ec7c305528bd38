import CSockets
import Glibc
import TensorCore

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
