/// A convex solid that rays are tested against.
struct RoomPrimitive {
    enum Shape {
        /// Half extents along the local axes.
        case box
        /// Half axes.
        case ellipsoid
        /// An elliptic cylinder along local y.
        case cylinder
        /// A cylinder along local y with half spheres at its ends: radius `half.x`, whole half length `half.y`.
        case capsule
    }

    let shape: Shape
    /// Centre and axes.
    let frame: RoomFrame
    let half: SIMD3<Float>
    /// Every point lies within this distance of the centre.
    let boundingRadius: Float
    /// Index into the scene's materials.
    let material: Int
    /// Index into the scene's objects.
    let object: Int
    /// Body part, 0 for what is no person.
    let part: Int

    init(shape: Shape, frame: RoomFrame, half: SIMD3<Float>, material: Int, object: Int, part: Int) {
        self.shape = shape
        self.frame = frame
        self.half = half
        self.material = material
        self.object = object
        self.part = part
        switch shape {
        case .box: boundingRadius = half.dot(half).squareRoot() * 1.0001
        case .ellipsoid: boundingRadius = half.max() * 1.0001
        case .cylinder:
            let radius = max(half.x, half.z)
            boundingRadius = (radius * radius + half.y * half.y).squareRoot() * 1.0001
        case .capsule: boundingRadius = half.y * 1.0001
        }
    }

    /// Where a ray in local axes enters the solid, in units of `direction`; infinity when it misses.
    @inline(__always)
    func entry(origin o: SIMD3<Float>, direction d: SIMD3<Float>) -> Float {
        switch shape {
        case .box:
            let ix = RoomPrimitive.inverse(d.x)
            let iy = RoomPrimitive.inverse(d.y)
            let iz = RoomPrimitive.inverse(d.z)
            let cx = -o.x * ix
            let cy = -o.y * iy
            let cz = -o.z * iz
            let ex = abs(half.x * ix)
            let ey = abs(half.y * iy)
            let ez = abs(half.z * iz)
            let enter = max(cx - ex, max(cy - ey, cz - ez))
            let leave = min(cx + ex, min(cy + ey, cz + ez))
            return enter <= leave ? enter : .infinity
        case .ellipsoid:
            let origin = o / half
            let direction = d / half
            let a = direction.dot(direction)
            let b = origin.dot(direction)
            let c = origin.dot(origin) - 1
            let discriminant = b * b - a * c
            return discriminant > 0 ? (-b - discriminant.squareRoot()) / a : .infinity
        case .cylinder:
            let ox = o.x / half.x
            let oz = o.z / half.z
            let dx = d.x / half.x
            let dz = d.z / half.z
            let a = max(dx * dx + dz * dz, 1e-12)
            let b = ox * dx + oz * dz
            let c = ox * ox + oz * oz - 1
            let discriminant = b * b - a * c
            guard discriminant > 0 else { return .infinity }
            let root = discriminant.squareRoot()
            let iy = RoomPrimitive.inverse(d.y)
            let cy = -o.y * iy
            let ey = abs(half.y * iy)
            let enter = max((-b - root) / a, cy - ey)
            let leave = min((-b + root) / a, cy + ey)
            return enter <= leave ? enter : .infinity
        case .capsule:
            let a = max(d.x * d.x + d.z * d.z, 1e-12)
            let b = o.x * d.x + o.z * d.z
            let c = o.x * o.x + o.z * o.z - half.x * half.x
            let discriminant = b * b - a * c
            guard discriminant > 0 else { return .infinity }
            let side = (-b - discriminant.squareRoot()) / a
            let height = o.y + side * d.y
            let segment = half.y - half.x
            if abs(height) < segment { return side }
            let end = SIMD3(o.x, o.y - (height < 0 ? -segment : segment), o.z)
            let aEnd = a + d.y * d.y
            let bEnd = end.dot(d)
            let cEnd = end.dot(end) - half.x * half.x
            let discriminantEnd = bEnd * bEnd - aEnd * cEnd
            return discriminantEnd > 0 ? (-bEnd - discriminantEnd.squareRoot()) / aEnd : .infinity
        }
    }

    /// 1 / `value`, finite also where a ray runs along a face.
    @inline(__always)
    private static func inverse(_ value: Float) -> Float {
        1 / (abs(value) > 1e-12 ? value : 1e-12)
    }

    /// The outward unit normal at a point of the surface that a ray along `d` has entered at; all in local axes.
    func normal(at p: SIMD3<Float>, direction d: SIMD3<Float>) -> SIMD3<Float> {
        switch shape {
        case .box:
            // Only faces that look against the ray: rounding at an edge then cannot pick a hidden one.
            let sx: Float = d.x > 0 ? -1 : 1
            let sy: Float = d.y > 0 ? -1 : 1
            let sz: Float = d.z > 0 ? -1 : 1
            let fx = sx * p.x - half.x
            let fy = sy * p.y - half.y
            let fz = sz * p.z - half.z
            if fx >= fy && fx >= fz { return SIMD3(sx, 0, 0) }
            return fy >= fz ? SIMD3(0, sy, 0) : SIMD3(0, 0, sz)
        case .ellipsoid:
            return (p / (half * half)).normalized
        case .cylinder:
            let sy: Float = d.y > 0 ? -1 : 1
            let rx = p.x / half.x
            let rz = p.z / half.z
            if sy * p.y / half.y >= (rx * rx + rz * rz).squareRoot() { return SIMD3(0, sy, 0) }
            return SIMD3(rx / half.x, 0, rz / half.z).normalized
        case .capsule:
            let segment = half.y - half.x
            return SIMD3(p.x, p.y - min(max(p.y, -segment), segment), p.z).normalized
        }
    }
}
