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
    }
}
