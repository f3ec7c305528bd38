import Configuration
import Datasets
import Foundation

/// What a look at all samples of a data set found: `modulor data check`.
package struct DataReport: Sendable {
    package let tasks: [LearningTask]
    package let training: any SampleSource
    package let validation: any SampleSource
    /// The one list that was looked at; nil for that of training and that of validation.
    package let split: String?
    /// What was read of both lists, the one list being the first; nil where samples are drawn, which needs no check.
    package let trained: SampleExamination?
    package let validated: SampleExamination?
    /// One sentence each, with the sample's name, the file and what would mend it; none where all is well.
    package let problems: [DataProblem]
    /// What is possible but unlikely to be meant, one sentence each.
    package let warnings: [String]

    /// How many samples of both lists have a label of `task`, and how many there are.
    package func labelCount(of task: LearningTask) -> (labels: Int, samples: Int) {
        let lists = [training] + (split == nil ? [validation] : [])
        return (lists.reduce(0) { $0 + $1.labelCount(of: task) }, lists.reduce(0) { $0 + $1.count })
    }

    package var trainingCount: Int { training.count }
    package var validationCount: Int { validation.count }

    /// What the labels of both lists hold, and the sizes of their pictures; nil where samples are drawn.
    package var whole: SampleExamination? { validated.flatMap { trained?.joined(with: $0) } ?? trained }

    /// Reads every sample with the labels of `tasks`, as training and validation do.
    ///
    /// - Parameters:
    ///   - split: the one list that is looked at; nil for that of training and that of validation.
    ///   - observe: told how many samples are done and how many there are, from one thread at a time.
    /// - Throws: `UsageError` where the data set lacks a task; `DataFileError` and `SampleError` where a folder or list
    ///   is missing or damaged, so that there are no samples to look at; `WorkerThreadError`.
    package init(
        _ settings: DataSettings, tasks: [LearningTask], only split: String? = nil,
        observe: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) throws {
        let opened = try OpenedData(settings, tasks: tasks, only: split)
        try self.init(
            training: opened.training, validation: opened.validation, split: split, tasks: tasks,
            workers: settings.workers, hasOwnLabels: settings.hasOwnLabels, observe: observe)
    }

    /// The same of the pictures that `modulor pretrain` reads.
    package init(
        _ settings: PretrainDataSettings, observe: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) throws {
        let data = try ClassifiedData(settings, seed: 0)
        try self.init(
            training: data.training, validation: data.validation, split: nil, tasks: [],
            workers: settings.workers, hasOwnLabels: false, observe: observe)
    }

    private init(
        training: any SampleSource, validation: any SampleSource, split: String?, tasks: [LearningTask],
        workers: Int, hasOwnLabels: Bool, observe: @escaping @Sendable (Int, Int) -> Void
    ) throws {
        self.tasks = tasks
        self.split = split
        self.training = training
        self.validation = validation
        guard let training = training as? any StoredSampleSource,
            let validation = validation as? any StoredSampleSource
        else {
            (problems, warnings, trained, validated) = ([], [], nil, nil)
            return
        }
        let both = split == nil ? validation.identifiers(alsoIn: training) : []
        var found = both.map { identifier in
            DataProblem(
                SampleError(
                    identifier: identifier, problem: "it is on the lists of both train and val",
                    remedy: "take it off one of them"))
        }
        let before = training.count
        let total = split == nil ? training.count + validation.count : training.count
        let trained = try training.examined(tasks: tasks, workers: workers) { observe($0, total) }
        let validated =
            split == nil
            ? try validation.examined(tasks: tasks, workers: workers) { observe(before + $0, total) } : nil
        found += (trained.problems + (validated?.problems ?? [])).map { DataProblem($0) }
        found += trained.labels.compactMap(DataProblem.init(nothingTrueIn:))
        problems = found
        warnings = trained.labels.flatMap {
            LabelWarnings(of: $0, classes: training.classNames(of: $0.task), hasOwnLabels: hasOwnLabels).sentences
        }
        (self.trained, self.validated) = (trained, validated)
    }
}

/// One thing that is wrong with a data set.
package struct DataProblem: Sendable, Equatable, CustomStringConvertible {
    package let description: String
    /// The same for all problems that differ in names and numbers alone.
    package let kind: String

    init(_ error: SampleError) {
        description = error.description
        var text = error.problem
        // What comes before the first colon is the file.
        if let colon = text.firstRange(of: ": "), text[..<colon.lowerBound].contains("/") {
            text = String(text[colon.upperBound...])
        }
        // Names that are numbers go with the other numbers.
        let isNumber = error.identifier.allSatisfy(\.isNumber)
        let words = text.split(separator: " ").filter { !$0.contains("/") }.map { word in
            !isNumber && word.prefix { $0 != "." && $0 != "," } == error.identifier ? "#" : word
        }
        text = words.joined(separator: " ")
        kind = String(text.map { $0.isNumber ? "#" : $0 }).replacingOccurrences(
            of: "#+", with: "#", options: .regularExpression)
    }

    /// Where a task is about true and false and nothing is true.
    fileprivate init?(nothingTrueIn summary: LabelSummary) {
        let isTrue = summary.scoreCounts.contains { $0.isTrue > 0 }
        guard !summary.scoreCounts.isEmpty, summary.sampleCount > 0, !isTrue else { return nil }
        description =
            "task \(summary.task.name): no training label has a pixel above one half, so there is nothing to learn; a mask "
            + "is 0 and 255 in a PNG and 0 and 1 in an array (.npy), where 255 is unknown."
        kind = description
    }
}

/// What is unlikely to be meant in the training labels of a task.
private struct LabelWarnings {
    private(set) var sentences: [String] = []
    private let task: LearningTask
    private let hasOwnLabels: Bool

