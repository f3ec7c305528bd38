import CPNG

/// A PNG file that is encoded some rows at a time, so that neither its pixels nor its bytes need ever be there at once.
/// The same pixels always give the same bytes, however they are parted.
package final class PNGWriter {
    /// What pixels are; see ``PNGFile/Pixels``.
    package enum Layout: Sendable, Equatable {
        case grey
        case rgb
        case indices(colors: [UInt8])
        case grey16

        fileprivate var bytesPerPixel: Int {
            switch self {
            case .grey, .indices: 1
            case .grey16: 2
            case .rgb: 3
            }
        }
    }

    package let layout: Layout
    private let rowByteCount: Int
    private var rowsLeft: Int
    private let writer: OpaquePointer

    /// Begins a picture of at least one pixel.
    package init(height: Int, width: Int, _ layout: Layout) {
        precondition(height > 0 && width > 0, "a picture has at least one pixel")
        self.layout = layout
        rowByteCount = width * layout.bytesPerPixel
        rowsLeft = height
        var writer: OpaquePointer?
        let (kind, colors): (cpng_layout, [UInt8]) =
            switch layout {
            case .grey: (CPNG_GREY, [])
            case .rgb: (CPNG_RGB, [])
            case .indices(let colors): (CPNG_PALETTE, colors)
            case .grey16: (CPNG_GREY16, [])
            }
        let result = withErrorText { text, capacity in
            cpng_writer_create(
                kind, UInt32(width), UInt32(height), colors, UInt32(colors.count / 3), &writer, text, capacity)
        }
        // The shape was checked, so only memory can be missing, which ends a Swift program in any case.
        precondition(result.status == CPNG_OK.rawValue, "a PNG file could not be begun: \(result.text)")
        self.writer = writer!
    }

    deinit {
        cpng_writer_destroy(writer)
    }

    /// The file's next bytes, with these rows; after the picture's last row they are all.
    package func encode(rows: UnsafeRawBufferPointer) -> [UInt8] {
        let count = rows.count / rowByteCount
        precondition(
            rows.count == count * rowByteCount && count <= rowsLeft, "a picture's pixels must fill its shape")
        rowsLeft -= count
        var encoded: UnsafePointer<UInt8>?
        var encodedCount = 0
        let result = withErrorText { text, capacity in
            cpng_writer_rows(
                writer, rows.baseAddress, UInt32(count), rowsLeft == 0 ? 1 : 0, &encoded, &encodedCount, text, capacity)
        }
        precondition(result.status == CPNG_OK.rawValue, "a PNG file could not be encoded: \(result.text)")
        return [UInt8](UnsafeBufferPointer(start: encoded, count: encodedCount))
    }

    /// The same for rows in an array.
    package func encode(rows: [UInt8]) -> [UInt8] {
        rows.withUnsafeBytes { encode(rows: $0) }
    }
}
