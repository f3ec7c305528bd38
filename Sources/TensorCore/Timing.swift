import Glibc

/// The system's monotonic clock, which all processes of a host share.
package enum MonotonicClock {
    /// Nanoseconds since the host was started.
    package static var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

extension [Double] {
    /// The middle value, or the mean of the two in the middle.
    package var median: Double {
        precondition(!isEmpty, "a median needs a value")
        let ascending = sorted()
        return (ascending[(count - 1) / 2] + ascending[count / 2]) / 2
    }
}
