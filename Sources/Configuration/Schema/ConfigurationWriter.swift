/// Lists every key of a configuration with its value as YAML, in the order of the sections' descriptions.
struct ConfigurationWriter: ConfigurationVisitor {
    struct Entry: Equatable {
        let path: [String]
        let yaml: String
    }

    private var path: [String] = []
    private(set) var entries: [Entry] = []

    static func entries(of section: some ConfigurationSection) -> [Entry] {
        var writer = ConfigurationWriter()
        // A visitor may change what it visits, so it is shown a copy.
        var copy = section
        copy.visit(&writer)
        return writer.entries
    }

    /// The entries as a block of nested mappings, two spaces a level.
    static func yaml(_ entries: [Entry]) -> String {
        var text = ""
        var open: [String] = []
        for entry in entries {
            let sections = entry.path.dropLast()
            let shared = zip(open, sections).prefix { $0 == $1 }.count
            for level in shared..<sections.count {
                text += String(repeating: "  ", count: level) + sections[level] + ":\n"
            }
            open = Array(sections)
            text += String(repeating: "  ", count: sections.count) + "\(entry.path.last!): \(entry.yaml)\n"
        }
        return text
    }

    mutating func value<Value: ConfigurationValue>(_ key: String, _ value: inout Value, _ allowed: Allowed<Value>) {
        entries.append(Entry(path: path + [key], yaml: value.yaml))
    }

    mutating func alias<Value: ConfigurationValue>(
        _ key: String, of section: String, _ value: inout Value, _ allowed: Allowed<Value>
    ) {}

    mutating func foreign(_ key: String, _ sentence: String) {}

    mutating func section<Section: ConfigurationSection>(_ key: String, _ section: inout Section) {
        path.append(key)
        section.visit(&self)
        path.removeLast()
    }

    mutating func list<Section: NamedSection>(_ key: String, _ sections: inout [Section]) {
        path.append(key)
        for index in sections.indices {
            section(sections[index].name, &sections[index])
        }
        path.removeLast()
    }

    mutating func require(_ key: String, _ holds: Bool, _ sentence: String) {}
}
