import TensorCore

/// Vectors of the renderer. Sums have a written order, so that every machine gives the same bits.
extension SIMD3 where Scalar == Float {
    func dot(_ other: SIMD3<Float>) -> Float {
        (x * other.x + y * other.y) + z * other.z
    }

    func cross(_ other: SIMD3<Float>) -> SIMD3<Float> {
        SIMD3(y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
    }

    var normalized: SIMD3<Float> {
        self / dot(self).squareRoot()
    }
}

/// An angle as its cosine and sine, from polynomials: the C library's may differ between machines.
struct RoomAngle {
    let cosine: Float
    let sine: Float

    init(degrees: Float) {
        let turns = degrees / 360
        // A quarter of the angle lies within ±π/4, where short Taylor series are exact to float32; two doublings follow.
        let quarter = (turns - turns.rounded()) * (Float.pi / 2)
        let square = quarter * quarter
        var s = quarter * (1 - square / 6 * (1 - square / 20 * (1 - square / 42)))
        var c = 1 - square / 2 * (1 - square / 12 * (1 - square / 30 * (1 - square / 56)))
        for _ in 0..<2 {
            (c, s) = (c * c - s * s, 2 * s * c)
        }
        let length = (c * c + s * s).squareRoot()
        cosine = c / length
        sine = s / length
    }
}

/// A place and three orthonormal axes in the world: metres, y up.
struct RoomFrame {
    var origin: SIMD3<Float>
    var x: SIMD3<Float>
    var y: SIMD3<Float>
    var z: SIMD3<Float>

    /// Standing upright; at 0 degrees the front (local z) faces world z, at 90 degrees world x.
    init(origin: SIMD3<Float>, yaw degrees: Float) {
        let angle = RoomAngle(degrees: degrees)
        self.origin = origin
        x = SIMD3(angle.cosine, 0, -angle.sine)
        y = SIMD3(0, 1, 0)
        z = SIMD3(angle.sine, 0, angle.cosine)
    }

    /// With local y along `axis`; the other two are any that complete the frame.
    init(origin: SIMD3<Float>, along axis: SIMD3<Float>) {
        self.origin = origin
        y = axis.normalized
        let helper: SIMD3<Float> = abs(y.x) < 0.7 ? SIMD3(1, 0, 0) : SIMD3(0, 0, 1)
        z = helper.cross(y).normalized
        x = y.cross(z)
    }

    /// A local point in the world.
    func point(_ local: SIMD3<Float>) -> SIMD3<Float> {
        origin + direction(local)
    }

    /// A local direction in the world.
    func direction(_ local: SIMD3<Float>) -> SIMD3<Float> {
        x * local.x + y * local.y + z * local.z
    }

    /// A world direction in local axes.
    func local(direction: SIMD3<Float>) -> SIMD3<Float> {
        SIMD3(x.dot(direction), y.dot(direction), z.dot(direction))
    }

    /// A world point in local axes.
    func local(point: SIMD3<Float>) -> SIMD3<Float> {
        local(direction: point - origin)
    }

    /// The frame at a local point, turned about its own x axis so that local y leans towards local z.
    func leaning(by degrees: Float, at local: SIMD3<Float> = .zero) -> RoomFrame {
        let angle = RoomAngle(degrees: degrees)
        var frame = self
        frame.origin = point(local)
        frame.y = y * angle.cosine + z * angle.sine
        frame.z = z * angle.cosine - y * angle.sine
        return frame
    }

    /// The frame at a local point, turned about its own y axis.
    func turned(by degrees: Float, at local: SIMD3<Float> = .zero) -> RoomFrame {
        let angle = RoomAngle(degrees: degrees)
        var frame = self
        frame.origin = point(local)
        frame.x = x * angle.cosine - z * angle.sine
        frame.z = z * angle.cosine + x * angle.sine
        return frame
    }
}

/// A pinhole camera in the world.
struct RoomCamera {
    let position: SIMD3<Float>
    /// The camera's axes: x right, y up, z backwards, towards the viewer.
    let right: SIMD3<Float>
    let up: SIMD3<Float>
    let back: SIMD3<Float>
    /// Focal length in units of half the picture's longer side.
    let focalLength: Float

    /// `heading` is a level unit vector; positive pitch looks up, positive roll leans to the left; degrees.
    init(position: SIMD3<Float>, heading: SIMD3<Float>, pitch: Float, roll: Float, focalLength: Float) {
        let elevation = RoomAngle(degrees: pitch)
        let tilt = RoomAngle(degrees: roll)
        let level = SIMD3(-heading.z, 0, heading.x)
        back = -SIMD3(heading.x * elevation.cosine, elevation.sine, heading.z * elevation.cosine)
        let upright = back.cross(level)
        right = level * tilt.cosine + upright * tilt.sine
        up = upright * tilt.cosine - level * tilt.sine
        self.position = position
        self.focalLength = focalLength
    }

    /// A world direction in camera axes.
    func local(direction: SIMD3<Float>) -> SIMD3<Float> {
        SIMD3(right.dot(direction), up.dot(direction), back.dot(direction))
    }
}

/// Numbers drawn one after another from one stream.
struct RoomDraws {
    let stream: RandomStream
    private var index: UInt64 = 0

    init(_ stream: RandomStream) {
        self.stream = stream
    }

    /// Uniform in `range`.
    mutating func uniform(_ range: ClosedRange<Float>) -> Float {
        defer { index += 1 }
        return range.lowerBound + (range.upperBound - range.lowerBound) * stream.unit(index)
    }

    /// Uniform in 0 ..< `count`.
    mutating func integer(below count: Int) -> Int {
        defer { index += 1 }
        return stream.integer(index, below: count)
    }

    mutating func chance(_ probability: Float) -> Bool {
        defer { index += 1 }
        return stream.unit(index) < probability
    }
}
