import Tasks

/// The names under which a run's figures and pictures stand in its event files.
enum RunTag: Hashable {
    case loss(task: String)
    case speed(Speed)
    /// Of all validation samples.
    case validation(task: String, metric: String, MetricUnit)
    /// The same metric of the best constant prediction.
    case constant(task: String, metric: String, MetricUnit)
    /// Of one validation sample.
    case score(task: String, sample: String, metric: String, MetricUnit)
    case image(sample: String)
    case truth(task: String, sample: String)
    case prediction(task: String, sample: String)
    case weights(parameter: String)
    case gradients(parameter: String)
    /// Figures of a task's classes or channels, as JSON.
    case parts(task: String)
    /// The configuration, as it stands in the run's folder.
    case configuration
    /// `SessionFacts` as JSON.
    case session
    /// `ValidationCourse` as JSON.
    case course
    /// `RankTimes` of all ranks as JSON.
    case times

    enum Speed: String, CaseIterable {
        case learningRate = "learning_rate"
        case imagesPerSecond = "images_per_second"
        case communicationShare = "communication_share"
        case waitingShare = "waiting_share"
    }

    var text: String {
        switch self {
        case .loss(let task): "loss/\(task)"
        case .speed(let figure): "training/\(figure.rawValue)"
        case .validation(let task, let metric, let unit): "validation/\(task)/\(Self.name(metric, unit))"
        case .constant(let task, let metric, let unit): "validation_constant/\(task)/\(Self.name(metric, unit))"
        case .score(let task, let sample, let metric, let unit): "sample/\(task)/\(Self.name(metric, unit))/\(sample)"
        case .image(let sample): "image/\(sample)"
        // Truth and prediction of a sample stand beside each other where tags are sorted.
        case .truth(let task, let sample): "\(Self.group(of: task))/\(sample)/truth"
        case .prediction(let task, let sample): "\(Self.group(of: task))/\(sample)/prediction"
        case .weights(let parameter): "weights/\(parameter)"
        case .gradients(let parameter): "gradients/\(parameter)"
        case .parts(let task): "validation_parts/\(task)"
        case .configuration: "run/configuration"
        case .session: "run/session"
        case .course: "run/course"
        case .times: "run/times"
        }
    }

    /// What pictures of a task stand under: its name, unless other things stand under that.
    private static func group(of task: String) -> String {
        groups.contains(task) ? taskPrefix + task : task
    }

    private static let groups = [
        "loss", "training", "validation", "validation_constant", "sample", "image", "weights", "gradients", "run",
    ]
    /// No task's name has a dot.
    private static let taskPrefix = "task."

    private static func task(ofGroup group: String) -> String {
        group.hasPrefix(taskPrefix) ? String(group.dropFirst(taskPrefix.count)) : group
    }

    /// Reads a tag; nil where it is none of these. Samples' names may hold slashes.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        func sample(_ parts: ArraySlice<String>) -> String { parts.joined(separator: "/") }
        switch (parts[0], parts.count) {
        case ("loss", 2): self = .loss(task: parts[1])
        case ("training", 2):
            guard let figure = Speed(rawValue: parts[1]) else { return nil }
            self = .speed(figure)
        case ("validation", 3):
            let (metric, unit) = Self.metric(parts[2])
            self = .validation(task: parts[1], metric: metric, unit)
        case ("validation_constant", 3):
            let (metric, unit) = Self.metric(parts[2])
            self = .constant(task: parts[1], metric: metric, unit)
        case ("validation_parts", 2): self = .parts(task: parts[1])
        case ("sample", 4...):
            let (metric, unit) = Self.metric(parts[2])
            self = .score(task: parts[1], sample: sample(parts[3...]), metric: metric, unit)
        case ("image", 2...): self = .image(sample: sample(parts[1...]))
        case ("weights", 2): self = .weights(parameter: parts[1])
        case ("gradients", 2): self = .gradients(parameter: parts[1])
        case ("run", 2) where parts[1] == "configuration": self = .configuration
        case ("run", 2) where parts[1] == "session": self = .session
        case ("run", 2) where parts[1] == "course": self = .course
        case ("run", 2) where parts[1] == "times": self = .times
        case (let task, 3...) where parts.last == "truth":
            self = .truth(task: Self.task(ofGroup: task), sample: sample(parts[1..<parts.count - 1]))
        case (let task, 3...) where parts.last == "prediction":
            self = .prediction(task: Self.task(ofGroup: task), sample: sample(parts[1..<parts.count - 1]))
        default: return nil
        }
    }

    /// A metric with its unit in brackets; shares have none. No metric's own name ends like that.
    private static func name(_ metric: String, _ unit: MetricUnit) -> String {
        unit == .share ? metric : "\(metric) (\(unit.rawValue))"
    }

    private static func metric(_ name: String) -> (String, MetricUnit) {
        for unit in MetricUnit.allCases where unit != .share && name.hasSuffix(" (\(unit.rawValue))") {
            return (String(name.dropLast(unit.rawValue.count + 3)), unit)
        }
        return (name, .share)
    }
}
