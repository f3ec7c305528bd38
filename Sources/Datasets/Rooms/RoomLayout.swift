import TensorCore

/// Finds places for furniture, people and clutter, so that they stand free and mostly in view.
struct RoomLayout {
    private let stream: RandomStream
    private let extent: SIMD3<Float>
    private(set) var camera: RoomCamera
    private(set) var materials: [RoomMaterial]
    private(set) var objects: [RoomObject] = []
    private(set) var primitives: [RoomPrimitive] = []
    private var draws: RoomDraws
    /// Taken floor: low x, low z, high x, high z of each thing.
    private var taken: [SIMD4<Float>] = []
    /// Where somebody may sit or lie, with the height of that place.
    private var places: [(frame: RoomFrame, posture: RoomPosture, height: Float)] = []
    private var subject: RoomObject?

    init(scene: RoomScene, stream: RandomStream) {
        self.stream = stream
        extent = scene.extent
        camera = scene.camera
        materials = scene.materials
        draws = RoomDraws(stream.substream("layout"))
    }

    /// Fills the room around what it holds already.
    mutating func furnish() {
        let standing = draws.chance(0.75) ? 1 + draws.integer(below: 2) : 0
        if standing > 0 { placePerson() }
        // Beds need more room than anything else, so they choose before the tables.
        if draws.chance(0.4) { placeAgainstWall(.bed) }
        for _ in 0..<(1 + draws.integer(below: 2)) { placeTable() }
        let large: [RoomObjectKind] = [.bed, .sofa, .cabinet, .shelf, .cabinet, .sofa]
        for _ in 0..<(5 + draws.integer(below: 4)) {
            placeAgainstWall(large[draws.integer(below: large.count)])
        }
        if standing > 1 { placePerson() }
        if standing > 0, draws.chance(0.5) { seatPerson() }
        for _ in 0..<(2 + draws.integer(below: 4)) { placePanel() }
        let small: [RoomObjectKind] = [.lamp, .plant, .ball, .crate, .chair]
        for _ in 0..<(3 + draws.integer(below: 5)) {
            placeFreely(small[draws.integer(below: small.count)])
        }
    }

    // MARK: - The subject of classification

    /// Puts an object of `kind` in the room and turns the camera to it.
    mutating func aim(at kind: RoomObjectKind) {
        var size = kind.size(&draws)
        let frame: RoomFrame
        if kind == .panel {
            size *= 1.3
            frame = RoomFrame(
                origin: SIMD3(extent.x * draws.uniform(0.35...0.65), draws.uniform(1.1...1.5), 0), yaw: 0)
        } else {
            let centre = SIMD3(extent.x * draws.uniform(0.35...0.65), 0, extent.z * draws.uniform(0.25...0.45))
            frame = RoomFrame(origin: centre, yaw: draws.uniform(-70...70))
        }
        let posture: RoomPosture? =
            kind == .person ? [.standing, .walking, .reaching, .crouching][draws.integer(below: 4)] : nil
        add(kind, frame: frame, size: size, posture: posture)
        let object = objects[0]
        subject = object
        if kind != .panel { take(frame: frame, size: size) }

        let reach = max(object.radius, 0.3)
        let distance = max(reach * draws.uniform(1.7...2.4), 0.7)
        let elevation = RoomAngle(degrees: kind == .panel ? draws.uniform(-8...12) : draws.uniform(6...30))
        let heading = RoomAngle(degrees: draws.uniform(-32...32))
        var position =
            object.centre + SIMD3(
                heading.sine * elevation.cosine, elevation.sine, heading.cosine * elevation.cosine) * distance
        let margin: Float = 0.15
        position.clamp(lowerBound: SIMD3(margin, 0.45, margin), upperBound: extent - margin)
        let way = object.centre - position
        let level = (way.x * way.x + way.z * way.z).squareRoot()
        // The slope towards the object, as an angle: the tangent's first terms do for these modest slopes.
        let slope = way.y / max(level, 0.2)
        let pitch = slope * (1 - slope * slope * 0.22) * (180 / Float.pi) + draws.uniform(-5...5)
        camera = RoomScene.aimed(
            from: position, to: object.centre + SIMD3(draws.uniform(-0.2...0.2), 0, 0) * reach,
            pitch: min(max(pitch, -45), 20), roll: draws.uniform(-2.5...2.5), focalLength: draws.uniform(1.2...1.7))
    }

    // MARK: - Kinds of places

