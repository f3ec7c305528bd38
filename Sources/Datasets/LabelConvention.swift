/// How the files of a data set say the labels of a task, where that is not as ``LabelledFolder`` has it by itself.
///
/// It is about files and not about a network: ``LabelFile`` applies it to what it reads, and what comes out is as
/// ``TaskKind`` says. Models and saved predictions know nothing of it.
///
/// | kind | what may be said |
/// |---|---|
/// | `classes` | `map` or `colours`, `ignored`, `others` |
/// | `score` | `threshold` |
/// | `direction` | `encoding`, `axes` |
/// | `distance` | `unit`, `offset`, `isInverse`, `largest` |
package struct LabelConvention: Sendable, Hashable {
    /// Which class a number of a file means; nil where numbers are the classes.
    package var map: ClassMap?
    /// Which class a colour means; nil where files hold numbers. Not beside `map`.
    package var colours: ColourTable?
    /// Numbers that stand for unknown, whatever `map` says of them.
    package var ignored: [Int] = []
    /// What becomes of numbers and colours that nothing above names.
    package var others = Others.refuse
    /// Scores above it are true, the others false; nil leaves them as they are. From 0 to 1.
    package var threshold: Double?
    /// What the numbers of vectors stand for; nil takes levels of pictures as unsigned and fractions as they are.
    package var encoding: VectorEncoding?
    /// Where the first, the second and the third number of a vector point.
    package var axes = Axis.standard
    /// Metres that a number of 1 stands for; where `isInverse`, one by metres. nil takes integers of 16 bits in a picture as
    /// millimetres and fractions as metres.
    package var unit: Double?
    /// What is taken from a number before it is anything else; what is not above it is unknown.
    package var offset = 0.0
    /// Whether numbers are one by metres, or in proportion to that, as disparities are.
    package var isInverse = false
    /// Metres beyond which a distance counts as unknown.
    package var largest: Double?

    /// Nothing is said.
    package init() {}

    package enum Others: String, CaseIterable, Sendable {
        case refuse, ignore
    }

    /// What a class is called, in small letters, that stands for pixels of which nothing is known.
    package static let namesOfUnknown: Set<String> = [
        "void", "unknown", "unlabeled", "unlabelled", "unannotated", "ignore", "ignored", "none", "undefined",
    ]

    /// The names of the classes that `map` or `colours` brings along; nil where they bring none.
    var classNames: [String]? { map?.classNames ?? colours?.classNames }
}

/// Which class each number of a label file means.
package enum ClassMap: Sendable, Hashable {
    /// The numbers of Cityscapes' `labelIds` files, of which 19 are classes.
    case cityscapes
    /// 40 classes of NYU Depth v2, numbered from 1 on.
    case nyu40
    /// Classes numbered from 1 on.
    case voidFirst
    /// Classes by numbers; 255 stands for unknown.
    case numbers([Int: Int])

    /// Numbers that a file may have.
    package static let allowedNumbers = -32768...65535

    /// The presets by their names.
    package static let presets: [(name: String, map: ClassMap)] = [
        ("cityscapes", .cityscapes), ("nyu40", .nyu40), ("void-first", .voidFirst),
    ]

    /// The classes of each number; 255 where it stands for unknown.
    /// - Parameter count: how many classes there are.
    func classes(count: Int) -> [Int: Int] {
        let unknown = Int(TaskKind.classes.unknownLabel)
        switch self {
        case .numbers(let classes): return classes
        case .nyu40, .voidFirst:
            return Dictionary(uniqueKeysWithValues: [(0, unknown)] + (0..<count).map { ($0 + 1, $0) })
        case .cityscapes:
            var classes = Dictionary(uniqueKeysWithValues: (-1...33).map { ($0, unknown) })
            for (index, number) in Self.cityscapesNumbers.enumerated() { classes[number] = index }
            return classes
        }
    }

    /// `labelIds` of the classes 0 … 18: cityscapesScripts, `helpers/labels.py`.
    private static let cityscapesNumbers = [
        7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33,
    ]

    var classNames: [String]? {
        switch self {
        case .cityscapes:
            [
                "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
                "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
            ]
        case .nyu40: NYUD.classNames
        case .voidFirst, .numbers: nil
        }
    }

    /// Why it cannot be the map of a task with `count` classes, and what would mend it; nil where it can.
    func misfit(count: Int) -> (problem: String, remedy: String)? {
        switch self {
        case .voidFirst: return nil
        case .cityscapes, .nyu40:
            let (own, name) = (classNames!.count, self == .nyu40 ? "nyu40" : "cityscapes")
            return count == own
                ? nil
                : (
                    "\(name) has \(own) classes and the list of classes has \(count)",
                    "leave the list out, or list these"
                )
        case .numbers(let classes):
            let unknown = Int(TaskKind.classes.unknownLabel)
            let wrong = classes.filter { $0.value >= count && $0.value != unknown }.min { $0.key < $1.key }
            return wrong.map { number, index in
                ("\(number) is class \(index), and classes are 0 to \(count - 1)", "correct it, or list more classes")
            }
        }
    }
}

/// Which class each colour of a mask means.
package struct ColourTable: Sendable, Hashable {
    package struct Colour: Sendable, Hashable {
        package let red, green, blue: UInt8

        package init(red: UInt8, green: UInt8, blue: UInt8) {
            (self.red, self.green, self.blue) = (red, green, blue)
        }

        /// One number for each colour.
        var code: Int { Int(red) << 16 | Int(green) << 8 | Int(blue) }
    }

    package struct Entry: Sendable, Hashable {
        /// A class, or ``ColourTable/unknown``.
        package let name: String
        package let colours: [Colour]

        package init(name: String, colours: [Colour]) {
            (self.name, self.colours) = (name, colours)
        }
    }

    /// What stands in the place of a class for colours that mean unknown.
    package static let unknown = "ignore"

    package let entries: [Entry]

    package init(entries: [Entry]) {
        self.entries = entries
    }

    /// The classes in the order of the table.
    var classNames: [String] { entries.map(\.name).filter { $0 != Self.unknown } }

    /// The class of each colour by its code; 255 where it stands for unknown. All names are among `names`.
    func classes(names: [String]) -> [Int: Int] {
        var classes: [Int: Int] = [:]
        for entry in entries {
            let isUnknown = entry.name == Self.unknown
            let index = isUnknown ? Int(TaskKind.classes.unknownLabel) : names.firstIndex(of: entry.name)
            for colour in entry.colours { classes[colour.code] = index }
        }
        return classes
    }
}

/// What stored numbers of vectors stand for.
package enum VectorEncoding: String, CaseIterable, Sendable {
    /// Components from -1 to 1.
    case float
    /// 0 … 255 for -1 … 1.
    case unsigned
    /// 0 … 65535 for -1 … 1.
    case unsigned16

    /// The number that stands for 1; nil where numbers mean themselves.
    var largest: Float? {
        switch self {
        case .float: nil
        case .unsigned: 255
        case .unsigned16: 65535
        }
    }
}

/// A direction along one axis of the camera: x is right, y up, and z towards the camera.
package enum Axis: String, CaseIterable, Sendable {
    case x, y, z
    case minusX = "-x"
    case minusY = "-y"
    case minusZ = "-z"

    package static let standard: [Axis] = [.x, .y, .z]

    /// 0 for x, 1 for y, 2 for z.
    package var index: Int {
        switch self {
        case .x, .minusX: 0
        case .y, .minusY: 1
        case .z, .minusZ: 2
        }
    }

    var sign: Float { Self.standard.contains(self) ? 1 : -1 }
}
