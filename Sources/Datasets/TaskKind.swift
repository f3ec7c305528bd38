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

    /// How many channels labels and outputs have.
    package enum ChannelCount: Sendable, Equatable {
        /// Labels have one, and outputs one for each class.
        case classes
        case fixed(Int)
        /// As many as the task says.
        case chosen
    }

    package var channelCount: ChannelCount {
        switch self {
        case .classes: .classes
        case .score, .value: .chosen
        case .direction: .fixed(3)
        case .distance: .fixed(1)
        }
    }

    /// Whether outputs are compared with a truth of yes and no, by a ``ScoreRule``.
    package var hasScoreRule: Bool {
        switch self {
        case .score: true
        case .classes, .direction, .distance, .value: false
        }
    }

    /// Whether only the task can say what mirroring and scaling do to its numbers.
    package var needsAugmentationRules: Bool {
        switch self {
        case .value: true
        case .classes, .score, .direction, .distance: false
        }
    }

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

    /// What the numbers of a label are. It decides how a file of labels or predictions is read, what is told of a data
    /// set, and how a map looks; several kinds may have the same.
    package enum Content: Sendable {
        /// Indices of classes.
        case classes
        /// From 0 to 1.
        case shares
        /// Vectors of length 1.
        case vectors
        /// Metres, or any other positive number that is 0 where it is unknown.
        case metres
        /// Any real number.
        case numbers
    }

    package var content: Content {
        switch self {
        case .classes: .classes
        case .score: .shares
        case .direction: .vectors
        case .distance: .metres
        case .value: .numbers
        }
    }

    /// The endings of label files, in any case, the most usual first. JPEG changes values, which classes and
    /// metres do not bear.
    var labelExtensions: [String] {
        switch self {
        case .classes, .distance: ["png", "npy", "npz", "tif", "tiff", "mat"]
        case .score, .direction: ["png", "npy", "npz", "tif", "tiff", "mat", "jpg", "jpeg"]
        case .value: ["npy", "npz", "tif", "tiff", "mat", "flo"]
        }
    }
}

extension LearningTask {
    /// The factor of each channel of labels in a mirrored picture; nil where they stay.
    var factorsWhenMirrored: [Float]? {
        switch kind {
        case .classes, .score, .distance: return nil
        case .direction: return [-1, 1, 1]
        case .value:
            guard let mirrorFactors else { preconditionFailure("\(name) has no factors for a mirrored picture") }
            return mirrorFactors.map { Float($0) }
        }
    }

    /// What becomes of labels in an enlarged picture.
    var scalingWhenEnlarged: ValueScaling {
        switch kind {
        case .classes, .score, .direction: return .none
        case .distance: return .divide
        case .value:
            guard let scaling else {
                preconditionFailure("\(name) does not say what becomes of it in a scaled picture")
            }
            return scaling
        }
    }

    /// Writes a known label of a pixel that random numbers decide, for benchmarks and verification.
    ///
    /// - Parameters:
    ///   - bits: of the pixel. The lowest decide; those from 20 to 43 are a share of metres.
    ///   - outputs: channels that a network predicts.
    ///   - number: of a channel, in [-1, 1].
    package func draw(
        to label: UnsafeMutablePointer<Float>, bits: UInt64, outputs: Int, number: (_ channel: Int) -> Float
    ) {
        switch kind {
        case .classes: label[0] = Float(bits % UInt64(outputs))
        case .score:
            // Boundaries are few.
            let isTrue = scoreRule == .boundaries ? bits & 7 == 0 : bits & 1 == 1
            for channel in 0..<channels { label[channel] = isTrue ? 1 : 0 }
        case .direction:
            let vector = (0..<3).map { Double(number($0)) }
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for channel in 0..<3 { label[channel] = Float(vector[channel] / length) }
        case .distance: label[0] = Float(1 + 9 * Double((bits >> 20) & 0xFF_FFFF) / 0x1p24)
        case .value: for channel in 0..<channels { label[channel] = number(channel) }
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
