/// Builds files of PyTorch's older form, instruction by instruction, to read them back and to damage them.
///
/// The instructions: Python's Lib/pickletools.py.
package struct PickleBuilder {
    package init() {}

    /// A file whose object is `pickle`, with one storage `0` of so many floats, all 0.
    package func file(_ pickle: [UInt8], floats count: Int = 4) -> [UInt8] {
        let magic: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        let version: [UInt8] = [0x80, 2, 0x4D, 0xE9, 0x03, 0x2E]
        let system: [UInt8] = [0x80, 2, 0x7D, 0x2E]
        let keys: [UInt8] = [0x80, 2, 0x5D] + text("0") + [0x61, 0x2E]
        let storage = number(Int64(count)) + [UInt8](repeating: 0, count: 4 * count)
        return magic + version + system + [0x80, 2] + pickle + [0x2E] + keys + storage
    }

    /// A file of a state dictionary whose tensors all begin where the storage does, which the largest fills.
    package func file(_ tensors: [(name: String, shape: [Int])]) -> [UInt8] {
        file(floats: largest(tensors)) { dictionary(tensors) }
    }

    /// A file of several state dictionaries, each under a key.
    package func file(networks: [(key: String, tensors: [(name: String, shape: [Int])])]) -> [UInt8] {
        file(floats: networks.map { largest($0.tensors) }.max() ?? 0) {
            [0x7D] + networks.flatMap { text($0.key) + dictionary($0.tensors) + [0x73] }
        }
    }

    private func largest(_ tensors: [(name: String, shape: [Int])]) -> Int {
        tensors.map { $0.shape.reduce(1, *) }.max() ?? 0
    }

    /// What every tensor needs is made once, remembered and taken off the stack.
    private func file(floats count: Int, _ pickle: () -> [UInt8]) -> [UInt8] {
        let needed = storage(count: count) + remembered(0) + rebuilding + remembered(1) + hooks + remembered(2)
        return file(needed + pickle(), floats: count)
    }

    private func dictionary(_ tensors: [(name: String, shape: [Int])]) -> [UInt8] {
        var pickle: [UInt8] = [0x7D]
        for tensor in tensors {
            let strides = tensor.shape.indices.map { tensor.shape[($0 + 1)...].reduce(1, *) }
            pickle += text(tensor.name)
            pickle += rebuilt(
                recalled(1), recalled(0), offset: 0, shape: tensor.shape, strides: strides, hooks: recalled(2))
            pickle += [0x73]
        }
        return pickle
    }

    /// A tensor over a storage that claims `count` floats.
    package func tensor(
        count: Int = 4, offset: Int = 0, shape: [Int], strides: [Int], key: String = "0"
    ) -> [UInt8] {
        rebuilt(
            rebuilding, storage(count: count, key: key), offset: offset, shape: shape, strides: strides, hooks: hooks)
    }

    package func text(_ text: String) -> [UInt8] {
        [0x58] + number(UInt32(text.utf8.count)) + Array(text.utf8)
    }

    package func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + number(Int64(value)) }

    package func name(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

    /// What the instructions before have made, so that `recalled` makes it again.
    private func remembered(_ place: UInt8) -> [UInt8] { [0x71, place, 0x30] }

    private func recalled(_ place: UInt8) -> [UInt8] { [0x68, place] }

    private var rebuilding: [UInt8] { name("torch._utils", "_rebuild_tensor_v2") }

    private var hooks: [UInt8] { name("collections", "OrderedDict") + [0x29, 0x52] }

    private func storage(count: Int, key: String = "0") -> [UInt8] {
        [0x28] + text("storage") + name("torch", "FloatStorage") + text(key) + text("cpu") + integer(count)
            + [0x4E, 0x74, 0x51]
    }

    private func rebuilt(
        _ function: [UInt8], _ storage: [UInt8], offset: Int, shape: [Int], strides: [Int], hooks: [UInt8]
    ) -> [UInt8] {
        let place = integer(offset) + tuple(shape) + tuple(strides)
        return function + [0x28] + storage + place + [0x89] + hooks + [0x74, 0x52]
    }

    private func tuple(_ numbers: [Int]) -> [UInt8] { [0x28] + numbers.flatMap(integer) + [0x74] }

    private func number(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
