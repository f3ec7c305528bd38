/// The processors that this process may use, and how many workers they are good for.
package struct Processors: Sendable, Equatable {
    /// Numbers of all processors that the affinity mask allows, ascending.
    package let allowed: [Int32]
    /// One number per physical core among them, ascending. Two workers on one core share its multipliers and gain
    /// nothing.
    package let cores: [Int32]
    /// Processors' worth of time that the control group allows; nil where it is not limited.
    package let quota: Double?

    /// What the calling thread may use. Ask before a pinned ``ThreadPool`` is made: that narrows the thread's own mask.
    package static func available() -> Processors {
        Processors(read: SystemFile.text)
    }

    /// - Parameter read: the text of a file of the system, or nil where there is none.
    package init(read: @escaping (String) -> String?) {
        let allowed = Processors.affinity(read) ?? [0]
        self.allowed = allowed
        quota = ControlGroup(read: read).processorQuota
        var taken: Set<Int32> = []
        cores = allowed.filter { processor in
            guard !taken.contains(processor) else { return false }
            let siblings = read("/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list")
            taken.formUnion(siblings.flatMap(Processors.numbers) ?? [processor])
            return true
        }
    }

    /// Workers to start: one per physical core, and no more than the quota pays for, since a worker that is held up
    /// holds up all; at least one.
    package var threads: Int {
        guard let quota else { return cores.count }
        return max(1, min(cores.count, Int(quota)))
    }

    /// Where to pin `threads` workers, or nil where they are better left to the system: fewer workers than cores would
    /// crowd on the first cores with those of every other process, and more must share.
    package func pinning(threads: Int) -> [Int32]? {
        threads == cores.count ? cores : nil
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
