/// Reads one section of a YAML tree into its struct and collects what is wrong with it.
///
/// It remembers every key that the section's description asked for, so that what remains is known to be unknown.
struct ConfigurationReader: ConfigurationVisitor {
    private let path: [String]
    private let place: ConfigurationPlace
    private let entries: [YAMLNode.Entry]
    /// Every key path of the whole configuration, to find the section that a misplaced key belongs to.
    private let knownPaths: [[String]]
    private var asked: [String] = []
    /// Keys that are read or refused and which nobody is told of, such as old names.
    private var unlisted: [String] = []
    private(set) var problems: [ConfigurationProblem] = []

    /// Reads `node` into `section`; keys that are not in it keep their values.
    /// - Returns: what is wrong, in the order of the section's description.
    static func read<Section: ConfigurationSection>(
        _ node: YAMLNode, into section: inout Section, at path: [String], knownPaths: [[String]]
    ) -> [ConfigurationProblem] {
        let entries: [YAMLNode.Entry]
        switch (node.content, Section.shorthandKey) {
        case (.mapping(let written), _): entries = written
        case (.scalar, let key?) where !node.isNull:
            entries = [YAMLNode.Entry(key: key, keyPlace: node.place, value: node)]
        default:
            let name = path.isEmpty ? "the configuration" : path.joined(separator: ".")
            return [
                ConfigurationProblem(
                    place: node.place,
                    sentence: "\(name) is \(node.summary); it must be a mapping of keys ({} takes all the defaults)")
            ]
        }
        var reader = ConfigurationReader(path: path, place: node.place, entries: entries, knownPaths: knownPaths)
        section.visit(&reader)
        reader.refuseUnknownKeys()
        return reader.problems
    }

    private init(path: [String], place: ConfigurationPlace, entries: [YAMLNode.Entry], knownPaths: [[String]]) {
        self.path = path
        self.place = place
        self.entries = entries
        self.knownPaths = knownPaths
    }

    mutating func value<Value: ConfigurationValue>(_ key: String, _ value: inout Value, _ allowed: Allowed<Value>) {
        guard let node = take(key) else { return }
        read(node, key, &value, allowed)
    }

    private mutating func read<Value: ConfigurationValue>(
        _ node: YAMLNode, _ key: String, _ value: inout Value, _ allowed: Allowed<Value>
    ) {
        if let read = Value.read(node), allowed.holds(read) {
            value = read
            return
        }
        let expectation = [Value.expectation, allowed.sentence].compactMap(\.self).joined(separator: ", ")
        var sentence = "\(name(key)) is \(node.summary); it must be \(expectation)"
        if case .scalar(let text, _) = node.content, let near = nearestWord(to: text, among: Value.words), near != text
        {
            sentence += "; did you mean \(near)?"
        }
        problems.append(ConfigurationProblem(place: node.place, sentence: sentence))
    }

    mutating func alias<Value: ConfigurationValue>(
        _ key: String, of section: String, _ value: inout Value, _ allowed: Allowed<Value>
    ) {
        unlisted.append(key)
        guard let node = entries.first(where: { $0.key == key })?.value else { return }
        if entries.contains(where: { $0.key == section }) {
            let sentence =
                "\(name(key)) is an old name of a key of \(name(section)), which is given too; leave \(name(key)) out"
            problems.append(ConfigurationProblem(place: node.place, sentence: sentence))
        } else {
            read(node, key, &value, allowed)
        }
    }

    mutating func foreign(_ key: String, _ sentence: String) {
        guard let entry = entries.first(where: { $0.key == key }) else { return }
        unlisted.append(key)
        problems.append(ConfigurationProblem(place: entry.keyPlace, sentence: "\(name(key)) \(sentence)"))
    }

    mutating func section<Section: ConfigurationSection>(_ key: String, _ section: inout Section) {
        guard let node = take(key) else { return }
        problems += Self.read(node, into: &section, at: path + [key], knownPaths: knownPaths)
    }

    mutating func list<Section: NamedSection>(_ key: String, _ sections: inout [Section]) {
        guard let node = take(key) else { return }
        guard case .mapping(let named) = node.content, !named.isEmpty else {
            var sentence = "\(name(key)) is \(node.summary); it must name at least \(Section.expectation)"
            if case .sequence(let names) = node.content, !names.isEmpty {
                let entries = names.prefix(2).map { (String.read($0) ?? "NAME") + ": {}" }.joined(separator: ", ")
                sentence += ", each with its keys, as {\(entries)}"
            }
            problems.append(ConfigurationProblem(place: node.place, sentence: sentence))
            return
        }
        // A list that was written out replaces the default one; an override of one key changes what is there.
        if !node.isPartial { sections = [] }
        for entry in named {
            if let refusal = Section.refusal(of: entry.key) {
                let typed = YAMLNode(content: .scalar(entry.key, isQuoted: false), place: entry.keyPlace).summary
                problems.append(
                    ConfigurationProblem(
                        place: entry.keyPlace,
                        sentence: "\(typed) cannot be a name in \(name(key)); it must be \(refusal)"))
                continue
            }
            var section = sections.first { $0.name == entry.key } ?? Section(named: entry.key)
            problems += Self.read(
                entry.value, into: &section, at: path + [key, entry.key], knownPaths: knownPaths)
            if let index = sections.firstIndex(where: { $0.name == entry.key }) {
                sections[index] = section
            } else {
                sections.append(section)
            }
        }
    }

    mutating func require(_ key: String, _ holds: Bool, _ sentence: String) {
        // Where keys of this section are wrong, what they should be together cannot be told.
        guard !holds, problems.isEmpty else { return }
        let place = entries.first { $0.key == key }?.value.place ?? place
        problems.append(ConfigurationProblem(place: place, sentence: "\(name(key)) \(sentence)"))
    }

    private mutating func take(_ key: String) -> YAMLNode? {
        asked.append(key)
        return entries.first { $0.key == key }?.value
    }

    private func name(_ key: String) -> String {
        (path + [key]).joined(separator: ".")
    }

    private mutating func refuseUnknownKeys() {
        for entry in entries where !asked.contains(entry.key) && !unlisted.contains(entry.key) {
            problems.append(unknown(entry, in: path, among: asked))
        }
    }

    private func unknown(
        _ entry: YAMLNode.Entry, in path: [String], among allowed: [String]
    ) -> ConfigurationProblem {
        let section = path.isEmpty ? "a configuration" : path.joined(separator: ".")
        let typed = YAMLNode(content: .scalar(entry.key, isQuoted: false), place: entry.keyPlace).summary
        var sentence = "there is no key \(typed) in \(section)"
        guard !allowed.isEmpty else {
            return ConfigurationProblem(place: entry.keyPlace, sentence: sentence + ", which has none")
        }
        if let near = nearestWord(to: entry.key, among: allowed) {
            sentence += "; did you mean \(near)?"
        } else if let elsewhere = knownPaths.first(where: { $0.contains(entry.key) && $0 != path + [entry.key] }),
            let end = elsewhere.firstIndex(of: entry.key)
        {
            sentence += "; did you mean \(elsewhere[...end].joined(separator: "."))?"
        } else {
            sentence += ";"
        }
        sentence += " allowed: " + allowed.joined(separator: ", ")
        return ConfigurationProblem(place: entry.keyPlace, sentence: sentence)
    }
}
