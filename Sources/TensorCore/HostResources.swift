import CThreadPool
import Foundation
import Glibc

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

/// What the control groups of this process, such as those of a container, allow it.
///
/// A limit may stand at any level between the process's group and the root, so all of them are read and the smallest
/// counts. Where both versions are mounted, the controller belongs to one of them and the other says nothing.
package struct ControlGroup {
    private let read: (String) -> String?

    /// - Parameter read: the text of a file, or nil where there is none.
    package init(read: @escaping (String) -> String? = SystemFile.text) {
        self.read = read
    }

    /// Processor time per second of time, in processors; nil where it is not limited.
    package var processorQuota: Double? {
        smallest(controller: "cpu") { folder in
            switch folder.version {
            case 2: read(folder.path + "/cpu.max").flatMap(ControlGroup.quota)
            default:
                read(folder.path + "/cpu.cfs_quota_us").flatMap { quota in
                    read(folder.path + "/cpu.cfs_period_us").flatMap { ControlGroup.quota(quota + " " + $0) }
                }
            }
        }
    }

    /// Bytes of memory; nil where they are not limited.
    package var memoryLimit: Int? {
        smallest(controller: "memory") { folder in
            let file = folder.version == 2 ? "/memory.max" : "/memory.limit_in_bytes"
            // Version 1 writes "no limit" as the largest multiple of a page.
            return read(folder.path + file).flatMap { Int($0) }.flatMap { $0 < 1 << 60 ? $0 : nil }
        }
    }

    /// Processors that "150000 100000" (microseconds per period) stands for; nil for "max" and for -1.
    package static func quota(_ text: String) -> Double? {
        let words = text.split(separator: " ")
        guard words.count == 2, let time = Double(words[0]), let period = Double(words[1]), time > 0, period > 0 else {
            return nil
        }
        return time / period
    }

    private struct Folder {
        let path: String
        let version: Int
    }

    private func smallest<Value: Comparable>(controller: String, _ limit: (Folder) -> Value?) -> Value? {
        folders(controller: controller).compactMap(limit).min()
    }

    /// The group of this process and those above it, for both versions.
    private func folders(controller: String) -> [Folder] {
        guard let memberships = read("/proc/self/cgroup"), let mounts = read("/proc/self/mountinfo") else { return [] }
        return memberships.split(separator: "\n").flatMap { line -> [Folder] in
            // hierarchy:controllers:path; version 2 has hierarchy 0 and names no controllers.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            let isSecond = fields[0] == "0" && fields[1].isEmpty
            guard isSecond || fields[1].split(separator: ",").contains(Substring(controller)) else { return [] }
            return mounts.split(separator: "\n").flatMap { mount in
                Self.folders(path: fields[2], mount: mount, controller: isSecond ? nil : controller)
            }
        }
    }

    /// The folders that a mount shows of the group `path` and its ancestors, where it is a mount of that hierarchy
    /// (`controller` is nil for version 2).
    private static func folders(path: Substring, mount: Substring, controller: String?) -> [Folder] {
        // id parent device root point options [tags…] - type source superOptions
        let words = mount.split(separator: " ")
        guard let dash = words.firstIndex(of: "-"), words.count > dash + 3, dash >= 5 else { return [] }
        let kind = words[dash + 1]
        let options = words[dash + 3].split(separator: ",")
        if let controller {
            guard kind == "cgroup", options.contains(Substring(controller)) else { return [] }
        } else {
            guard kind == "cgroup2" else { return [] }
        }
        // A container sees its own group as the root of the mount, though its path is told from the machine's root.
        let root = words[3] == "/" ? "" : words[3]
        let inside = path == root || path.hasPrefix(root + "/") ? path.dropFirst(root.count) : ""
        var names = inside.split(separator: "/")
        var folders: [Folder] = []
        while true {
            let place = names.map { "/" + $0 }.joined()
            folders.append(Folder(path: words[4] + place, version: controller == nil ? 2 : 1))
            if names.popLast() == nil { return folders }
        }
    }
}

/// Small text files in which the kernel describes the machine. They report no size, so they are read to their end.
package enum SystemFile {
    /// The text of a file without white space around it; nil where it is missing or unreadable.
    package static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &block, block.count)
            if count < 0 { return nil }
            if count == 0 { break }
            bytes += block[..<count]
        }
        var trimmed = Substring(String(decoding: bytes, as: UTF8.self))
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        while trimmed.first?.isWhitespace == true { trimmed.removeFirst() }
        return String(trimmed)
    }

    /// The names in a folder, in no order; none where it cannot be read.
    package static func names(in folder: String) -> [String] {
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
                })
        }
        return names
    }

    /// What the system says of a process, by its number: its state as a letter, and its parent's number. nil where there
    /// is none.
    package static func process(_ number: String) -> (state: Character, parent: String)? {
        // "PID (NAME) STATE PARENT …", where a name may hold anything.
        guard Int(number) != nil, let line = text("/proc/\(number)/stat"), let end = line.lastIndex(of: ")") else {
            return nil
        }
        let fields = line[line.index(after: end)...].split(separator: " ")
        guard fields.count > 1, let state = fields[0].first else { return nil }
        return (state, String(fields[1]))
    }
}

/// The memory of this process.
package enum ProcessMemory {
    /// The most bytes that the process has held at any time.
    package static var peakResidentBytes: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    /// The bytes that the process can ever hold: the machine's, or what its control group allows.
    package static var limit: Int {
        min(Int(ProcessInfo.processInfo.physicalMemory), ControlGroup().memoryLimit ?? .max)
    }

    /// What a pass over one picture may take unless the user says otherwise: half of that. Larger ones go in tiles.
    package static var passLimit: Int { limit / 2 }
}
