/// What the things in a room are made of.
extension RoomObjectBuilder {
    /// Adds the primitives of an object of `kind`; people are built by `person(posture:)`.
    mutating func furniture(_ kind: RoomObjectKind) {
        switch kind {
        case .chair: chair()
        case .sofa: sofa()
        case .bed: bed()
        case .table: table()
        case .cabinet: cabinet()
        case .shelf: shelf()
        case .lamp: lamp()
        case .plant: plant()
        case .ball: ball()
        case .crate: crate()
        case .panel: panel()
        case .person: person(.standing, support: 0)
        }
    }

    /// The height of a chair's seat.
    static let chairSeat: Float = 0.46
    /// The height of a sofa's seat.
    static let sofaSeat: Float = 0.44
    /// The height of a bed's cover.
    static let bedTop: Float = 0.56

    private mutating func chair() {
        let frameMaterial = material()
        let seatMaterial = draws.chance(0.5) ? frameMaterial : material()
        let seat = RoomObjectBuilder.chairSeat
        add(
            .box, at: SIMD3(0, seat - 0.025, 0), half: SIMD3(size.x * 0.5, 0.03, size.z * 0.5), material: seatMaterial)
        legs(height: seat - 0.05, thickness: 0.022, material: frameMaterial)
        let back = size.y - seat
        let rear = -size.z * 0.5 + 0.03
        if draws.chance(0.6) {
            add(
                .box, at: SIMD3(0, seat + back * 0.55, rear), half: SIMD3(size.x * 0.5, back * 0.42, 0.025),
                material: seatMaterial)
        } else {
            for bar in 0..<4 {
                let x = (Float(bar) / 3 - 0.5) * (size.x - 0.06)
                add(
                    .box, at: SIMD3(x, seat + back * 0.5, rear), half: SIMD3(0.025, back * 0.5, 0.02),
                    material: frameMaterial)
            }
            add(
                .box, at: SIMD3(0, size.y - 0.06, rear), half: SIMD3(size.x * 0.5, 0.06, 0.025),
                material: frameMaterial)
        }
        if draws.chance(0.3) {
            for side: Float in [-1, 1] {
                add(
                    .box, at: SIMD3(side * size.x * 0.5, seat + 0.2, 0), half: SIMD3(0.025, 0.025, size.z * 0.5),
                    material: frameMaterial)
            }
        }
    }

    private mutating func sofa() {
        let cover = material()
        let cushion = draws.chance(0.5) ? cover : material()
        let seat = RoomObjectBuilder.sofaSeat
        let arm = draws.uniform(0.08...0.14)
        let halfWidth = size.x * 0.5
        let halfDepth = size.z * 0.5
        add(.box, at: SIMD3(0, 0.17, 0), half: SIMD3(halfWidth, 0.12, halfDepth), material: cover)
        add(
            .box, at: SIMD3(0, size.y * 0.5 + 0.03, -halfDepth + 0.12),
            half: SIMD3(halfWidth, size.y * 0.5 - 0.03, 0.12),
            material: cover)
        for side: Float in [-1, 1] {
            add(
                .box, at: SIMD3(side * (halfWidth - arm), 0.34, 0), half: SIMD3(arm, 0.29, halfDepth), material: cover)
        }
        let inner = size.x - 4 * arm
        let seats = inner > 1.3 ? 3 : (inner > 0.8 ? 2 : 1)
        for place in 0..<seats {
            let width = inner / Float(seats)
            let x = (Float(place) + 0.5) * width - inner * 0.5
            add(
                .box, at: SIMD3(x, seat - 0.07, 0.1), half: SIMD3(width * 0.49, 0.07, halfDepth - 0.12),
                material: cushion)
            add(
                .ellipsoid, at: SIMD3(x, seat + 0.2, -halfDepth + 0.28), half: SIMD3(width * 0.46, 0.22, 0.1),
                material: cushion)
        }
    }

