import Datasets

/// Everything that `modulor train` and `modulor add` can be told in a file.
package struct RunConfiguration: ConfigurationDocument {
    package var model = ModelSettings()
    /// `tasks`: the trained tasks in the order in which they are visited; semseg, normals and depth by default.
    package var tasks = [TaskSettings(.semseg), TaskSettings(.normals), TaskSettings(.depth)]
    package var data = DataSettings()
    package var training = TrainingSettings()
    package var parallel = ParallelSettings()
    package var output = OutputSettings(directory: "runs/train")

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.section("model", &model)
        visitor.list("tasks", &tasks)
        visitor.section("data", &data)
        visitor.section("training", &training)
        visitor.section("parallel", &parallel)
        visitor.section("output", &output)
        for task in tasks where !data.hasOwnLabels && task.task.labels != LabelConvention() {
            visitor.require(
                "tasks", false,
                "has labels of \(task.name), and the labels of \(data.dataset.rawValue) are known: leave "
                    + "tasks.\(task.name).labels out, or set data.dataset to folder")
        }
        for task in tasks where data.dataset == .files {
            let isKnown = data.files.contains { $0.name == task.name && !$0.isList && $0.name != FileSettings.image }
            visitor.require(
                "tasks", isKnown,
                "has \(task.name), and data.files does not say where its labels are; add \(task.name): PATTERN there"
                    + (FileSettings.reserved.contains(task.name) ? ", under another name of the task" : ""))
        }
        for task in tasks where data.augment && !task.task.canBeAugmented {
            visitor.require(
                "tasks", false,
                "has \(task.name) of kind value, which data.augment enlarges and mirrors: give tasks.\(task.name).mirror (a "
                    + "factor for each channel) and tasks.\(task.name).with_scale (none, multiply or divide), or set "
                    + "data.augment to false")
        }
    }
}
