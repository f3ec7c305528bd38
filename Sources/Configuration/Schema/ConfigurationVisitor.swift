/// What is done with every key of a configuration: reading it, writing it, comparing it.
///
/// A section tells a visitor its keys once, with their types and ranges, and every visitor follows that description.
package protocol ConfigurationVisitor {
    /// A key with one value.
    mutating func value<Value: ConfigurationValue>(_ key: String, _ value: inout Value, _ allowed: Allowed<Value>)

    /// A key that once stood for one of `section`, a section that comes before in the description. It is read and never
    /// written, and refused where the section is given too.
    mutating func alias<Value: ConfigurationValue>(
        _ key: String, of section: String, _ value: inout Value, _ allowed: Allowed<Value>)

    /// A key that is another section's; where it is written, `sentence` says so, beginning after the key.
    mutating func foreign(_ key: String, _ sentence: String)

    /// A key that holds keys of its own.
    mutating func section<Section: ConfigurationSection>(_ key: String, _ section: inout Section)

    /// A key that holds sections under names, at least one, in an order that counts.
    mutating func list<Section: NamedSection>(_ key: String, _ sections: inout [Section])

    /// What `key` may be given the section's other keys; comes after those in the section's description.
    mutating func require(_ key: String, _ holds: Bool, _ sentence: String)
}

extension ConfigurationVisitor {
    mutating func value<Value: ConfigurationValue>(_ key: String, _ value: inout Value) {
        self.value(key, &value, .all)
    }

    /// A path to something that is read, or none; see `InputPath` for what it is relative to.
    mutating func inputPath(_ key: String, _ path: inout String?) {
        var value = path.map(InputPath.init)
        self.value(key, &value)
        path = value?.path
    }
}

/// Keys that belong together. A new section's properties hold the defaults.
package protocol ConfigurationSection: Sendable, Equatable {
    /// The key that a single word in the section's place gives: with `type`, `loss: huber` is `loss: {type: huber}`.
    static var shorthandKey: String? { get }
    /// Shows every key to `visitor`, in the order in which they are written. A key may depend on those before it.
    mutating func visit(_ visitor: inout some ConfigurationVisitor)
}

extension ConfigurationSection {
    package static var shorthandKey: String? { nil }
}

/// A section that exists once per name.
package protocol NamedSection: ConfigurationSection {
    /// What the list must name, to follow "at least": "one task".
    static var expectation: String { get }
    /// What a name must be, to follow "must be"; nil where `name` is one.
    static func refusal(of name: String) -> String?
    var name: String { get }
    /// The section with its defaults, under a name that is not refused.
    init(named name: String)
}
