/// What the network gets for a picture's bytes: (v / 255 - mean) / deviation of each channel of RGB.
package struct ImageNormalization: Sendable {
    /// The statistics of ImageNet, which every pretrained bank in the field was trained with.
    package static let imageNet = ImageNormalization(
        mean: (0.485, 0.456, 0.406), deviation: (0.229, 0.224, 0.225))

    /// Of red, green and blue.
    package let mean: [Float]
    /// Of red, green and blue.
    package let deviation: [Float]
    /// The value of byte `b` in channel `c` is at `256 * c + b`.
    let table: [Float]

    package init(mean: (Float, Float, Float), deviation: (Float, Float, Float)) {
        var table: [Float] = []
        for (mean, deviation) in [(mean.0, deviation.0), (mean.1, deviation.1), (mean.2, deviation.2)] {
            table += (0..<256).map { (Float($0) / 255 - mean) / deviation }
        }
        self.table = table
        self.mean = [mean.0, mean.1, mean.2]
        self.deviation = [deviation.0, deviation.1, deviation.2]
    }

    /// The normalized value of a level from 0 to 255, which is truncated to a whole one.
    package func value(ofLevel level: Float, channel: Int) -> Float {
        table[256 * channel + Int(Self.byte(level))]
    }

    /// Truncates, as the reference programs do when they go back to bytes after resizing. What is no number is 0.
    @inline(__always)
    static func byte(_ level: Float) -> UInt8 {
        level > 0 ? (level < 255 ? UInt8(level) : 255) : 0
    }
}