    private mutating func placeAgainstWall(_ kind: RoomObjectKind) {
        let size = kind.size(&draws)
        for _ in 0..<12 {
            let gap = size.z * 0.5 + 0.03
            let frame: RoomFrame
            switch draws.integer(below: 6) {
            case 0:
                frame = RoomFrame(origin: SIMD3(gap, 0, extent.z * draws.uniform(0.05...0.75)), yaw: 90)
            case 1:
                frame = RoomFrame(origin: SIMD3(extent.x - gap, 0, extent.z * draws.uniform(0.05...0.75)), yaw: -90)
            case 2:
                frame = RoomFrame(origin: SIMD3(extent.x * draws.uniform(0...1), 0, gap), yaw: 0)
            default:
                // Some stand free, turned anyhow; what is tall would hide too much there.
                guard size.y < 1.7 else { continue }
                frame = RoomFrame(origin: floorPoint(), yaw: draws.uniform(-180...180))
            }
            if claim(frame: frame, size: size, kind: kind) { return }
        }
    }

    private mutating func placeTable() {
        let size = RoomObjectKind.table.size(&draws)
        for _ in 0..<12 {
            let frame = RoomFrame(origin: floorPoint(), yaw: draws.uniform(-90...90))
            guard claim(frame: frame, size: size, kind: .table) else { continue }
            placeThings(on: frame, size: size)
            for side in 0..<4 where draws.chance(size.y > 0.6 ? 0.6 : 0.15) {
                let along = side < 2 ? size.z : size.x
                let chair = RoomObjectKind.chair.size(&draws)
                let distance = along * 0.5 + draws.uniform(0.02...0.35)
                let seat = frame.turned(by: Float(side) * 180 + (side < 2 ? 0 : 90))
                // Chairs face the table: their front is the way back to its middle.
                var place = seat.turned(by: 180 + draws.uniform(-25...25), at: SIMD3(0, 0, distance))
                place.origin.y = 0
                _ = claim(frame: place, size: chair, kind: .chair, mayTouch: true)
            }
            return
        }
    }

    private mutating func placeFreely(_ kind: RoomObjectKind) {
        let size = kind.size(&draws)
        for _ in 0..<12 {
            let frame = RoomFrame(origin: floorPoint(), yaw: draws.uniform(-180...180))
            if claim(frame: frame, size: size, kind: kind) { return }
        }
    }

    private mutating func placePerson() {
        let size = RoomObjectKind.person.size(&draws)
        let postures: [RoomPosture] = [.standing, .walking, .reaching, .crouching, .standing, .walking, .lying]
        let posture = postures[draws.integer(below: postures.count)]
        let floor: SIMD3<Float> = posture == .lying ? SIMD3(0.7, size.y, size.y + 0.1) : size
        for _ in 0..<12 {
            let frame = RoomFrame(origin: floorPoint(within: 2.8), yaw: draws.uniform(-180...180))
            guard isFree(frame: frame, size: floor) else { continue }
            take(frame: frame, size: floor)
            add(.person, frame: frame, size: size, posture: posture)
            return
        }
    }

    private mutating func seatPerson() {
        guard !places.isEmpty else { return }
        let place = places[draws.integer(below: places.count)]
        add(
            .person, frame: place.frame, size: RoomObjectKind.person.size(&draws), posture: place.posture,
            support: place.height)
    }

    private mutating func placePanel() {
        let size = RoomObjectKind.panel.size(&draws)
        let side = draws.integer(below: 3)
        let length = side == 0 ? extent.x : extent.z
        let place = draws.uniform(size.x * 0.5 + 0.1...length - size.x * 0.5 - 0.1)
        let height = draws.uniform(1.2...1.7)
        let origin: SIMD3<Float> =
            switch side {
            case 0: SIMD3(place, height, 0)
            case 1: SIMD3(0, height, place)
            default: SIMD3(extent.x, height, place)
            }
        // One above another would flicker.
        for object in objects where object.kind == .panel {
            let way = object.centre - origin
            if way.dot(way).squareRoot() < object.radius + size.x * 0.5 { return }
        }
        add(.panel, frame: RoomFrame(origin: origin, yaw: side == 0 ? 0 : (side == 1 ? 90 : -90)), size: size)
    }

