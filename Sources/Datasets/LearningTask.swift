/// The dense-prediction tasks of the paper (section 4.1), named as in configurations and file names.
///
/// A label map holds `labelChannels` float32 values per pixel, row-major, channels last:
///
/// | task | value where known | unknown |
/// |---|---|---|
/// | `semseg`, `human_parts` | class index 0, 1, 2 … | 255 |
/// | `edge`, `sal` | 0 … 1, truth above 0.5 | 255 |
/// | `normals` | unit vector in camera axes | (0, 0, 0) |
/// | `depth` | metres, greater than 0 | 0 |
package enum LearningTask: String, CaseIterable, Codable, Sendable, Hashable {
    case semseg
    case humanParts = "human_parts"
    case edge
    case sal
    case normals
    case depth

    /// Values per pixel of a label map.
    package var labelChannels: Int { self == .normals ? 3 : 1 }

    /// Channels that a network predicts: one per class, 3 for normals, else 1.
    ///
    /// - Parameter classes: how many classes the data set tells apart, for `semseg` and `human_parts`.
    package func channels(classes: Int) -> Int {
        switch self {
        case .semseg, .humanParts: classes
        case .edge, .sal, .depth: 1
        case .normals: 3
        }
    }

    /// What stands for "unknown" in every channel of a label map.
    package var unknownLabel: Float {
        switch self {
        case .semseg, .humanParts, .edge, .sal: 255
        case .normals, .depth: 0
        }
    }
}