    private mutating func bed() {
        let frameMaterial = material()
        let cover = material()
        let pillow = material()
        let top = RoomObjectBuilder.bedTop
        let halfWidth = size.x * 0.5
        let halfDepth = size.z * 0.5
        add(.box, at: SIMD3(0, 0.2, 0), half: SIMD3(halfWidth, 0.13, halfDepth), material: frameMaterial)
        add(
            .box, at: SIMD3(0, (top + 0.3) * 0.5, 0.02),
            half: SIMD3(halfWidth * 0.96, (top - 0.3) * 0.5, halfDepth - 0.04),
            material: cover)
        add(
            .box, at: SIMD3(0, size.y * 0.5, -halfDepth), half: SIMD3(halfWidth, size.y * 0.5, 0.04),
            material: frameMaterial)
        if draws.chance(0.4) {
            add(
                .box, at: SIMD3(0, 0.35, halfDepth), half: SIMD3(halfWidth, 0.35, 0.035), material: frameMaterial)
        }
        let pillows = size.x > 1.35 ? 2 : 1
        for place in 0..<pillows {
            let width = size.x * 0.9 / Float(pillows)
            let x = (Float(place) + 0.5) * width - size.x * 0.45
            add(
                .ellipsoid, at: SIMD3(x, top + 0.06, -halfDepth + 0.35), half: SIMD3(width * 0.42, 0.11, 0.2),
                material: pillow)
        }
    }

    private mutating func table() {
        let top = material()
        let leg = draws.chance(0.6) ? top : material()
        let thickness = draws.uniform(0.02...0.04)
        let round = draws.chance(0.3)
        add(
            round ? .cylinder : .box, at: SIMD3(0, size.y - thickness, 0),
            half: SIMD3(size.x * 0.5, thickness, size.z * 0.5), material: top)
        let height = size.y - 2 * thickness
        if round || draws.chance(0.2) {
            add(.cylinder, at: SIMD3(0, height * 0.5, 0), half: SIMD3(0.05, height * 0.5, 0.05), material: leg)
            add(.cylinder, at: SIMD3(0, 0.03, 0), half: SIMD3(0.26, 0.03, 0.26), material: leg)
        } else {
            legs(height: height, thickness: draws.uniform(0.025...0.045), material: leg)
        }
    }

    private mutating func cabinet() {
        let body = material()
        let door = draws.chance(0.5) ? body : material()
        let knob = material()
        let foot: Float = 0.07
        let height = size.y - foot
        add(
            .box, at: SIMD3(0, foot + height * 0.5, 0), half: SIMD3(size.x * 0.5, height * 0.5, size.z * 0.5),
            material: body)
        add(
            .box, at: SIMD3(0, foot * 0.5, -0.02), half: SIMD3(size.x * 0.47, foot * 0.5, size.z * 0.45), material: knob
        )
        let columns = size.x > 1.1 ? 3 : 2
        let rows = draws.chance(0.5) ? 1 : (size.y > 1.3 ? 4 : 3)
        for column in 0..<columns {
            for row in 0..<rows {
                let width = size.x / Float(columns)
                let step = height / Float(rows)
                let x = (Float(column) + 0.5) * width - size.x * 0.5
                let y = foot + (Float(row) + 0.5) * step
                add(
                    .box, at: SIMD3(x, y, size.z * 0.5), half: SIMD3(width * 0.5 - 0.015, step * 0.5 - 0.015, 0.015),
                    material: door)
                let knobX = rows == 1 ? x + width * (column & 1 == 0 ? 0.36 : -0.36) : x
                add(
                    .ellipsoid, at: SIMD3(knobX, y, size.z * 0.5 + 0.03), half: SIMD3(repeating: 0.022), material: knob)
            }
        }
    }