    /// Clutter on top of something.
    private mutating func placeThings(on frame: RoomFrame, size: SIMD3<Float>) {
        for corner in 0..<3 where draws.chance(0.4) {
            let kind: RoomObjectKind = [.crate, .ball, .plant][draws.integer(below: 3)]
            let place = SIMD3(
                (Float(corner) - 1) * size.x * 0.3, size.y, draws.uniform(-0.25...0.25) * size.z)
            add(
                kind, frame: frame.turned(by: draws.uniform(-90...90), at: place),
                size: kind.size(&draws) * draws.uniform(0.35...0.55))
        }
    }

    // MARK: - Free floor

    /// A point of the floor in front of the camera.
    private mutating func floorPoint(within reach: Float = .infinity) -> SIMD3<Float> {
        let distance = draws.uniform(1.1...max(min(extent.z * 0.72, reach), 1.3))
        let aside = distance * draws.uniform(-0.6...0.6)
        let back = SIMD3(camera.back.x, 0, camera.back.z).normalized
        let right = SIMD3(back.z, 0, -back.x)
        var point = camera.position - back * distance + right * aside
        point.y = 0
        return point
    }

    /// The floor's rectangle under something of `size`.
    private func footprint(frame: RoomFrame, size: SIMD3<Float>) -> SIMD4<Float> {
        let halfX = (abs(frame.x.x) * size.x + abs(frame.z.x) * size.z) * 0.5
        let halfZ = (abs(frame.x.z) * size.x + abs(frame.z.z) * size.z) * 0.5
        return SIMD4(
            frame.origin.x - halfX, frame.origin.z - halfZ, frame.origin.x + halfX, frame.origin.z + halfZ)
    }

    private mutating func take(frame: RoomFrame, size: SIMD3<Float>) {
        taken.append(footprint(frame: frame, size: size))
    }

    private func isFree(frame: RoomFrame, size: SIMD3<Float>, mayTouch: Bool = false) -> Bool {
        let area = footprint(frame: frame, size: size)
        guard area.x > 0, area.y > 0, area.z < extent.x, area.w < extent.z else { return false }
        // Nothing right before the lens.
        let nearest = SIMD3(
            min(max(camera.position.x, area.x), area.z), 0, min(max(camera.position.z, area.y), area.w))
        let way = nearest - SIMD3(camera.position.x, 0, camera.position.z)
        guard way.dot(way) > 0.64 else { return false }
        if let subject, hides(subject, area) { return false }
        guard !mayTouch else { return true }
        for other in taken where area.x < other.z && other.x < area.z && area.y < other.w && other.y < area.w {
            return false
        }
        return true
    }

    /// Whether something on `area` may stand between the camera and the subject.
    private func hides(_ subject: RoomObject, _ area: SIMD4<Float>) -> Bool {
        let steps = 8
        for step in 0..<steps {
            let share = Float(step) / Float(steps)
            let point = camera.position + (subject.centre - camera.position) * share
            let clearance = 0.1 + subject.radius * 0.55 * share
            let dx = point.x - min(max(point.x, area.x), area.z)
            let dz = point.z - min(max(point.z, area.y), area.w)
            if dx * dx + dz * dz < clearance * clearance { return true }
        }
        return false
    }

    /// Puts the object there if the floor is free.
    private mutating func claim(
        frame: RoomFrame, size: SIMD3<Float>, kind: RoomObjectKind, mayTouch: Bool = false
    ) -> Bool {
        guard isFree(frame: frame, size: size, mayTouch: mayTouch) else { return false }
        take(frame: frame, size: size)
        add(kind, frame: frame, size: size)
        switch kind {
        case .chair:
            places.append((frame, .sitting, RoomObjectBuilder.chairSeat))
        case .sofa:
            let x = draws.uniform(-0.25...0.25) * size.x
            let seat = SIMD3(x, 0, size.z * 0.12)
            places.append((frame.turned(by: 0, at: seat), .sitting, RoomObjectBuilder.sofaSeat))
        case .bed:
            places.append((frame, .lying, RoomObjectBuilder.bedTop))
        default: break
        }
        return true
    }

    private mutating func add(
        _ kind: RoomObjectKind, frame: RoomFrame, size: SIMD3<Float>, posture: RoomPosture? = nil, support: Float = 0
    ) {
        var builder = RoomObjectBuilder(
            frame: frame, size: size, object: objects.count, firstMaterial: materials.count,
            stream: stream.substream("object").substream(UInt64(objects.count)))
        if kind == .person {
            builder.person(posture ?? .standing, support: support)
        } else {
            builder.furniture(kind)
        }
        objects.append(builder.finished(kind: kind, first: primitives.count))
        primitives += builder.primitives
        materials += builder.materials
    }
}
