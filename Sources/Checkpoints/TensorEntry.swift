/// A tensor to be written: its name, type and shape, and where its values come from.
///
/// Values are row-major with the last dimension fastest; convolution weights are OIHW, as PyTorch shapes them. Large
/// tensors need not be copied: their memory is lent, or a closure produces them when their turn comes.
package struct TensorEntry {
    enum Content {
        /// Memory of the caller that stays until the file is written.
        case lent(UnsafeRawBufferPointer)
        /// Fills memory, shared by the entries of one file, when the tensor is written.
        case produced((UnsafeMutableRawBufferPointer) throws -> Void)
        case owned([UInt8])
    }

    package let name: String
    package let elementType: StoredElementType
    package let shape: [Int]
    let content: Content

    /// The bytes of all elements.
    package var byteCount: Int { shape.reduce(elementType.byteCount, *) }

    private init(name: String, elementType: StoredElementType, shape: [Int], content: Content) {
        precondition(name != SafetensorsHeader.metadataKey, "'\(name)' is not a tensor's name")
        precondition(shape.count <= SafetensorsHeader.maximumDimensions, "'\(name)' has too many dimensions")
        precondition(shape.allSatisfy { $0 >= 0 }, "'\(name)' has a negative dimension")
        self.name = name
        self.elementType = elementType
        self.shape = shape
        self.content = content
        switch content {
        case .lent(let bytes): precondition(bytes.count == byteCount, "'\(name)' has not the values of its shape")
        case .owned(let bytes): precondition(bytes.count == byteCount, "'\(name)' has not the values of its shape")
        case .produced: break
        }
    }

    /// Lends the elements at `memory`, which must stay unchanged until the file is written.
    package init<Element: StoredElement>(_ name: String, shape: [Int], lending memory: UnsafeBufferPointer<Element>) {
        self.init(name: name, elementType: Element.storedType, shape: shape, content: .lent(.init(memory)))
    }

    /// Calls `produce` when the tensor is written, with uninitialized memory for all its elements to fill.
    package init<Element: StoredElement>(
        _ name: String, shape: [Int], producing produce: @escaping (UnsafeMutableBufferPointer<Element>) throws -> Void
    ) {
        self.init(
            name: name, elementType: Element.storedType, shape: shape,
            content: .produced { try produce($0.bindMemory(to: Element.self)) })
    }

    /// Holds a copy of `values`: for counters and other small state.
    package init<Element: StoredElement>(_ name: String, shape: [Int], values: [Element]) {
        self.init(
            name: name, elementType: Element.storedType, shape: shape,
            content: .owned(values.withUnsafeBytes { Array($0) }))
    }

    /// Holds a copy of `bytes`, which stand in the file as they are, of any type.
    package init(_ name: String, elementType: StoredElementType, shape: [Int], bytes: [UInt8]) {
        self.init(name: name, elementType: elementType, shape: shape, content: .owned(bytes))
    }
}