    private mutating func shelf() {
        let body = material()
        let books = [material(), material(), material()]
        let board: Float = 0.018
        let halfDepth = size.z * 0.5
        for side: Float in [-1, 1] {
            add(
                .box, at: SIMD3(side * (size.x * 0.5 - board), size.y * 0.5, 0),
                half: SIMD3(board, size.y * 0.5, halfDepth),
                material: body)
        }
        if draws.chance(0.7) {
            add(
                .box, at: SIMD3(0, size.y * 0.5, -halfDepth + 0.01), half: SIMD3(size.x * 0.5, size.y * 0.5, 0.01),
                material: body)
        }
        let levels = size.y > 1.6 ? 5 : 4
        for level in 0..<levels {
            let y = board + (size.y - 2 * board) * Float(level) / Float(levels - 1)
            add(.box, at: SIMD3(0, y, 0), half: SIMD3(size.x * 0.5, board, halfDepth), material: body)
            guard level < levels - 1, draws.chance(0.8) else { continue }
            let space = size.y / Float(levels - 1) - 3 * board
            var x = -size.x * 0.5 + 0.05
            for _ in 0..<2 {
                let width = draws.uniform(0.1...0.4) * size.x
                let height = space * draws.uniform(0.5...0.85)
                guard x + width < size.x * 0.5 - 0.04 else { break }
                add(
                    .box, at: SIMD3(x + width * 0.5, y + board + height * 0.5, -0.02),
                    half: SIMD3(width * 0.5, height * 0.5, halfDepth * 0.75),
                    material: books[draws.integer(below: books.count)])
                x += width + draws.uniform(0.03...0.25)
            }
        }
    }

    private mutating func lamp() {
        let stand = material()
        let shade = material(emission: draws.uniform(0...0.8))
        let shadeHeight = draws.uniform(0.13...0.2)
        add(.cylinder, at: SIMD3(0, 0.02, 0), half: SIMD3(0.15, 0.02, 0.15), material: stand)
        add(
            .cylinder, at: SIMD3(0, size.y * 0.5 - 0.1, 0), half: SIMD3(0.022, size.y * 0.5 - 0.1, 0.022),
            material: stand)
        add(
            draws.chance(0.6) ? .cylinder : .ellipsoid, at: SIMD3(0, size.y - shadeHeight, 0),
            half: SIMD3(size.x * 0.5, shadeHeight, size.z * 0.5), material: shade)
    }

    private mutating func plant() {
        let pot = material()
        let leaf = material()
        let potHeight = size.y * draws.uniform(0.22...0.32)
        let potRadius = size.x * 0.3
        add(
            .cylinder, at: SIMD3(0, potHeight * 0.5, 0), half: SIMD3(potRadius, potHeight * 0.5, potRadius),
            material: pot)
        let leaves = 9 + draws.integer(below: 4)
        let length = (size.y - potHeight) * 0.5
        for index in 0..<leaves {
            let turn = Float(index) * 137.5 + draws.uniform(-20...20)
            let lean = index == 0 ? 5 : draws.uniform(12...58)
            var stem = frame.turned(by: turn, at: SIMD3(0, potHeight * 0.85, 0)).leaning(by: lean)
            let reach = length * draws.uniform(0.75...1)
            stem.origin = stem.point(SIMD3(0, reach, 0))
            add(
                .ellipsoid, frame: stem, half: SIMD3(draws.uniform(0.05...0.1), reach, 0.018), material: leaf)
        }
    }

    private mutating func ball() {
        let skin = material()
        add(.ellipsoid, at: SIMD3(0, size.y * 0.5, 0), half: size * 0.5, material: skin)
    }

    private mutating func crate() {
        let side = material()
        add(.box, at: SIMD3(0, size.y * 0.5, 0), half: size * 0.5, material: side)
        if draws.chance(0.5) {
            let lid = material()
            add(
                .box, at: SIMD3(0, size.y + 0.01, 0), half: SIMD3(size.x * 0.52, 0.03, size.z * 0.52), material: lid)
        }
    }

    /// Something flat on a wall: the origin is the middle of its back, local z points into the room.
    private mutating func panel() {
        let rim = material()
        let pane = material(emission: draws.chance(0.4) ? draws.uniform(0.3...1.1) : 0)
        let border = draws.uniform(0.03...0.07)
        add(.box, at: SIMD3(0, 0, 0.02), half: SIMD3(size.x * 0.5, size.y * 0.5, 0.025), material: rim)
        add(
            .box, at: SIMD3(0, 0, 0.03), half: SIMD3(size.x * 0.5 - border, size.y * 0.5 - border, 0.022),
            material: pane)
        if draws.chance(0.4) {
            add(.box, at: SIMD3(0, 0, 0.035), half: SIMD3(0.02, size.y * 0.5, 0.025), material: rim)
            add(.box, at: SIMD3(0, 0, 0.035), half: SIMD3(size.x * 0.5, 0.02, 0.025), material: rim)
        }
    }
}
