/// The values that a key accepts out of all that its type can say.
package struct Allowed<Value> {
    /// Follows the type's expectation in a complaint: "a whole number" "from 1 to 16"; `nil` where the type says all.
    let sentence: String?
    let holds: (Value) -> Bool

    init(_ sentence: String?, _ holds: @escaping (Value) -> Bool) {
        self.sentence = sentence
        self.holds = holds
    }

    /// Every value of the type.
    static var all: Allowed { Allowed(nil) { _ in true } }
}

extension Allowed where Value: Comparable & ConfigurationValue {
    static func range(_ range: ClosedRange<Value>) -> Allowed {
        Allowed("from \(range.lowerBound.yaml) to \(range.upperBound.yaml)") { range.contains($0) }
    }

    static func range(_ range: Range<Value>) -> Allowed {
        Allowed("from \(range.lowerBound.yaml) to below \(range.upperBound.yaml)") { range.contains($0) }
    }

    /// More than `lower` and at most `upper`.
    static func above(_ lower: Value, upTo upper: Value) -> Allowed {
        Allowed("above \(lower.yaml) and at most \(upper.yaml)") { lower < $0 && $0 <= upper }
    }

    static func oneOf(_ values: [Value]) -> Allowed {
        Allowed("out of " + values.map(\.yaml).joined(separator: ", ")) { values.contains($0) }
    }
}

extension Allowed where Value == String {
    /// A path that the system can take; what is there is looked at by whoever opens it.
    static var path: Allowed {
        Allowed("that names a file or a folder") { path in
            !path.isEmpty && path.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        }
    }
}
