/// A tensor as a file lists it.
package struct StoredTensor: Sendable, Equatable {
    package let name: String
    package let elementType: StoredElementType
    /// Last dimension fastest; empty for a scalar. The product of the dimensions and the element's bytes is known to
    /// be an `Int`.
    package let shape: [Int]
    /// Where its elements lie, counted from where the file's data begin: all of these bytes are in the file.
    let byteRange: Range<Int>
    /// For each dimension the step to its next index, in elements; nil where elements stand row-major without gaps.
    var strides: [Int]?

    /// Which elements a tensor has, and in which order: tensors of one file that agree in it have equal elements.
    struct View: Hashable {
        let elementType: StoredElementType
        let shape: [Int]
        let byteRange: Range<Int>
        let strides: [Int]?
    }

    var view: View { View(elementType: elementType, shape: shape, byteRange: byteRange, strides: strides) }

    package var elementCount: Int { shape.reduce(1, *) }
    package var byteCount: Int { elementCount * elementType.byteCount }

    /// The bytes of `shape`, or nil where no memory could hold them.
    static func byteCount(of shape: [Int], _ type: StoredElementType) -> Int? {
        var byteCount = type.byteCount
        for dimension in shape {
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { return nil }
            byteCount = product
        }
        return byteCount
    }
}
