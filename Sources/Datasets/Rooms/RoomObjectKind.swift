/// What can stand, hang or lie in a room.
package enum RoomObjectKind: String, CaseIterable, Sendable {
    case chair, sofa, bed, table, cabinet, shelf, lamp, plant, person, ball, crate
    /// Windows, doors and pictures: flat things on walls.
    case panel

    var semanticClass: RoomSemanticClass {
        switch self {
        case .chair, .sofa, .bed: .seat
        case .cabinet, .shelf: .cabinet
        case .person: .person
        case .panel: .panel
        case .table, .lamp, .plant, .ball, .crate: .other
        }
    }

    /// Width, height and depth in metres of one such object.
    func size(_ draws: inout RoomDraws) -> SIMD3<Float> {
        switch self {
        case .chair:
            let width = draws.uniform(0.44...0.56)
            return SIMD3(width, draws.uniform(0.85...1.1), width)
        case .sofa: return SIMD3(draws.uniform(1.3...2.3), draws.uniform(0.75...0.95), draws.uniform(0.8...1.0))
        case .bed: return SIMD3(draws.uniform(1.0...1.8), draws.uniform(0.8...1.2), draws.uniform(1.95...2.15))
        case .table:
            let height = draws.chance(0.3) ? draws.uniform(0.4...0.5) : draws.uniform(0.7...0.8)
            return SIMD3(draws.uniform(1.0...2.0), height, draws.uniform(0.75...1.1))
        case .cabinet: return SIMD3(draws.uniform(0.6...1.7), draws.uniform(0.75...2.1), draws.uniform(0.38...0.6))
        case .shelf: return SIMD3(draws.uniform(0.6...1.5), draws.uniform(1.2...2.1), draws.uniform(0.26...0.4))
        case .lamp:
            let width = draws.uniform(0.34...0.5)
            return SIMD3(width, draws.uniform(1.3...1.8), width)
        case .plant:
            let width = draws.uniform(0.5...0.9)
            return SIMD3(width, draws.uniform(0.8...1.7), width)
        case .person: return SIMD3(0.6, draws.uniform(1.5...1.95), 0.6)
        case .ball:
            let width = draws.uniform(0.35...0.8)
            return SIMD3(width, width, width)
        case .crate: return SIMD3(draws.uniform(0.4...0.8), draws.uniform(0.35...0.7), draws.uniform(0.4...0.8))
        case .panel: return SIMD3(draws.uniform(0.7...1.8), draws.uniform(0.7...1.4), 0.05)
        }
    }
}

/// The classes of the `semseg` labels of Rooms, in the order of their indices.
///
/// They join kinds that are alike in shape or small in the picture, so that a small network learns them in minutes:
/// `seat` is what one sits or lies on, `other` is tables, lamps, plants, balls and crates.
package enum RoomSemanticClass: Int, CaseIterable, Sendable {
    case wall, floor, ceiling, panel, seat, cabinet, person, other
}

/// The classes of the `human_parts` labels of Rooms, in the order of their indices.
package enum RoomBodyPart: Int, CaseIterable, Sendable {
    case background
    case head
    case torso
    case upperArms
    case lowerArms
    case upperLegs
    case lowerLegs

    /// The name as the data sets of the paper spell it.
    var name: String {
        switch self {
        case .background: "background"
        case .head: "head"
        case .torso: "torso"
        case .upperArms: "upper_arms"
        case .lowerArms: "lower_arms"
        case .upperLegs: "upper_legs"
        case .lowerLegs: "lower_legs"
        }
    }
}
