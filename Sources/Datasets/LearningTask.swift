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

    /// What a network says of a pixel. Reading, augmenting, showing and exporting ask for this and not for the task.
    package enum Answer: Sendable, Hashable {
        /// A score for each class, of which the largest wins.
        case classes
        /// A score whose sigmoid is the probability.
        case score
        /// A vector of any length in camera axes.
        case direction
        /// Metres.
        case distance
    }

    package var answer: Answer {
        switch self {
        case .semseg, .humanParts: .classes
        case .edge, .sal: .score
        case .normals: .direction
        case .depth: .distance
        }
    }

    /// The factor of the loss that the paper (appendix) trains with; it has no depth.
    package var lossWeight: Double {
        switch self {
        case .semseg, .depth: 1
        case .humanParts: 2
        case .edge: 50
        case .sal: 5
        case .normals: 10
        }
    }

    /// Values per pixel of a label map.
    package var labelChannels: Int { answer == .direction ? 3 : 1 }

    /// Channels that a network predicts: one per class, 3 for normals, else 1.
    ///
    /// - Parameter classes: how many classes the data set tells apart, for `semseg` and `human_parts`.
    package func channels(classes: Int) -> Int {
        switch answer {
        case .classes: classes
        case .score, .distance: 1
        case .direction: 3
        }
    }

    /// What stands for "unknown" in every channel of a label map.
    package var unknownLabel: Float {
        switch answer {
        case .classes, .score: 255
        case .direction, .distance: 0
        }
    }
}
