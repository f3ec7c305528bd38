/// A count that the program can choose by itself, written `auto` or a whole number.
package enum CountOrAutomatic: ConfigurationValue, Sendable {
    case automatic
    case count(Int)

    package static let expectation = "auto or a whole number"
    package static let words = ["auto"]

    package var yaml: String {
        switch self {
        case .automatic: "auto"
        case .count(let count): count.yaml
        }
    }

    package static func read(_ node: YAMLNode) -> CountOrAutomatic? {
        if case .scalar("auto", _) = node.content { return .automatic }
        return Int.read(node).map { .count($0) }
    }
}

extension Allowed where Value == CountOrAutomatic {
    static func count(_ range: ClosedRange<Int>) -> Self {
        Self("from \(range.lowerBound) to \(range.upperBound)") { value in
            switch value {
            case .automatic: true
            case .count(let count): range.contains(count)
            }
        }
    }
}
