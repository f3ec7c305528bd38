/// The hidden place beside `path` where its next content is written before a rename puts it there at once.
struct Aside {
    let folder: String
    let name: String

    init(for path: String) {
        (folder, name) = Folder.split(path)
    }

    private static let mark = ".tmp-"
    private var prefix: String { ".\(name)\(Aside.mark)" }

    /// Whether `name` is that of such a place, of whatever path.
    static func isPlace(_ name: String) -> Bool {
        name.first == "." && name.firstRange(of: mark) != nil
    }

    /// A place that no other writer has.
    func place() -> String {
        // Not a number of the model: two processes, perhaps on two hosts, must not meet. The rename ends the name.
        let suffix = String(UInt64.random(in: .min ... .max), radix: 16)
        return "\(folder)/\(prefix)\(suffix)"
    }

    /// Removes what a killed writer of the same path left behind. A folder that cannot be listed has nothing to tell
    /// here: writing into it will say why.
    func removeLeftovers() throws(FileSystemError) {
        guard let names = try? Folder.names(in: folder) else { return }
        for name in names where name.hasPrefix(prefix) {
            try Folder.remove("\(folder)/\(name)")
        }
    }
}
