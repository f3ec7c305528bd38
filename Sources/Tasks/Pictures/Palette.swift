/// Colours that stand for classes and for numbers.
package enum Palette {
    /// The colour of class `index` in the palette of the PASCAL VOC challenge, which goes on for 256 classes: the bits
    /// of the index, three at a time, become the bits of red, green and blue, highest first. 0 is black.
    package static func color(ofClass index: Int) -> Color {
        var rest = index & 255
        var (red, green, blue): (UInt8, UInt8, UInt8) = (0, 0, 0)
        for place in (0..<8).reversed() where rest != 0 {
            red |= UInt8(rest & 1) << place
            green |= UInt8(rest >> 1 & 1) << place
            blue |= UInt8(rest >> 2 & 1) << place
            rest >>= 3
        }
        return Color(red: red, green: green, blue: blue)
    }

    /// What is drawn where a class is unknown: the palette's colour of 255.
    package static let unknownClass = color(ofClass: 255)

    /// What is drawn where an edge, a salient pixel or a depth is unknown: a grey blue that no ramp passes through.
    package static let unknown = Color(red: 70, green: 90, blue: 120)

    /// The colour of a distance in 0 (near, bright) … 1 (far, dark); lightness falls evenly, so the order of distances
    /// is seen in grey too.
    package static func color(ofDistance share: Float) -> Color {
        let clamped = share > 0 ? min(share, 1) : 0
        let place = clamped * Float(distances.count - 1)
        let below = min(Int(place), distances.count - 2)
        let weight = place - Float(below)
        let mixed = distances[below] + weight * (distances[below + 1] - distances[below])
        return Color(red: UInt8(mixed.x + 0.5), green: UInt8(mixed.y + 0.5), blue: UInt8(mixed.z + 0.5))
    }

    /// Cream over orange, red and violet to dark blue.
    private static let distances: [SIMD3<Float>] = [
        [254, 246, 188], [253, 204, 116], [247, 156, 82], [226, 106, 84], [184, 70, 108], [134, 48, 120],
        [86, 34, 112], [42, 22, 82], [12, 10, 40],
    ]
}
