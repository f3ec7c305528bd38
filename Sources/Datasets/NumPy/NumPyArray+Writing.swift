extension NumPyArray {
    /// The bytes of a `.npy` file of version 1.0: little-endian float32 values in row-major order.
    package static func encoded(_ values: [Float], shape: [Int]) -> [UInt8] {
        precondition(values.count == shape.reduce(1, *), "an array's values must fill its shape")
        return header(shape: shape) + values.withUnsafeBytes { Array($0) }
    }

    /// What such a file begins with; the values of an array of this shape follow.
    package static func header(shape: [Int]) -> [UInt8] {
        let sizes = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sizes)), }"
        // Values begin at a multiple of 64 bytes, after ten bytes and a header that ends its line.
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        let length = header.utf8.count
        return signature + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
    }
}
