/// A curve in a line of text: the higher the block, the larger the value.
enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")

    /// At most `width` characters, each the mean of as many values; what is not finite is left out.
    static func text(_ values: [Double], width: Int) -> String {
        let values = values.filter(\.isFinite)
        guard !values.isEmpty, width > 0 else { return "" }
        let count = min(width, values.count)
        let means = (0..<count).map { place in
            let part = values[place * values.count / count..<(place + 1) * values.count / count]
            return part.reduce(0, +) / Double(part.count)
        }
        let (low, high) = (means.min()!, means.max()!)
        return String(
            means.map { mean in
                let share = high > low ? (mean - low) / (high - low) : 0
                return blocks[min(Int(share * Double(blocks.count)), blocks.count - 1)]
            })
    }
}
