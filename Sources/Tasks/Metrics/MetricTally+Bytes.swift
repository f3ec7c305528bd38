/// Tallies as bytes, in which form they travel between ranks of one kind of machine.
extension MetricTally {
    /// Counts, samples and rows as 64-bit words, each list after its length; then the pixels' values.
    package func encoded() -> [UInt8] {
        var words = [Int64(counts.count)] + counts + [Int64(samples.count)] + samples.map(Int64.init)
        words += rows.map { Int64(bitPattern: $0.bitPattern) }
        return words.withUnsafeBytes { Array($0) } + pixelValues.withUnsafeBytes { Array($0) }
    }

    /// A tally of this kind from what `encoded` gave on another rank.
    package func decoded(_ bytes: [UInt8]) -> MetricTally {
        bytes.withUnsafeBytes { bytes in
            var place = 0
            func next() -> Int64 {
                defer { place += 8 }
                return bytes.loadUnaligned(fromByteOffset: place, as: Int64.self)
            }
            let counts = (0..<next()).map { _ in next() }
            let samples = (0..<next()).map { _ in Int(next()) }
            let rows = (0..<samples.count * columns).map { _ in Double(bitPattern: UInt64(bitPattern: next())) }
            let values = stride(from: place, to: bytes.count, by: 4).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: Float.self)
            }
            return replacing(counts: counts, samples: samples, rows: rows, pixelValues: values)
        }
    }
}
