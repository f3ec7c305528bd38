/// Walks along the marked segments of a JPEG file, up to those of its pixels.
struct JPEGSegments {
    struct Segment {
        let marker: UInt8
        /// Where its contents begin, behind marker and length, and how many bytes they have.
        let start: Int
        let count: Int
    }

    private let bytes: (Int, Int) throws -> [UInt8]?
    private var offset = 2
    /// No honest file has many before its pixels, and a long one must not be walked through byte by byte.
    private var left = 1 << 14

    /// - Parameter bytes: gives so many bytes (the second number) from an offset (the first) on; nil beyond the end.
    init(_ bytes: @escaping (Int, Int) throws -> [UInt8]?) {
        self.bytes = bytes
    }

    /// The next segment; nil where pixels begin, and where the file is no JPEG or damaged.
    mutating func next() throws -> Segment? {
        if offset == 2, try bytes(0, 2) != [0xFF, 0xD8] { return nil }
        while left > 0, let head = try bytes(offset, 4), head[0] == 0xFF {
            left -= 1
            guard head[1] != 0xFF else {
                offset += 1
                continue
            }
            let length = Int(head[2]) << 8 | Int(head[3])
            // Pixels, the end, or a segment that is shorter than its length's own two bytes.
            guard head[1] != 0xDA, head[1] != 0xD9, length >= 2 else { return nil }
            defer { offset += 2 + length }
            return Segment(marker: head[1], start: offset + 4, count: length - 2)
        }
        return nil
    }

    /// The contents of a segment; nil where the file ends before them.
    func contents(_ segment: Segment) throws -> [UInt8]? { try bytes(segment.start, segment.count) }
}
