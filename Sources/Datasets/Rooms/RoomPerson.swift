/// What a person in a room does.
enum RoomPosture: CaseIterable {
    case standing, walking, reaching, sitting, crouching, lying
}

/// People made of limbs.
extension RoomObjectBuilder {
    /// Adds a person; `support` is the height of what they sit or lie on.
    mutating func person(_ posture: RoomPosture, support: Float) {
        let scale = size.y / 1.75
        let skin = material()
        let shirt = material()
        let trousers = material()
        let hair = material()
        let sleeve = draws.chance(0.5) ? shirt : skin
        let shin = draws.chance(0.7) ? trousers : skin

        let thigh = 0.44 * scale
        let calf = 0.42 * scale
        var legs: [(hip: Float, knee: Float)]
        var lean = draws.uniform(-4...12)
        switch posture {
        case .standing, .reaching:
            legs = (0..<2).map { _ in (draws.uniform(-8...8), draws.uniform(0...10)) }
        case .walking:
            let stride = draws.uniform(18...38)
            legs = [(stride, draws.uniform(2...20)), (-stride * 0.7, draws.uniform(10...40))]
            if draws.chance(0.5) { legs.swapAt(0, 1) }
        case .sitting:
            legs = (0..<2).map { _ in (draws.uniform(78...92), draws.uniform(65...100)) }
            lean = draws.uniform(-12...15)
        case .crouching:
            legs = (0..<2).map { _ in (draws.uniform(85...110), draws.uniform(115...135)) }
            lean = draws.uniform(15...40)
        case .lying:
            legs = (0..<2).map { _ in (draws.uniform(0...30), draws.uniform(0...45)) }
        }

        // The pelvis stands as high as the longer leg reaches, or on the support.
        let body: RoomFrame
        if posture == .lying {
            body = frame.leaning(by: -90, at: SIMD3(0, support + 0.13 * scale, size.y * 0.05))
        } else if posture == .sitting {
            body = frame.leaning(by: 0, at: SIMD3(0, support + 0.1 * scale, 0))
        } else {
            var reach: Float = 0
            for leg in legs {
                let down =
                    thigh * RoomAngle(degrees: leg.hip).cosine + calf * RoomAngle(degrees: leg.hip - leg.knee).cosine
                reach = max(reach, down)
            }
            body = frame.leaning(by: 0, at: SIMD3(0, reach + 0.06 * scale, 0))
        }
        let torso = body.leaning(by: lean)

        for (index, side): (Int, Float) in [(0, -1), (1, 1)] {
            let spread = draws.uniform(0...(posture == .sitting ? 16 : 8))
            let hip = body.point(SIMD3(side * 0.095 * scale, 0, 0))
            // Hanging straight down, then swung forward at hip and knee.
            let upper = body.turned(by: side * spread * 2).leaning(by: -legs[index].hip)
            let knee = hip - upper.y * thigh
            let lower = upper.leaning(by: legs[index].knee)
            let ankle = knee - lower.y * calf
            bone(from: hip, to: knee, radius: 0.078 * scale, material: trousers, part: .upperLegs)
            bone(from: knee, to: ankle, radius: 0.056 * scale, material: shin, part: .lowerLegs)
            var foot = lower.leaning(by: -min(legs[index].knee * 0.2, 10))
            foot.origin = ankle + lower.z * (0.07 * scale)
            add(
                .ellipsoid, frame: foot, half: SIMD3(0.05, 0.05, 0.13) * scale, material: hair, part: .lowerLegs)

            let shoulder = torso.point(SIMD3(side * 0.19 * scale, 0.46 * scale, 0))
            let raise: Float
            let bend: Float
            switch posture {
            case .reaching:
                raise = draws.uniform(60...165)
                bend = draws.uniform(0...50)
            case .walking:
                raise = -legs[index].hip * 0.8
                bend = draws.uniform(10...50)
            case .sitting, .crouching:
                raise = draws.uniform(5...60)
                bend = draws.uniform(20...95)
            case .standing, .lying:
                raise = draws.uniform(-12...35)
                bend = draws.uniform(0...90)
            }
            let outward = RoomAngle(degrees: draws.uniform(6...(posture == .reaching ? 60 : 30)))
            var arm = torso
            // Swings the arm away from the body about the torso's z axis.
            arm.y = torso.y * outward.cosine - torso.x * (side * outward.sine)
            arm.x = torso.x * outward.cosine + torso.y * (side * outward.sine)
            arm = arm.leaning(by: -raise)
            let elbow = shoulder - arm.y * (0.29 * scale)
            let forearm = arm.leaning(by: -bend)
            let wrist = elbow - forearm.y * (0.25 * scale)
            bone(from: shoulder, to: elbow, radius: 0.05 * scale, material: shirt, part: .upperArms)
            bone(from: elbow, to: wrist, radius: 0.042 * scale, material: sleeve, part: .lowerArms)
            var hand = forearm
            hand.origin = wrist - forearm.y * (0.07 * scale)
            add(.ellipsoid, frame: hand, half: SIMD3(0.045, 0.08, 0.04) * scale, material: skin, part: .lowerArms)
        }

        var chest = torso
        chest.origin = torso.point(SIMD3(0, 0.33, 0) * scale)
        add(.ellipsoid, frame: chest, half: SIMD3(0.19, 0.22, 0.125) * scale, material: shirt, part: .torso)
        var belly = torso
        belly.origin = torso.point(SIMD3(0, 0.1, 0) * scale)
        add(.ellipsoid, frame: belly, half: SIMD3(0.165, 0.2, 0.12) * scale, material: shirt, part: .torso)
        bone(
            from: torso.point(SIMD3(-0.16, 0.46, 0) * scale), to: torso.point(SIMD3(0.16, 0.46, 0) * scale),
            radius: 0.065 * scale, material: shirt, part: .torso)
        bone(
            from: torso.point(SIMD3(0, 0.48, 0) * scale), to: torso.point(SIMD3(0, 0.6, 0.01) * scale),
            radius: 0.05 * scale, material: skin, part: .head)
        var head = torso.leaning(by: draws.uniform(-15...20)).turned(by: draws.uniform(-50...50))
        head.origin = torso.point(SIMD3(0, 0.69, 0.02) * scale)
        add(.ellipsoid, frame: head, half: SIMD3(0.085, 0.12, 0.1) * scale, material: skin, part: .head)
        head.origin = head.point(SIMD3(0, 0.03, -0.025) * scale)
        add(.ellipsoid, frame: head, half: SIMD3(0.09, 0.11, 0.1) * scale, material: hair, part: .head)
    }

    /// A capsule between two points of the world.
    private mutating func bone(
        from start: SIMD3<Float>, to end: SIMD3<Float>, radius: Float, material: Int, part: RoomBodyPart
    ) {
        limb(
            from: frame.local(point: start), to: frame.local(point: end), radius: radius, material: material, part: part
        )
    }
}
