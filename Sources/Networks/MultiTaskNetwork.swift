import Configuration
import Graph

/// The networks of a set of tasks: with a bank one graph per task, jointly trained one graph for all of them.
package struct MultiTaskNetwork: Sendable {
    package let model: ModelSettings
    package let heads: [TaskHead]
    /// What is run, in order, in one training step: the bank's tasks one after the other, or the joint network.
    package let graphs: [Graph]

    /// - Parameters:
    ///   - heads: the tasks, in the order in which a training step visits them.
    ///   - height, width: the images' size in pixels; any from 1 × 1 on.
    ///   - components: how many filters the bank has, as its file tells.
    package init(
        _ model: ModelSettings, heads: [TaskHead], height: Int, width: Int, components: BankComponents = .all
    ) {
        precondition(!heads.isEmpty, "a network needs a task")
        precondition(Set(heads.map(\.name)).count == heads.count, "two tasks of a network have one name")
        precondition(heads.allSatisfy { !$0.name.contains(".") }, "a task's name is one word in its parameters' names")
        self.model = model
        self.heads = heads
        let groups = model.method.hasBank ? heads.map { [$0] } : [heads]
        graphs = groups.map { group in
            var graph = Graph()
            let image = graph.input(height: height, width: width)
            let backbone = ResNet(
                model, task: model.method.hasBank ? group[0].name : nil, components: components)
            let features = backbone.features(image, in: &graph)
            for head in group {
                let prediction = DeepLabDecoder(model: model, head: head).prediction(
                    low: features.low, high: features.high, image: image, in: &graph)
                graph.addOutput(head.name, prediction)
            }
            return graph
        }
    }
}
