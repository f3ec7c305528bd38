import TensorCore

/// A surface's colours and its procedural texture, drawn without regard to what the surface belongs to.
struct RoomMaterial {
    enum Pattern: CaseIterable {
        case plain, stripes, checks, noise, wood, dots, tiles
    }

    let pattern: Pattern
    /// Linear reflectance of the texture's two ends.
    let first: SIMD3<Float>
    let second: SIMD3<Float>
    /// Repeats per metre.
    let frequency: Float
    /// Unit direction of stripes and grain in the surface's local axes.
    let direction: SIMD3<Float>
    let offset: SIMD3<Float>
    /// Lattice values of the noise.
    let lattice: RandomStream
    /// Light that the surface gives off, as a multiple of its reflectance.
    let emission: Float

    init(_ draws: inout RoomDraws, emission: Float = 0) {
        if draws.chance(0.5) {
            pattern = .plain
        } else {
            pattern = Pattern.allCases[draws.integer(below: Pattern.allCases.count)]
        }
        first = RoomMaterial.colour(&draws)
        // Half of the textures are shades of one colour, as cloth and wood are; the others join two.
        if draws.chance(0.5) {
            second = first * draws.uniform(0.35...0.75)
        } else {
            second = RoomMaterial.colour(&draws)
        }
        frequency = 1 / draws.uniform(0.08...0.6)
        // Mostly along an axis; a few run askew.
        let axis = draws.integer(below: 3)
        var along = SIMD3<Float>(axis == 0 ? 1 : 0, axis == 1 ? 1 : 0, axis == 2 ? 1 : 0)
        if draws.chance(0.3) {
            along += SIMD3(draws.uniform(-1...1), draws.uniform(-1...1), draws.uniform(-1...1)) * 0.6
        }
        direction = along.dot(along) > 0.01 ? along.normalized : SIMD3(0, 1, 0)
        offset = SIMD3(draws.uniform(3...9), draws.uniform(3...9), draws.uniform(3...9))
        lattice = draws.stream.substream("lattice")
        self.emission = emission
    }

    /// Any hue, from grey to vivid and from dark to light.
    private static func colour(_ draws: inout RoomDraws) -> SIMD3<Float> {
        let hue = draws.uniform(0...6)
        let vividness = draws.uniform(0...1)
        let saturation = vividness * vividness * 0.85
        let lightness = draws.uniform(0.22...0.95)
        var colour = SIMD3<Float>.zero
        for channel in 0..<3 {
            // The hue circle's three ramps, a third of the circle apart.
            let position = (hue + Float(2 * channel)).truncatingRemainder(dividingBy: 6)
            let ramp = min(max(abs(position - 3) - 1, 0), 1)
            colour[channel] = lightness * (1 - saturation * (1 - ramp))
        }
        // Displays square the signal, roughly.
        return colour * colour
    }

    /// Reflectance at a local point that a pixel `footprint` metres wide sees.
    func reflectance(at point: SIMD3<Float>, footprint: Float) -> SIMD3<Float> {
        if pattern == .plain { return first }
        // Patterns finer than a pixel fade into their mean.
        let contrast = min(max(1.6 - 2.4 * footprint * frequency, 0), 1)
        let share = 0.5 + (blend(at: (point + offset) * frequency) - 0.5) * contrast
        return first + (second - first) * share
    }

    /// The share of the second colour, 0 … 1, at a point in units of the texture's period.
    private func blend(at q: SIMD3<Float>) -> Float {
        switch pattern {
        case .plain:
            return 0
        case .stripes:
            return fraction(q.dot(direction)) < 0.5 ? 1 : 0
        case .checks:
            return (whole(q.x) + whole(q.y) + whole(q.z)) & 1 == 0 ? 1 : 0
        case .noise:
            let value = 0.65 * noise(q * 2) + 0.35 * noise(q * 5)
            return min(max(value * 2.2 - 0.6, 0), 1)
        case .wood:
            let ring = fraction(q.dot(direction) * 1.5 + 0.9 * noise(q * SIMD3(1, 0.35, 1)))
            return ring * ring
        case .dots:
            let cell = SIMD3(fraction(q.x), fraction(q.y), fraction(q.z)) - 0.5
            return cell.dot(cell) < 0.12 ? 1 : 0
        case .tiles:
            return min(fraction(q.x), min(fraction(q.y), fraction(q.z))) < 0.07 ? 1 : 0
        }
    }

    private func whole(_ value: Float) -> Int {
        let truncated = Int(value)
        return Float(truncated) > value ? truncated - 1 : truncated
    }

    private func fraction(_ value: Float) -> Float {
        value - Float(whole(value))
    }

    /// Trilinear noise between random values at whole coordinates, 0 … 1.
    private func noise(_ q: SIMD3<Float>) -> Float {
        let x = whole(q.x)
        let y = whole(q.y)
        let z = whole(q.z)
        var share = q - SIMD3(Float(x), Float(y), Float(z))
        share = share * share * (3 - 2 * share)
        let corner = UInt64(bitPattern: Int64(x + (y << 20) + (z << 40)))
        func row(_ index: UInt64) -> Float {
            let near = lattice.unit(index)
            return near + (lattice.unit(index &+ 1) - near) * share.x
        }
        func plane(_ index: UInt64) -> Float {
            let near = row(index)
            return near + (row(index &+ (1 << 20)) - near) * share.y
        }
        let near = plane(corner)
        return near + (plane(corner &+ (1 << 40)) - near) * share.z
    }
}
