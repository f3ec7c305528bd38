import Configuration
import Testing

@Suite struct DifferenceTests {
    @Test("The names that SGD's keys had before are the same keys")
    func oldNames() throws {
        let old = try RunConfiguration.parse("training: {momentum: 0.5, weight_decay: 0.25}", file: "old.yaml")
        let new = try RunConfiguration.parse(
            "training: {optimizer: {momentum: 0.5, weight_decay: 0.25}}", file: "new.yaml")
        #expect(new == old && new.resumeConflicts(with: old).isEmpty)
        let other = try RunConfiguration.parse("training: {optimizer: adamw}", file: "other.yaml")
        #expect(other.resumeConflicts(with: old).contains("training.optimizer.type: sgd -> adamw"))
    }

    @Test("Each key that differs is named with both values")
    func differences() throws {
        let before = RunConfiguration()
        #expect(before.differences(from: before) == [])
        var after = before
        after.training.batch = 16
        after.model.bank = "/bank"
        after.tasks = [TaskSettings(.semseg), TaskSettings(.depth), TaskSettings(.edge)]
        #expect(
            after.differences(from: before) == [
                "model.bank: null -> /bank", "tasks.normals.kind: direction -> absent",
                "tasks.normals.metric: null -> absent", "tasks.normals.weight: 10.0 -> absent",
                "tasks.normals.labels.encoding: null -> absent", "tasks.normals.labels.axes: [x, y, z] -> absent",
                "tasks.normals.loss.type: l1 -> absent", "training.batch: 8 -> 16", "tasks.edge.kind: absent -> score",
                "tasks.edge.channels: absent -> 1",
                "tasks.edge.score_by: absent -> boundaries", "tasks.edge.metric: absent -> null",
                "tasks.edge.weight: absent -> 50.0", "tasks.edge.labels.threshold: absent -> null",
                "tasks.edge.loss.type: absent -> bce",
                "tasks.edge.loss.positive_weight: absent -> 0.95", "tasks.edge.loss.negative_weight: absent -> 0.05",
                "tasks.edge.loss.unknown_adds_log2: absent -> false", "tasks.edge.loss.dice: absent -> 0.0",
            ])
    }

    @Test("Another order of the tasks is a difference, for training visits them in order")
    func order() {
        let before = RunConfiguration()
        var after = before
        after.tasks.reverse()
        let change = ["tasks: semseg, normals, depth -> depth, normals, semseg"]
        #expect(after.differences(from: before) == change)
        #expect(after.resumeConflicts(with: before) == change)
    }

    @Test("A run may be resumed with other threads, task groups, stall limit and output, and with nothing else changed")
    func resume() {
        let before = RunConfiguration()
        var after = before
        after.parallel.threads = .count(2)
        after.parallel.taskGroups = .automatic
        after.parallel.stallSeconds = 60
        after.output = OutputSettings(directory: "elsewhere")
        after.output.keepCheckpoints = 9
        after.output.logEvery = 1
        #expect(after.resumeConflicts(with: before) == [])
        after.parallel.batchNorm = .local
        after.data.workers = 5
        after.training.iterations = 30_000
        #expect(
            after.resumeConflicts(with: before) == [
                "data.workers: 2 -> 5", "training.iterations: 20000 -> 30000", "parallel.batch_norm: global -> local",
            ])
    }
}
