import Foundation

/// The edges of PASCAL-Context: where neighbouring pixels are of different context classes, one pixel wide.
enum ContextBoundaries {
    /// 1 where the four-neighbour Laplacian of the class numbers is not 0, thinned; else 0.
    ///
    /// The Laplacian of class numbers is what the reference programs take. It cancels where a class lies between the
    /// two whose numbers are as far below and above.
    static func thinned(of classes: PixelMap) -> PixelMap {
        precondition(classes.channels == 1, "a map of classes has one channel")
        let (height, width) = (classes.height, classes.width)
        // Borders are reflected without repeating the border pixel itself.
        func reflected(_ index: Int, _ count: Int) -> Int {
            count == 1 ? 0 : index < 0 ? -index : index >= count ? 2 * count - 2 - index : index
        }
        var mask = BinaryMask(height: height, width: width)
        classes.values.withUnsafeBufferPointer { values in
            for row in 0..<height {
                let above = reflected(row - 1, height) * width
                let below = reflected(row + 1, height) * width
                for column in 0..<width {
                    let left = values[row * width + reflected(column - 1, width)]
                    let right = values[row * width + reflected(column + 1, width)]
                    // Whole numbers below 2^16: every sum is exact.
                    let around = values[above + column] + values[below + column] + left + right
                    if around != 4 * values[row * width + column] { mask.set(row: row, column: column) }
                }
            }
        }
        mask.thin()
        return mask.map
    }
}

/// The context classes whose distilled normals can be trusted: those that NYU Depth v2, on which the distilled network
/// was trained, knows by the same name, and `tvmonitor`, which is called `television` there.
enum NormalsClasses {
    /// By their numbers from 1 to 459: what the lists of names that ASTMT's program carries have in common.
    static let standard: Set<Int> = [
        3, 4, 6, 9, 10, 11, 13, 15, 17, 18, 22, 23, 29, 30, 33, 34, 36, 37, 38, 39, 41, 43, 46, 49, 50, 51, 53, 55,
        56, 59, 61, 62, 65, 66, 68, 69, 72, 73, 78, 83, 84, 85, 87, 88, 95, 96, 101, 104, 105, 107, 111, 113, 115, 122,
        124, 135, 141, 142, 143, 146, 150, 154, 157, 158, 159, 165, 172, 174, 181, 183, 184, 191, 193, 195, 197, 199,
        202, 213, 215, 216, 219, 220, 223, 225, 228, 230, 232, 233, 238, 239, 242, 243, 246, 250, 251, 252, 255, 260,
        261, 263, 269, 272, 273, 275, 281, 283, 284, 285, 286, 287, 288, 290, 291, 292, 293, 295, 304, 307, 309, 310,
        314, 315, 319, 323, 329, 330, 331, 336, 342, 345, 349, 350, 351, 352, 355, 357, 368, 370, 371, 374, 379, 380,
        383, 384, 397, 401, 403, 405, 407, 408, 411, 412, 413, 414, 417, 419, 421, 423, 427, 429, 430, 432, 440, 441,
        442, 443, 444, 446, 454, 457,
    ]

    /// Those of the lists of names that the data set in `root` brings along, as RCM's archive does.
    /// - Throws: ``DataFileError`` when a list is missing or damaged.
    static func read(root: String) throws -> Set<Int> {
        let context = try numbers("\(root)/json/context_classes.json")
        let indoor = try numbers("\(root)/json/nyu_classes.json")
        let shared = context.filter { indoor[$0.key] != nil && $0.key != "unknown" || $0.key == "tvmonitor" }
        return Set(shared.values)
    }

    private static func numbers(_ path: String) throws -> [String: Int] {
        let data = Data(try contents(ofFile: path))
        guard let numbers = try? JSONDecoder().decode([String: Int].self, from: data) else {
            throw DataFileError(
                path: path, problem: "it is not a list of class names with their numbers in JSON",
                remedy: "fetch the file again")
        }
        return numbers
    }
}

/// Which object classes each picture of a list shows, which tells the pictures that have persons.
struct ObjectClasses {
    private let classes: [String: [Int]]

    /// Takes them from the archive's file if it is about just these pictures, and from the annotations otherwise.
    init(root: String, split: String, identifiers: [String], layout: PascalContextLayout) throws {
        let path = "\(root)/ImageSets/Parts/\(split).txt"
        if let data = FileManager.default.contents(atPath: path),
            let stored = try? JSONDecoder().decode([String: [Int]].self, from: data),
            Set(stored.keys) == Set(identifiers)
        {
            classes = stored
            return
        }
        var read: [String: [Int]] = [:]
        for identifier in identifiers {
            let file = LabelFile(layout.path(of: .parts, identifier, root: root))
            do {
                read[identifier] = try PartAnnotation(file).classes()
            } catch let error as DataFileError {
                throw SampleError(
                    identifier: identifier, problem: "\(error.path): \(error.problem)", remedy: error.remedy)
            }
        }
        classes = read
    }

    func classes(of identifier: String) -> [Int] { classes[identifier] ?? [] }
}

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
