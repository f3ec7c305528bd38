import CZlib

/// Why a compressed stream was not inflated.
package enum InflateError: Error, Equatable {
    case damaged
    case cutShort
    case tooLarge
}

/// What stands around deflated bytes.
package enum InflateFormat: Sendable {
    /// zlib's header and checksum, as in MAT files (RFC 1950).
    case zlib
    /// Nothing, as in zip archives (RFC 1951).
    case deflate

    fileprivate var windowBits: Int32 {
        switch self {
        case .zlib: MAX_WBITS
        case .deflate: -MAX_WBITS
        }
    }
}

/// Inflates the stream `compressed`. Memory grows with what really comes out, and never beyond `byteLimit`, whatever the
/// stream's first bytes promise.
package func inflate(
    _ compressed: UnsafeRawBufferPointer, format: InflateFormat, byteLimit: Int
) throws(InflateError) -> [UInt8] {
    precondition(byteLimit > 0 && byteLimit <= Int(Int32.max) && compressed.count <= Int(UInt32.max))
    var stream = z_stream()
    stream.next_in = UnsafeMutablePointer(
        mutating: compressed.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(compressed.count)
    let status = inflateInit2_(&stream, format.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw .damaged }
    defer { inflateEnd(&stream) }

    var output = [UInt8](repeating: 0, count: min(byteLimit, 4 * compressed.count + 1024))
    var produced = 0
    while true {
        let status = output.withUnsafeMutableBufferPointer { buffer in
            stream.next_out = buffer.baseAddress! + produced
            stream.avail_out = UInt32(buffer.count - produced)
            let status = inflate(&stream, Z_NO_FLUSH)
            produced = buffer.count - Int(stream.avail_out)
            return status
        }
        switch status {
        case Z_STREAM_END:
            output.removeSubrange(produced...)
            return output
        case Z_OK, Z_BUF_ERROR:
            // Room left means that the input ran out.
            guard stream.avail_out == 0 else { throw .cutShort }
            guard output.count < byteLimit else { throw .tooLarge }
            output.append(contentsOf: repeatElement(0, count: min(output.count, byteLimit - output.count)))
        default:
            throw .damaged
        }
    }
}
