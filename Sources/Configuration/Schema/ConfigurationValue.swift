/// A type that the value of one key can have.
package protocol ConfigurationValue: Equatable {
    /// What a value must be, as a complaint says it: "a whole number".
    static var expectation: String { get }
    /// The value of `node`, or `nil` where it is none of this type.
    static func read(_ node: YAMLNode) -> Self?
    /// The values among which a mistyped word may be looked for.
    static var words: [String] { get }
    /// YAML that `read` turns into an equal value.
    var yaml: String { get }
}

extension ConfigurationValue {
    package static var words: [String] { [] }
}

extension Int: ConfigurationValue {
    package static var expectation: String { "a whole number" }
    package var yaml: String { description }

    package static func read(_ node: YAMLNode) -> Int? {
        guard case .scalar(let text, isQuoted: false) = node.content else { return nil }
        let digits = text.drop { $0 == "-" || $0 == "+" }
        // 010 is eight to some readers of YAML and ten to others, so it is neither here.
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits == "0" || digits.first != "0" else { return nil }
        return Int(text)
    }
}

extension Double: ConfigurationValue {
    package static var expectation: String { "a number" }
    package var yaml: String { description }

    package static func read(_ node: YAMLNode) -> Double? {
        guard case .scalar(let text, isQuoted: false) = node.content, YAMLNode.isDecimal(text),
            let value = Double(text), value.isFinite
        else { return nil }
        return value
    }
}

extension Bool: ConfigurationValue {
    package static var expectation: String { "true or false" }
    package static var words: [String] { ["true", "false"] }
    package var yaml: String { description }

    package static func read(_ node: YAMLNode) -> Bool? {
        guard case .scalar(let text, isQuoted: false) = node.content else { return nil }
        return Bool(text)
    }
}

extension String: ConfigurationValue {
    package static var expectation: String { "text (in quotes where it looks like a number)" }

    package var yaml: String {
        YAMLNode.plainMeaning(of: self) == .text && first != "-" ? plainOrQuotedYAML(self) : quotedYAML(self)
    }

    package static func read(_ node: YAMLNode) -> String? {
        guard case .scalar(let text, let isQuoted) = node.content,
            isQuoted || YAMLNode.plainMeaning(of: text) == .text
        else { return nil }
        return text
    }
}

/// `null` is no value.
extension Optional: ConfigurationValue where Wrapped: ConfigurationValue {
    package static var expectation: String { Wrapped.expectation + " or null" }
    package static var words: [String] { Wrapped.words + ["null"] }
    package var yaml: String { self?.yaml ?? "null" }

    package static func read(_ node: YAMLNode) -> Wrapped?? {
        node.isNull ? .some(nil) : Wrapped.read(node).map { .some($0) }
    }
}

/// `[a, b, c]`.
extension Array: ConfigurationValue where Element: ConfigurationValue {
    package static var expectation: String { "a list, each \(Element.expectation)" }
    package static var words: [String] { Element.words }
    package var yaml: String { "[\(map(\.yaml).joined(separator: ", "))]" }

    package static func read(_ node: YAMLNode) -> [Element]? {
        guard case .sequence(let items) = node.content else { return nil }
        let values = items.compactMap { Element.read($0) }
        return values.count == items.count ? values : nil
    }
}

/// One word out of a fixed list.
package protocol ConfigurationChoice: ConfigurationValue, RawRepresentable<String>, CaseIterable, Sendable {}

extension ConfigurationChoice {
    package static var expectation: String { "one of " + words.joined(separator: ", ") }
    package static var words: [String] { allCases.map(\.rawValue) }
    package var yaml: String { rawValue }

    package static func read(_ node: YAMLNode) -> Self? {
        guard case .scalar(let text, _) = node.content else { return nil }
        return Self(rawValue: text)
    }
}

/// A path to something that is read: in a file, relative to that file's folder; on the command line, relative to the
/// working folder. It is absolute once it has been read, so that the resolved configuration means the same anywhere.
struct InputPath: ConfigurationValue {
    let path: String

    static let expectation = "a path"
    var yaml: String { path.yaml }

    static func read(_ node: YAMLNode) -> InputPath? {
        guard let path = String.read(node), Allowed<String>.path.holds(path) else { return nil }
        return InputPath(path: node.place.resolve(path: path))
    }
}
