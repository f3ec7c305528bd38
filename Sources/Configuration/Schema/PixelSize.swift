/// The size of a picture in pixels, written `[height, width]`.
package struct PixelSize: ConfigurationValue, Sendable {
    package var height: Int
    package var width: Int

    package init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    package static let expectation = "[height, width], two whole numbers of pixels"
    package var yaml: String { "[\(height.yaml), \(width.yaml)]" }

    package static func read(_ node: YAMLNode) -> PixelSize? {
        guard case .sequence(let items) = node.content, items.count == 2, let height = Int.read(items[0]),
            let width = Int.read(items[1])
        else { return nil }
        return PixelSize(height: height, width: width)
    }
}

extension Allowed where Value == PixelSize {
    static func pixels(_ range: ClosedRange<Int>) -> Self {
        Self("each from \(range.lowerBound) to \(range.upperBound)") {
            range.contains($0.height) && range.contains($0.width)
        }
    }
}
