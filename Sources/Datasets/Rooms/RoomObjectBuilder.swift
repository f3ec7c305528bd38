import TensorCore

/// One thing in a room: a run of primitives.
struct RoomObject {
    let kind: RoomObjectKind
    /// Its primitives, as a range of the scene's.
    let primitives: Range<Int>
    /// A sphere around all of them.
    let centre: SIMD3<Float>
    let radius: Float
}

/// Puts primitives together, in the axes of an object that stands on the origin and faces local z.
struct RoomObjectBuilder {
    let frame: RoomFrame
    let size: SIMD3<Float>
    /// The object's index in the scene.
    let object: Int
    var draws: RoomDraws
    var primitives: [RoomPrimitive] = []
    var materials: [RoomMaterial] = []
    /// Index of `materials[0]` in the scene's list.
    private let firstMaterial: Int

    init(
        frame: RoomFrame, size: SIMD3<Float>, object: Int, firstMaterial: Int, stream: RandomStream
    ) {
        self.frame = frame
        self.size = size
        self.object = object
        self.firstMaterial = firstMaterial
        draws = RoomDraws(stream)
    }

    /// Adds a material and returns its index in the scene.
    mutating func material(emission: Float = 0) -> Int {
        var own = RoomDraws(draws.stream.substream(UInt64(materials.count)))
        materials.append(RoomMaterial(&own, emission: emission))
        return firstMaterial + materials.count - 1
    }

    mutating func add(
        _ shape: RoomPrimitive.Shape, frame: RoomFrame, half: SIMD3<Float>, material: Int,
        part: RoomBodyPart = .background
    ) {
        primitives.append(
            RoomPrimitive(
                shape: shape, frame: frame, half: half, material: material, object: object, part: part.rawValue))
    }

    /// A solid along the object's axes.
    mutating func add(
        _ shape: RoomPrimitive.Shape, at centre: SIMD3<Float>, half: SIMD3<Float>, material: Int
    ) {
        var placed = frame
        placed.origin = frame.point(centre)
        add(shape, frame: placed, half: half, material: material)
    }

    /// A capsule between two points of the object's axes.
    mutating func limb(
        from start: SIMD3<Float>, to end: SIMD3<Float>, radius: Float, material: Int,
        part: RoomBodyPart = .background
    ) {
        let axis = frame.direction(end - start)
        let length = axis.dot(axis).squareRoot()
        add(
            .capsule, frame: RoomFrame(origin: frame.point((start + end) * 0.5), along: axis),
            half: SIMD3(radius, length * 0.5 + radius, radius), material: material, part: part)
    }

    /// Four legs under a slab of `size` whose underside is at `height`.
    mutating func legs(height: Float, thickness: Float, material: Int) {
        let shape: RoomPrimitive.Shape = draws.chance(0.5) ? .box : .cylinder
        for corner in 0..<4 {
            let x = (size.x * 0.5 - thickness * 1.4) * (corner & 1 == 0 ? -1 : 1)
            let z = (size.z * 0.5 - thickness * 1.4) * (corner & 2 == 0 ? -1 : 1)
            add(
                shape, at: SIMD3(x, height * 0.5, z), half: SIMD3(thickness, height * 0.5, thickness),
                material: material)
        }
    }

    /// The finished object; its primitives start at `first` in the scene's list.
    func finished(kind: RoomObjectKind, first: Int) -> RoomObject {
        var low = SIMD3<Float>(repeating: .infinity)
        var high = -low
        for primitive in primitives {
            low.replace(
                with: primitive.frame.origin - primitive.boundingRadius,
                where: primitive.frame.origin - primitive.boundingRadius .< low)
            high.replace(
                with: primitive.frame.origin + primitive.boundingRadius,
                where: primitive.frame.origin + primitive.boundingRadius .> high)
        }
        let centre = (low + high) * 0.5
        var radius: Float = 0
        for primitive in primitives {
            let offset = primitive.frame.origin - centre
            radius = max(radius, offset.dot(offset).squareRoot() + primitive.boundingRadius)
        }
        return RoomObject(
            kind: kind, primitives: first..<(first + primitives.count), centre: centre, radius: radius)
    }
}
