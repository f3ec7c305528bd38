/// Buffers with lifetimes, placed in one arena so that those that live at the same time do not overlap.
package struct MemoryPlan {
    package struct Buffer: Hashable {
        let index: Int
    }

    private struct Lifetime {
        var byteCount: Int
        var first: Int
        var last: Int
        var offset = 0
    }

    private var lifetimes: [Lifetime] = []
    package private(set) var arenaByteCount = 0

    package init() {}

    /// A buffer that is not yet used at any time.
    package mutating func add(byteCount: Int) -> Buffer {
        lifetimes.append(Lifetime(byteCount: (byteCount + 63) / 64 * 64, first: .max, last: .min))
        return Buffer(index: lifetimes.count - 1)
    }

    /// Says that step `time` reads or writes `buffer`; it lives from the first such step to the last.
    package mutating func use(_ buffer: Buffer, at time: Int) {
        lifetimes[buffer.index].first = min(lifetimes[buffer.index].first, time)
        lifetimes[buffer.index].last = max(lifetimes[buffer.index].last, time)
    }

    /// Places every buffer: the largest first, each at the lowest offset that is free throughout its life.
    package mutating func place() {
        var placed: [Int] = []
        let order = lifetimes.indices.sorted {
            (lifetimes[$1].byteCount, $0) < (lifetimes[$0].byteCount, $1)
        }
        for index in order {
            let own = lifetimes[index]
            let rivals = placed.filter { lifetimes[$0].first <= own.last && own.first <= lifetimes[$0].last }
                .sorted { lifetimes[$0].offset < lifetimes[$1].offset }
            var offset = 0
            for rival in rivals {
                if offset + own.byteCount <= lifetimes[rival].offset { break }
                offset = max(offset, lifetimes[rival].offset + lifetimes[rival].byteCount)
            }
            lifetimes[index].offset = offset
            arenaByteCount = max(arenaByteCount, offset + own.byteCount)
            placed.append(index)
        }
    }

    /// Bytes from the arena's start; valid after `place()`.
    package func offset(of buffer: Buffer) -> Int { lifetimes[buffer.index].offset }
}
