import Foundation

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
