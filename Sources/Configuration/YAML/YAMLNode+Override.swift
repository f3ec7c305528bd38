extension YAMLNode {
    /// The tree with one key replaced or added, as `key.path=value` on the command line says; the value is YAML.
    /// - Throws: `ConfigurationError` where `text` has no key or its value is malformed.
    func overridden(by text: String) throws(ConfigurationError) -> YAMLNode {
        let source = ConfigurationPlace.Source.override(text)
        let place = ConfigurationPlace(source)
        guard let equals = text.firstIndex(of: "=") else {
            throw ConfigurationError(place, "an override is written section.key=value, and this has no =")
        }
        let path = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !path.contains("") else {
            throw ConfigurationError(place, "an override is written section.key=value, and a part of this key is empty")
        }
        let written = String(text[text.index(after: equals)...])
        // Nothing after the = is YAML's way to write null, but no document.
        let isBlank = written.allSatisfy { $0 == " " }
        let value =
            isBlank
            ? YAMLNode(content: .scalar("", isQuoted: false), place: place) : try YAMLNode.parse(written, from: source)
        var tree = self
        try tree.set(path[...], to: value)
        return tree
    }

    private mutating func set(_ path: ArraySlice<String>, to value: YAMLNode) throws(ConfigurationError) {
        guard let key = path.first else {
            self = value
            return
        }
        guard case .mapping(var entries) = content else {
            throw ConfigurationError(
                value.place, "this sets a key inside what is \(summary) at \(place), and not a section")
        }
        if let index = entries.firstIndex(where: { $0.key == key }) {
            try entries[index].value.set(path.dropFirst(), to: value)
        } else {
            var added = YAMLNode(content: .mapping([]), place: value.place, isPartial: true)
            try added.set(path.dropFirst(), to: value)
            entries.append(Entry(key: key, keyPlace: value.place, value: added))
        }
        content = .mapping(entries)
    }
}
