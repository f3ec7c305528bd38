/// The factors by which pictures may be enlarged, written `[smallest, largest]`.
package struct ScaleRange: ConfigurationValue, Sendable {
    package var smallest: Double
    package var largest: Double

    package init(smallest: Double, largest: Double) {
        self.smallest = smallest
        self.largest = largest
    }

    package static let expectation = "[smallest, largest], two numbers"
    package var yaml: String { "[\(smallest.yaml), \(largest.yaml)]" }

    package static func read(_ node: YAMLNode) -> ScaleRange? {
        guard case .sequence(let items) = node.content, items.count == 2, let smallest = Double.read(items[0]),
            let largest = Double.read(items[1])
        else { return nil }
        return ScaleRange(smallest: smallest, largest: largest)
    }
}

extension Allowed where Value == ScaleRange {
    static func ascending(in range: ClosedRange<Double>) -> Self {
        Self("the smallest first, each from \(range.lowerBound) to \(range.upperBound)") {
            $0.smallest <= $0.largest && range.contains($0.smallest) && range.contains($0.largest)
        }
    }
}
