import Yams

extension YAMLNode {
    /// The largest configuration that is read, in bytes.
    static let largestFile = 1 << 20

    /// Reads a whole YAML document.
    /// - Throws: `ConfigurationError` at the line and column of the first thing that is malformed or unsupported.
    static func parse(_ text: String, from source: ConfigurationPlace.Source) throws(ConfigurationError) -> YAMLNode {
        if let unsupported = UnsupportedYAML.first(in: text) {
            throw ConfigurationError(
                ConfigurationPlace(source, line: unsupported.line, column: unsupported.column), unsupported.sentence)
        }
        let root: Node?
        do {
            // The encoding is named because the default one depends on the environment and prints.
            let parser = try Parser(yaml: text, encoding: .utf8)
            root = try parser.singleRoot()
        } catch let error as YamlError {
            throw ConfigurationError(error, from: source, text: text)
        } catch {
            throw ConfigurationError(ConfigurationPlace(source), "the YAML cannot be read: \(error)")
        }
        guard let root else {
            throw ConfigurationError(
                ConfigurationPlace(source),
                "the configuration is empty; write at least one key, or {} for all the defaults")
        }
        return try YAMLNode(root, from: source)
    }

    private init(_ node: Node, from source: ConfigurationPlace.Source) throws(ConfigurationError) {
        func place(_ node: Node) -> ConfigurationPlace {
            ConfigurationPlace(source, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        }
        self.place = place(node)
        switch node {
        case .scalar(let scalar):
            content = .scalar(scalar.string, isQuoted: scalar.style != .plain)
        case .sequence(let sequence):
            var items: [YAMLNode] = []
            for item in sequence { items.append(try YAMLNode(item, from: source)) }
            content = .sequence(items)
        case .mapping(let mapping):
            var entries: [Entry] = []
            for (key, value) in mapping {
                guard case .scalar(let scalar) = key else {
                    throw ConfigurationError(place(key), "a key must be a word, not a list or a mapping")
                }
                entries.append(
                    Entry(key: scalar.string, keyPlace: place(key), value: try YAMLNode(value, from: source)))
            }
            content = .mapping(entries)
        case .alias:
            throw ConfigurationError(place(node), "an alias is not allowed in a configuration; write the value itself")
        }
    }
}

extension ConfigurationError {
    /// The parser's complaint as one sentence at its place.
    fileprivate init(_ error: YamlError, from source: ConfigurationPlace.Source, text: String) {
        func malformed(_ line: Int, _ column: Int, _ problem: String) -> ConfigurationError {
            ConfigurationError(
                ConfigurationPlace(source, line: line, column: column), "this is not well-formed YAML: \(problem)")
        }
        func inContext(_ context: YamlError.Context?, _ problem: String) -> String {
            context.map { "\($0.text) \(problem)" } ?? problem
        }
        switch error {
        case .parser(_, let problem, let mark, _) where problem.contains("nesting level"):
            self = malformed(mark.line, mark.column, "lists and mappings lie too deep in each other")
        case .scanner(_, let problem, let mark, _) where problem.contains("cannot start any token"):
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let hasTab = lines.indices.contains(mark.line - 1) && lines[mark.line - 1].contains("\t")
            self = malformed(
                mark.line, mark.column,
                hasTab
                    ? "a tab stands where only spaces may; indent with spaces"
                    : "no value can begin with this character")
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            self = malformed(mark.line, mark.column, inContext(context, problem))
        case .composer(_, let problem, let mark, _) where problem.contains("another document"):
            self.init(
                ConfigurationPlace(source, line: mark.line, column: mark.column),
                "a second document begins here; a configuration is one document, so remove the line ---")
        case .composer(let context, let problem, let mark, _):
            self = malformed(mark.line, mark.column, inContext(context, problem))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = Set(duplicates).sorted().map(plainOrQuotedYAML).joined(separator: ", ")
            self.init(
                ConfigurationPlace(source, line: context.mark.line, column: context.mark.column),
                "\(names) is given more than once in the same section; keep one")
        case .reader(let problem, let offset, _, _):
            // The offset counts characters; nothing else of the position is known.
            let before = text.prefix(offset ?? 0)
            let line = before.count { $0.isNewline } + 1
            let column = (before.lastIndex { $0.isNewline }).map { before[$0...].count } ?? before.count + 1
            self = malformed(line, column, problem)
        default:
            self.init(ConfigurationPlace(source), "this is not well-formed YAML: \(error)")
        }
    }
}
