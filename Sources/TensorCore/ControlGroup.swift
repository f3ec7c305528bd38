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
