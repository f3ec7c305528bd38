import Datasets

/// One entry of `tasks`: a task that is trained. The order of the entries is the order in which training visits them.
///
///     roads: {kind: classes, classes: [road, lane, other]}
///     flow:  {kind: value, channels: [u, v], mirror: [-1, 1], with_scale: multiply}
///     depth: {labels: {unit: 1/256}}
///     edge:  {}
///
/// The names of presets (``LearningTask/presets``) need no `kind`.
package struct TaskSettings: NamedSection {
    /// What is asked at every pixel.
    package private(set) var task: LearningTask
    /// `weight`: the factor of the task's loss; by default the paper's (appendix) for its tasks, else 1.
    package var weight: Double
    /// `loss`: what the task is trained with; by default the paper's for its tasks, else that of the kind.
    package var loss: LossSettings
    /// `kind`: required but for presets.
    private var kind: TaskKind?

    package var name: String { task.name }

    /// The settings of a task that is described already.
    package init(_ task: LearningTask) {
        self.task = task
        kind = task.kind
        weight = Self.paperWeights[task.name] ?? 1
        loss = LossSettings(presetOf: task)
    }

    package static let expectation = "one task, such as \(LearningTask.presets[0].name)"

    package static func refusal(of name: String) -> String? {
        LearningTask.isName(name) ? nil : LearningTask.nameRule
    }

    package init(named name: String) {
        if let preset = LearningTask.preset(name) {
            self.init(preset)
        } else {
            // Any kind: it has to be given.
            self.init(LearningTask(name, .classes))
            kind = nil
        }
    }

    /// The factors of the losses that the paper (appendix) trains with; it has no depth.
    private static let paperWeights = ["human_parts": 2.0, "edge": 50, "sal": 5, "normals": 10]

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        let before = kind
        visitor.value("kind", &kind)
        guard let kind else {
            // One sentence says what is missing; no key of any kind is unknown beside it.
            for kind in TaskKind.allCases {
                var other = self
                other.visitKeys(of: kind, &visitor)
            }
            // What a loss and labels may be depends on the kind.
            var unread = Unread()
            visitor.value("loss", &unread)
            visitor.value("labels", &unread)
            let near = nearestWord(to: name, among: LearningTask.presets.map(\.name))
            return visitor.require(
                "kind", false,
                "is missing: say which of \(TaskKind.words.joined(separator: ", ")) it is"
                    + (near.map { "; or did you mean \($0)?" } ?? ""))
        }
        if kind != before {
            // A preset's name with another kind is another task.
            (task, weight, loss) = (LearningTask(name, kind), 1, LossSettings(kind))
        }
        visitKeys(of: kind, &visitor)
        var labels = LabelSettings(kind: kind, convention: task.labels)
        visitor.section("labels", &labels)
        task.labels = labels.convention
        visitor.section("loss", &loss)
    }

    private mutating func visitKeys(of kind: TaskKind, _ visitor: inout some ConfigurationVisitor) {
        switch kind.channelCount {
        case .classes:
            visitor.value("classes", &task.classNames, .classNames)
            visitor.value("skip_empty", &task.skipsEmptySamples)
        case .chosen: visitChannels(&visitor)
        case .fixed: break
        }
        if kind.hasScoreRule {
            visitor.value("score_by", &task.scoreRule)
            visitor.require(
                "score_by", task.channels == 1 || task.scoreRule != .boundaries,
                "is boundaries, which compares one channel; there are \(task.channels)")
        }
        if kind.needsAugmentationRules {
            visitor.value("mirror", &task.mirrorFactors)
            visitor.value("with_scale", &task.scaling)
            visitor.require(
                "mirror", task.mirrorFactors.map { $0.count == task.channels } ?? true,
                "has \(task.mirrorFactors?.count ?? 0) factors for \(task.channels) "
                    + "\(task.channels == 1 ? "channel" : "channels"); give one for each")
        }
        visitor.value("metric", &task.comparedFigure)
        visitor.value("weight", &weight, .above(0, upTo: 1e6))
    }

    private mutating func visitChannels(_ visitor: inout some ConfigurationVisitor) {
        var channels = Channels(count: task.channels, names: task.channelNames)
        visitor.value("channels", &channels, .channels)
        (task.channels, task.channelNames) = (channels.count, channels.names)
    }
}

/// A key that is there, whatever its value.
private struct Unread: ConfigurationValue {
    static let expectation = "anything"
    var yaml: String { "null" }

    static func read(_ node: YAMLNode) -> Unread? { Unread() }
}

/// The channels of a task, written as their number or as a list of their names.
private struct Channels: ConfigurationValue {
    var count: Int
    var names: [String]

    static let expectation = "a whole number, or a list of names"
    var yaml: String { names.isEmpty ? count.yaml : names.yaml }

    static func read(_ node: YAMLNode) -> Channels? {
        if let count = Int.read(node) { return Channels(count: count, names: []) }
        return [String].read(node).map { Channels(count: $0.count, names: $0) }
    }
}

extension Allowed where Value == Channels {
    fileprivate static var channels: Self {
        Self("1 to 64 of them, each name once and made of letters, digits and _") { value in
            (1...64).contains(value.count) && Set(value.names).count == value.names.count
                && value.names.allSatisfy { name in
                    !name.isEmpty && name.utf8.count <= 40
                        && name.unicodeScalars.allSatisfy {
                            $0.isASCII && ($0.properties.isAlphabetic || "0123456789_".unicodeScalars.contains($0))
                        }
                }
        }
    }
}

extension Allowed where Value == [String] {
    /// Printable names, each once; class 255 stands for unknown.
    static var classNames: Self {
        Self("255 names at most, each once") { names in
            names.count <= 255 && Set(names).count == names.count
                && names.allSatisfy { name in
                    !name.isEmpty && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
                }
        }
    }
}

extension TaskKind: ConfigurationChoice {}
extension ScoreRule: ConfigurationChoice {}
extension ValueScaling: ConfigurationChoice {}
