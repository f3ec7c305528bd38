import TensorCore

/// A light with the extent of a small ball.
struct RoomLight {
    let position: SIMD3<Float>
    /// Irradiance one metre away, per channel.
    let power: SIMD3<Float>
    let radius: Float
}

/// A furnished room, its lights and the camera in it.
///
/// The room is the box from the origin to `extent` with the world's y axis up; the camera stands in the half with
/// larger z and looks towards smaller z.
struct RoomScene {
    /// The inner faces of the room.
    enum Side: Int, CaseIterable {
        case left, right, floor, ceiling, back, front

        var semanticClass: RoomSemanticClass {
            switch self {
            case .floor: .floor
            case .ceiling: .ceiling
            case .left, .right, .back, .front: .wall
            }
        }
    }

    var extent: SIMD3<Float>
    var camera: RoomCamera
    var lights: [RoomLight]
    /// Light from everywhere, per channel: on surfaces that face down, and how much more on those that face up.
    var ambient: SIMD3<Float>
    var ambientFromAbove: SIMD3<Float>
    /// The first six belong to the sides of the room, in their order.
    var materials: [RoomMaterial]
    var objects: [RoomObject] = []
    var primitives: [RoomPrimitive] = []
    /// Numbers of each pixel: noise and the points of lights that its shadow rays aim at.
    let pixels: RandomStream

    /// The scene of a stream; with `subject`, the camera looks at an object of that kind from nearby.
    init(stream: RandomStream, subject: RoomObjectKind? = nil) {
        var draws = RoomDraws(stream.substream("room"))
        extent = SIMD3(draws.uniform(3.4...6), draws.uniform(2.4...3.2), draws.uniform(3.8...6.5))
        pixels = stream.substream("pixels")

        var walls = RoomDraws(stream.substream("walls"))
        let wall = RoomMaterial(&walls)
        var other = RoomDraws(stream.substream("accent"))
        let accent = walls.chance(0.3) ? RoomMaterial(&other) : wall
        var ground = RoomDraws(stream.substream("floor"))
        var above = RoomDraws(stream.substream("ceiling"))
        materials = [wall, accent, RoomMaterial(&ground), RoomMaterial(&above), wall, accent]

        var lamps = RoomDraws(stream.substream("lights"))
        let ambientLevel = lamps.uniform(0.12...0.4)
        ambient = RoomScene.tint(&lamps) * ambientLevel
        ambientFromAbove = RoomScene.tint(&lamps) * (ambientLevel * lamps.uniform(0...0.6))
        lights = []
        for index in 0..<(1 + lamps.integer(below: 2)) {
            let height = lamps.uniform(0.5...0.93)
            let share = SIMD3(lamps.uniform(0.1...0.9), height, lamps.uniform(0.1...0.95))
            let power = lamps.uniform(2.2...5.5) * (index == 0 ? 1 : lamps.uniform(0.3...0.8))
            lights.append(
                RoomLight(
                    position: share * extent, power: RoomScene.tint(&lamps) * power, radius: lamps.uniform(0.02...0.09))
            )
        }

        camera = RoomScene.camera(extent: extent, stream: stream)
        var layout = RoomLayout(scene: self, stream: stream)
        if let subject { layout.aim(at: subject) }
        camera = layout.camera
        layout.furnish()
        materials = layout.materials
        objects = layout.objects
        primitives = layout.primitives
    }

    /// A camera at about eye height near the front wall.
    private static func camera(extent: SIMD3<Float>, stream: RandomStream) -> RoomCamera {
        var draws = RoomDraws(stream.substream("camera"))
        let position = SIMD3(
            extent.x * draws.uniform(0.2...0.8), draws.uniform(0.8...2.0), extent.z * draws.uniform(0.75...0.96))
        // Towards a point of the far half, so that the room lies in view.
        let target = SIMD3(extent.x * draws.uniform(-0.2...1.2), 0, extent.z * draws.uniform(0.0...0.5))
        return aimed(
            from: position, to: target, pitch: draws.uniform(-38...14), roll: draws.uniform(-6...6),
            focalLength: draws.uniform(1.15...1.6))
    }

    /// The camera at `position` whose heading is that of `target`.
    static func aimed(
        from position: SIMD3<Float>, to target: SIMD3<Float>, pitch: Float, roll: Float, focalLength: Float
    ) -> RoomCamera {
        let way = target - position
        return RoomCamera(
            position: position, heading: SIMD3(way.x, 0, way.z).normalized, pitch: pitch, roll: roll,
            focalLength: focalLength)
    }

    /// A colour of light around white.
    private static func tint(_ draws: inout RoomDraws) -> SIMD3<Float> {
        SIMD3(draws.uniform(0.75...1.2), draws.uniform(0.8...1.1), draws.uniform(0.7...1.2))
    }
}
