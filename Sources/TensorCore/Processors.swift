import CThreadPool

/// The processors that this process may use, and how many workers they are good for.
package struct Processors: Sendable, Equatable {
    /// The processors of each physical core that the affinity mask allows, ascending.
    private let siblings: [[Int32]]
    /// Processors' worth of time that the control group allows; nil where it is not limited.
    package let quota: Double?
    /// Processes that use the same cores.
    private let sharers: Int

    /// Numbers of all processors that the affinity mask allows, ascending.
    package var allowed: [Int32] { siblings.joined().sorted() }

    /// One number per physical core among them, ascending. Two workers on one core share its multipliers and gain
    /// nothing.
    package var cores: [Int32] { siblings.map { $0[0] } }

    /// What the calling thread may use. Ask before a pinned ``ThreadPool`` is made: that narrows the thread's own mask.
    package static func available() -> Processors {
        Processors(read: SystemFile.text)
    }

    /// - Parameter read: the text of a file of the system, or nil where there is none.
    package init(read: @escaping (String) -> String?) {
        let allowed = Processors.affinity(read) ?? [0]
        quota = ControlGroup(read: read).processorQuota
        sharers = 1
        var taken: Set<Int32> = []
        siblings = allowed.compactMap { processor in
            guard !taken.contains(processor) else { return nil }
            let core =
                read("/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list")
                .flatMap(Processors.numbers) ?? [processor]
            taken.formUnion(core)
            return allowed.filter { $0 == processor || core.contains($0) }
        }
    }

    private init(siblings: [[Int32]], quota: Double?, sharers: Int) {
        (self.siblings, self.quota, self.sharers) = (siblings, quota, sharers)
    }

    /// What the process `index` of `count` that have the same mask takes of it: whole cores, disjoint and as equal as can
    /// be. Where there are fewer cores than processes, all of them share all.
    ///
    /// - Parameter quotaShares: processes that the control group's time is for.
    package func slice(_ index: Int, of count: Int, quotaShares: Int) -> Processors {
        let quota = quota.map { $0 / Double(quotaShares) }
        guard siblings.count >= count else { return Processors(siblings: siblings, quota: quota, sharers: count) }
        let range = index * siblings.count / count..<(index + 1) * siblings.count / count
        return Processors(siblings: Array(siblings[range]), quota: quota, sharers: 1)
    }

    /// Keeps the calling thread, and those that it makes later, on these processors.
    package func bind() {
        let allowed = allowed
        _ = mdl_thread_bind(allowed, Int32(allowed.count))
    }

    /// Workers to start: one per physical core, and no more than the quota pays for, since a worker that is held up
    /// holds up all; at least one.
    package var threads: Int {
        let own = max(1, siblings.count / sharers)
        return quota.map { max(1, min(own, Int($0))) } ?? own
    }

    /// Where to pin `threads` workers, or nil where they are better left to the system: fewer workers than cores would
    /// crowd on the first cores with those of every other process, and more must share.
    package func pinning(threads: Int) -> [Int32]? {
        sharers == 1 && threads == siblings.count ? cores : nil
    }

    /// "0-3,8", as the kernel writes it.
    package var list: String {
        var ranges: [ClosedRange<Int32>] = []
        for processor in allowed {
            if let last = ranges.last, last.upperBound == processor - 1 {
                ranges[ranges.count - 1] = last.lowerBound...processor
            } else {
                ranges.append(processor...processor)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// The model that /proc/cpuinfo names first; nil where it names none, as on some ARM processors.
    package static func model(_ cpuinfo: String) -> String? {
        let line = cpuinfo.split(separator: "\n").first { $0.hasPrefix("model name") }
        guard let line, let colon = line.firstIndex(of: ":") else { return nil }
        return line[colon...].dropFirst().split(separator: " ").joined(separator: " ")
    }

    /// The numbers in a list such as "0-3,8,10-11"; nil where it is none.
    package static func numbers(_ list: String) -> [Int32]? {
        var numbers: [Int32] = []
        for part in list.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
                return nil
            }
            numbers += first...last
        }
        return numbers.isEmpty ? nil : numbers
    }

    /// The calling thread's affinity mask; nil where the system tells none.
    private static func affinity(_ read: (String) -> String?) -> [Int32]? {
        let key = "Cpus_allowed_list:"
        guard let status = read("/proc/thread-self/status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) })
        else { return nil }
        return numbers(String(line.dropFirst(key.count).drop(while: \.isWhitespace)))
    }
}