    /// - Parameter hasOwnLabels: whether the labels are a user's own, whose conventions are known.
    init(of summary: LabelSummary, classes: [String], hasOwnLabels: Bool) {
        task = summary.task
        self.hasOwnLabels = hasOwnLabels
        guard summary.sampleCount > 0 else { return }
        if summary.strangeCount > 0 {
            let share = 100 * Double(summary.strangeCount) / Double(summary.elementCount)
            warn(
                "\(rounded(share)) % of the depths are negative or infinite and count as unknown; if that is meant, write 0 or "
                    + "NaN there, and if not, save metres from the camera")
        }
        guard summary.knownCount > 0 else {
            warn("nothing is known in any training label, so there is nothing to learn")
            return
        }
        if summary.unknownSampleCount > 0 {
            warn(
                "in \(summary.unknownSampleCount) of \(summary.sampleCount) training labels nothing is known; take these "
                    + "samples off the list if that is not meant")
        }
        switch task.kind.content {
        case .classes: lookAtClasses(summary, classes)
        case .shares: lookAtScores(summary)
        case .vectors: if hasOwnLabels { lookAtDirections(summary) }
        case .metres: lookAtDistances(summary)
        case .numbers: lookAtValues(summary)
        }
    }

    private mutating func lookAtClasses(_ summary: LabelSummary, _ classes: [String]) {
        let unseen = classes.indices.filter { summary.classCounts[$0] == 0 }
        let share = 100 * Double(summary.classCounts[0]) / Double(summary.knownCount)
        if summary.classCounts[0] == summary.knownCount, classes.count > 1, summary.knownShare! < 1 {
            warn(
                "all that is known is class 0 (\(classes[0])): in a mask of 0 and 255, 255 is unknown; "
                    + remedy("labels: {map: {0: 0, 255: 1}}", or: "make it a task of kind score"))
        } else if unseen == [0] {
            warn(
                "class 0 (\(classes[0])) is in no training label: if the first class of the labels is 1, take "
                    + "\(classes[0]) off the list of classes and "
                    + remedy("labels: {map: void-first}", or: "save each number less 1"))
        } else if !unseen.isEmpty {
            let named = unseen.prefix(8).map { "\($0) (\(classes[$0]))" }.joined(separator: ", ")
            warn(
                "\(unseen.count) of \(classes.count) classes are in no training label and will not be learnt: \(named)"
                    + "\(unseen.count > 8 ? " …" : "")")
        }
        if LabelConvention.namesOfUnknown.contains(classes[0].lowercased()), summary.classCounts[0] > 0 {
            warn(
                "class 0 is called \(classes[0]) and has \(rounded(share)) % of the known pixels, so it is learnt as a class: "
                    + "if it means unknown, "
                    + remedy(
                        "labels: {map: void-first}",
                        or: "save 255 there, number the others from 0 and take it off the list of classes"))
        }
    }

    private mutating func lookAtScores(_ summary: LabelSummary) {
        for (channel, count) in summary.scoreCounts.enumerated() where count.known > 0 {
            let name = summary.scoreCounts.count > 1 ? "channel \(task.channelName(channel)): " : ""
            if count.isTrue == count.known {
                warn("\(name)all that is known is true; 255 is unknown in an array, and false is 0")
            } else if count.isTrue == 0, summary.scoreCounts.count > 1 {
                warn("\(name)nothing is true in any training label, so there is nothing to learn")
            }
        }
    }

    private mutating func lookAtDirections(_ summary: LabelSummary) {
        guard summary.facingAwayShare > 0.1 else { return }
        warn(
            "\(rounded(100 * summary.facingAwayShare)) % of the vectors point away from the camera, which sees no such "
                + "surface: x is right, y up and z towards the camera; where x is right, y down and z away "
                + remedy("labels: {axes: [x, -y, -z]}", or: "{axes: [-x, -y, -z]} where all are the other way round"))
    }

    private mutating func lookAtDistances(_ summary: LabelSummary) {
        let numbers = summary.numbers[0]
        guard let median = numbers.quantile(0.5), let most = numbers.quantile(0.99) else { return }
        if numbers.least == numbers.greatest {
            warn("every known depth is \(rounded(Double(median))) m")
        } else if median > 200 {
            warn(
                "the median is \(rounded(Double(median))) m: if these are millimetres, "
                    + remedy("labels: {unit: 0.001}", or: "divide them by 1000"))
        } else if most < 1.5 {
            warn(
                "99 % of the depths are below \(rounded(Double(most))) m: if the camera saw further, they are no metres (nor "
                    + "millimetres in 16 bits); "
                    + (hasOwnLabels
                        ? "of 256 a metre write tasks.\(task.name).labels: {unit: 1/256}, of one by metres "
                            + "labels: {inverse: true}" : "save metres as float32 (.npy)"))
        }
    }

    private mutating func lookAtValues(_ summary: LabelSummary) {
        for (channel, numbers) in summary.numbers.enumerated() {
            let name = task.channelName(channel)
            if numbers.count == 0 {
                warn("channel \(name): nothing is known in any training label, so there is nothing to learn")
            } else if numbers.least == numbers.greatest {
                warn("channel \(name): every known number is \(rounded(Double(numbers.least)))")
            }
        }
    }

    /// What to write into the configuration, or what to do instead. Where the labels are not a user's own, there is no such
    /// line.
    private func remedy(_ line: String, or other: String) -> String {
        hasOwnLabels ? "write tasks.\(task.name).\(line), or \(other)" : other
    }

    private mutating func warn(_ sentence: String) { sentences.append("task \(task.name): \(sentence).") }

    private func rounded(_ value: Double) -> String { String(format: "%.3g", value) }
}
