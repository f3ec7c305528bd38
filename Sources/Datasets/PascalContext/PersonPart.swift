/// The six groups of human parts that are told apart; 0 is background.
enum PersonPart: Int, CaseIterable {
    case head = 1
    case torso
    case upperArms
    case lowerArms
    case upperLegs
    case lowerLegs

    var name: String {
        switch self {
        case .head: "head"
        case .torso: "torso"
        case .upperArms: "upper arms"
        case .lowerArms: "lower arms"
        case .upperLegs: "upper legs"
        case .lowerLegs: "lower legs"
        }
    }

    /// The group of a part of PASCAL-Part, `l` and `r` being left and right, then `l` and `u` lower and upper.
    init?(pascalPart name: String) {
        switch name {
        case "head", "hair", "lear", "rear", "leye", "reye", "lebrow", "rebrow", "nose", "mouth": self = .head
        case "neck", "torso": self = .torso
        case "luarm", "ruarm": self = .upperArms
        case "llarm", "rlarm", "lhand", "rhand": self = .lowerArms
        case "luleg", "ruleg": self = .upperLegs
        case "llleg", "rlleg", "lfoot", "rfoot": self = .lowerLegs
        default: return nil
        }
    }
}
