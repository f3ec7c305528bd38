/// What a network says of a pixel: the kind of a task, and everything that reading, augmenting, showing and exporting
/// labels and outputs has to know about it. Nothing else asks for a task by its name.
///
/// | kind | label | unknown | output |
/// |---|---|---|---|
/// | `classes` | a class index, 0, 1, 2 … | 255 | one score per class; the largest wins |
/// | `score` | 0 … 1 in each of n independent channels, truth above 0.5 | 255, by channel | n scores before the sigmoid |
/// | `direction` | a unit vector: x right, y up, z towards the camera | (0, 0, 0) | a unit vector |
/// | `distance` | metres, above 0 | 0 | metres |
/// | `value` | any real number in each of n channels | NaN, by channel | n numbers |
package enum TaskKind: String, CaseIterable, Sendable, Hashable {
    case classes, score, direction, distance, value

    /// What stands for "unknown" in a channel of a label.
    package var unknownLabel: Float {
        switch self {
        case .classes, .score: 255
        case .direction, .distance: 0
        case .value: .nan
        }
    }

    /// How a label comes to another size.
    enum Resizing {
        /// The nearest pixel's value.
        case nearest
        /// A mixture of four pixels, unknown ones like any other. Mixed with NaN, a value is unknown.
        case linear
    }

    var resizing: Resizing {
        switch self {
        case .classes, .score: .nearest
        case .direction, .distance, .value: .linear
        }
    }

    /// Whether the network brings each pixel's output to unit length.
    package var hasUnitLength: Bool {
        switch self {
        case .direction: true
        case .classes, .score, .distance, .value: false
        }
    }

    /// What an output stands for, as files say it.
    package var outputMeaning: String {
        switch self {
        case .classes: "scores of the classes; the largest wins"
        case .score: "a score; its sigmoid is the probability"
        case .direction: "a unit vector in camera axes"
        case .distance: "metres"
        case .value: "real numbers"
        }
    }

    /// The endings of label files, in the order in which they are looked for. JPEG changes values, which classes and
    /// metres do not bear.
    var labelExtensions: [String] {
        switch self {
        case .classes, .distance: ["png", "npy"]
        case .score, .direction: ["png", "npy", "jpg"]
        case .value: ["npy"]
        }
    }
}

/// What happens to numbers of kind `value` when their picture is enlarged.
package enum ValueScaling: String, CaseIterable, Sendable, Hashable {
    /// They stay, such as temperatures.
    case none
    /// They grow with the picture, such as lengths in pixels.
    case multiply
    /// They shrink, such as distances to what looks larger now.
    case divide
}

/// How scores of kind `score` are compared with the truth.
package enum ScoreRule: String, CaseIterable, Sendable, Hashable {
    /// Over all pixels of the set together.
    case pixels
    /// Picture by picture, and the mean over pictures.
    case images
    /// As lines one pixel wide: `evaluate` lets a predicted pixel match a true one near by (the boundary benchmark);
    /// validation, which must be quick, compares pixels.
    case boundaries
}
