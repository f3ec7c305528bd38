/// A dense-prediction task: a question that a network answers at every pixel.
///
/// The paper's six tasks (section 4.1) and optical flow are presets. A label map has `labelChannels` float32 values per
/// pixel, row-major, channels last, as ``TaskKind`` says.
package struct LearningTask: Sendable, Hashable {
    /// As configurations, folders, files and parameters call it; see ``isName(_:)``.
    package let name: String
    package var kind: TaskKind
    /// Independent channels of `score` and `value`; other kinds do not look at it.
    package var channels = 1
    /// What the channels of `score` and `value` are called in figures and files; empty where they are only numbered.
    package var channelNames: [String] = []
    /// What the classes are called, from 0 on; empty where the data set says it.
    package var classNames: [String] = []
    /// Kind `classes`: whether a sample of which all that is known is class 0 is not scored. It shows nobody.
    package var skipsEmptySamples = false
    /// Kind `score`: how it is scored.
    package var scoreRule = ScoreRule.pixels
    /// Kind `value`: the factor of each channel in a mirrored picture. Without it, pictures cannot be mirrored.
    package var mirrorFactors: [Double]?
    /// Kind `value`: what becomes of numbers in an enlarged picture. Without it, pictures cannot be enlarged.
    package var scaling: ValueScaling?
    /// How files say its labels. The folder that is opened for the task goes by it, and a network's task has none.
    package var labels = LabelConvention()

    /// The figure that stands for the task in Δm; nil takes the first of its metric.
    package var comparedFigure: String?

    package init(_ name: String, _ kind: TaskKind) {
        self.name = name
        self.kind = kind
    }

    /// Values per pixel of a label map.
    package var labelChannels: Int {
        switch kind.channelCount {
        case .classes: 1
        case .fixed(let count): count
        case .chosen: channels
        }
    }

    /// Channels that a network predicts.
    ///
    /// - Parameter classes: how many classes are told apart; only kind `classes` looks at it.
    package func outputChannels(classes: Int) -> Int {
        kind.channelCount == .classes ? classes : labelChannels
    }

    /// Whether `evaluate` scores the task by the boundary benchmark, against `SampleSource.boundaries(of:at:)`.
    package var isMatchedByBoundaries: Bool { kind.hasScoreRule && channels == 1 && scoreRule == .boundaries }

    /// What stands for "unknown" in a channel of a label map.
    package var unknownLabel: Float { kind.unknownLabel }

    /// What a channel of `score` or `value` is called: its name, or its number.
    package func channelName(_ channel: Int) -> String {
        channelNames.indices.contains(channel) ? channelNames[channel] : "\(channel)"
    }

    /// Whether labels of this task are labels of `other`.
    func hasLabels(of other: LearningTask) -> Bool {
        name == other.name && kind == other.kind && labelChannels == other.labelChannels
    }

    /// Whether labels can be scaled and mirrored at random with their pictures.
    package var canBeAugmented: Bool { !kind.needsAugmentationRules || (mirrorFactors != nil && scaling != nil) }
}

extension LearningTask {
    package static let semseg = LearningTask("semseg", .classes)
    package static let humanParts = with(LearningTask("human_parts", .classes)) { $0.skipsEmptySamples = true }
    package static let edge = with(LearningTask("edge", .score)) { $0.scoreRule = .boundaries }
    package static let sal = with(LearningTask("sal", .score)) {
        $0.scoreRule = .images
        $0.comparedFigure = "max_iou"
    }
    package static let normals = LearningTask("normals", .direction)
    package static let depth = LearningTask("depth", .distance)
    /// Optical flow in pixels, to the right and down.
    package static let flow = with(LearningTask("flow", .value)) {
        $0.channels = 2
        $0.channelNames = ["u", "v"]
        $0.mirrorFactors = [-1, 1]
        $0.scaling = .multiply
    }

    /// The tasks of the paper, and depth.
    package static let paper = [semseg, humanParts, edge, sal, normals, depth]

    /// The tasks that a configuration need not describe: the paper's, and optical flow.
    package static let presets = paper + [flow]

    private static func with(_ task: LearningTask, _ change: (inout LearningTask) -> Void) -> LearningTask {
        var task = task
        change(&task)
        return task
    }

    /// The preset of this name; nil where there is none.
    package static func preset(_ name: String) -> LearningTask? { presets.first { $0.name == name } }

    /// What a task's name is made of, to follow "must be".
    package static let nameRule =
        "a small letter and then small letters, digits or _, \(longestName) characters at most, and not images"
    private static let longestName = 40

    /// Whether a task can have this name. `images` is the folder of the pictures.
    package static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= longestName, text != "images" else { return false }
        func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
        return isLetter(first)
            && text.utf8.allSatisfy {
                isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
            }
    }
}
