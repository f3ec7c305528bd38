import Configuration
import Datasets
import Testing

/// Tasks are described in a configuration; the paper's and optical flow need no description.
@Suite struct TaskSettingsTests {
    private func tasks(_ text: String) throws -> [TaskSettings] {
        try RunConfiguration.parse("tasks:\n" + text, file: "run.yaml").tasks
    }

    @Test("Every kind is read with what it has")
    func kinds() throws {
        let tasks = try tasks(
            """
              roads: {kind: classes, classes: [road, "lane 2"], skip_empty: true, metric: pixel_accuracy, weight: 2}
              wet: {kind: score, channels: [soaked, damp], score_by: images}
              up: {kind: direction}
              far: {kind: distance}
              heat: {kind: value, channels: 3, mirror: [1, -1, 0.5], with_scale: divide}
            """)
        var roads = LearningTask("roads", .classes)
        (roads.classNames, roads.skipsEmptySamples) = (["road", "lane 2"], true)
        roads.comparedFigure = "pixel_accuracy"
        var wet = LearningTask("wet", .score)
        (wet.channels, wet.channelNames, wet.scoreRule) = (2, ["soaked", "damp"], .images)
        var heat = LearningTask("heat", .value)
        (heat.channels, heat.mirrorFactors, heat.scaling) = (3, [1, -1, 0.5], .divide)
        #expect(
            tasks.map(\.task) == [roads, wet, LearningTask("up", .direction), LearningTask("far", .distance), heat])
        #expect(tasks.map(\.weight) == [2, 1, 1, 1, 1])
    }

    @Test("What is written is read back the same, presets as they are")
    func roundTrip() throws {
        var configuration = RunConfiguration()
        configuration.tasks = try tasks(
            "  roads: {kind: classes, classes: [a, b]}\n  v: {kind: value, channels: [x, y], mirror: [-1, 1], with_scale: none}"
        )
        configuration.tasks += LearningTask.presets.map { TaskSettings($0) }
        #expect(try RunConfiguration.parse(configuration.yaml(), file: "run.yaml") == configuration)
        let presets = try tasks(LearningTask.presets.map { "  \($0.name): {}\n" }.joined())
        #expect(presets.map(\.task) == LearningTask.presets)
    }

    @Test("A configuration of version 0.1.0, which has a weight alone, means the same presets")
    func oldConfiguration() throws {
        let old = try tasks("  semseg:\n    weight: 1.0\n  sal:\n    weight: 5.0\n")
        #expect(old == [TaskSettings(.semseg), TaskSettings(.sal)])
    }

    @Test("A preset's name with another kind is a task of its own")
    func otherKind() throws {
        let task = try tasks("  edge: {kind: value, mirror: [1], with_scale: none}")[0]
        #expect(task.weight == 1 && task.task.kind == .value && task.task.scoreRule == .pixels)
    }

    @Test(
        "What does not fit is refused in one sentence",
        arguments: [
            (
                "  roads: {}",
                "tasks.roads.kind is missing: say which of classes, score, direction, distance, value it is"
            ),
            ("  dept: {}", "or did you mean depth?"),
            ("  roads: {kind: class}", "tasks.roads.kind is class; it must be one of classes,"),
            ("  up: {kind: direction, channels: 2}", "there is no key channels in tasks.up"),
            ("  roads: {kind: classes, classes: [a, a]}", "tasks.roads.classes is [a, a]; it must be a list"),
            ("  heat: {kind: value, channels: 0}", "tasks.heat.channels is 0"),
            ("  heat: {kind: value, channels: [a, a]}", "tasks.heat.channels is [a, a]"),
            ("  heat: {kind: value, channels: 65}", "1 to 64"),
            (
                "  heat: {kind: value, channels: 2, mirror: [1], with_scale: none}",
                "tasks.heat.mirror has 1 factors for 2 channels"
            ),
            ("  lines: {kind: score, channels: 2, score_by: boundaries}", "compares one channel; there are 2"),
            ("  heat: {kind: value}", "has heat of kind value, which data.augment enlarges and mirrors"),
        ])
    func refusals(text: String, part: String) {
        let complaint = complaints("tasks:\n" + text)
        #expect(complaint.contains(part), "\(complaint)")
        #expect(!complaint.contains("\n"), "\(complaint)")
    }

    @Test("Without augmentation values need no rules for it")
    func withoutAugmentation() throws {
        let configuration = try RunConfiguration.parse(
            "{tasks: {heat: {kind: value}}, data: {augment: false}}", file: "run.yaml")
        #expect(configuration.tasks.map(\.task.kind) == [.value])
    }
}
