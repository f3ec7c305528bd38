/// Owns the arguments of a program's steps in memory that never moves, so that C can be handed plain pointers.
package final class ArgumentStore {
    private var blocks: [UnsafeMutableRawPointer] = []

    package init() {}

    deinit {
        for block in blocks { block.deallocate() }
    }

    /// Keeps a trivial value.
    package func keep<Value: BitwiseCopyable>(_ value: Value) -> UnsafeMutablePointer<Value> {
        keep([value])
    }

    /// Keeps trivial values one after the other; an empty list gets an address all the same.
    package func keep<Value: BitwiseCopyable>(_ values: [Value]) -> UnsafeMutablePointer<Value> {
        let size = max(1, values.count) * MemoryLayout<Value>.stride
        let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        blocks.append(block)
        let pointer = block.bindMemory(to: Value.self, capacity: max(1, values.count))
        pointer.initialize(from: values, count: values.count)
        return pointer
    }
}
