/// What tallies have of single samples as bytes, in which form it travels between ranks of one kind of machine.
extension MetricTally {
    /// Samples and rows as 64-bit words, the samples after their number; then the pixels' values. Counts are not in it.
    package func encoded() -> [UInt8] {
        let words = [Int64(samples.count)] + samples.map(Int64.init) + rows.map { Int64(bitPattern: $0.bitPattern) }
        return words.withUnsafeBytes { Array($0) } + pixelValues.withUnsafeBytes { Array($0) }
    }

    /// A tally of this kind from what `encoded` gave on another rank, and counts.
    package func decoded(_ bytes: [UInt8], counts: [Int64]) -> MetricTally {
        bytes.withUnsafeBytes { bytes in
            var place = 0
            func next() -> Int64 {
                defer { place += 8 }
                return bytes.loadUnaligned(fromByteOffset: place, as: Int64.self)
            }
            let samples = (0..<next()).map { _ in Int(next()) }
            let rows = (0..<samples.count * columns).map { _ in Double(bitPattern: UInt64(bitPattern: next())) }
            let values = stride(from: place, to: bytes.count, by: 4).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: Float.self)
            }
            return replacing(counts: counts, samples: samples, rows: rows, pixelValues: values)
        }
    }
}
