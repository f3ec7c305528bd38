/// A tensor as a safetensors file lists it.
package struct StoredTensor: Sendable, Equatable {
    package let name: String
    package let elementType: StoredElementType
    /// Row-major, last dimension fastest; empty for a scalar.
    package let shape: [Int]
    /// Where its bytes are, counted from the end of the header.
    let byteRange: Range<Int>

    package var byteCount: Int { byteRange.count }
    package var elementCount: Int { byteRange.count / elementType.byteCount }
}
