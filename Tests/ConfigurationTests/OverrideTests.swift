import Configuration
import Testing

@Suite struct OverrideTests {
    private func read(_ text: String, _ overrides: [String]) throws -> RunConfiguration {
        try RunConfiguration.parse(text, file: "run.yaml", overrides: overrides)
    }

    @Test("An override replaces a value of the file or a default, and the last one wins")
    func values() throws {
        let configuration = try read(
            "training: {batch: 0, seed: 5}",
            [
                "training.batch=2", "training.batch=4", "data.crop=[96, 64]", "training.learning_rate=1e-2",
                "model.bank=/a=b", "output.directory=\"runs: x\"", "parallel={threads: 3}",
            ])
        #expect(configuration.training.batch == 4)
        #expect(configuration.training.seed == 5)
        #expect(configuration.data.crop == PixelSize(height: 96, width: 64))
        #expect(configuration.training.learningRate == 0.01)
        #expect(configuration.model.bank == "/a=b")
        #expect(configuration.output.directory == "runs: x")
        #expect(configuration.parallel.threads == .count(3))
        #expect(try read("model: {bank: /a}", ["model.bank="]).model.bank == nil)
    }

    @Test("An override of one task keeps the others; a whole list replaces them")
    func tasks() throws {
        let added = try read("{}", ["tasks.depth.weight=2", "tasks.sal.weight=7"]).tasks
        #expect(added.map(\.task) == [.semseg, .normals, .depth, .sal])
        #expect(added.map(\.weight) == [1, 10, 2, 7])
        let ofFile = try read("tasks: {edge: {}, depth: {}}", ["tasks.edge.weight=2", "tasks.semseg={}"]).tasks
        #expect(ofFile.map(\.task) == [.edge, .depth, .semseg])
        #expect(ofFile.map(\.weight) == [2, 1, 1])
        let replaced = try read("{}", ["tasks={normals: {}}"]).tasks
        #expect(replaced == [TaskSettings(.normals)])
    }

    @Test(
        "A mistake names the override",
        arguments: [
            ("training.batch=0", "training.batch is 0; it must be a whole number, from 1 to 1000000"),
            ("training.batch", "an override is written section.key=value, and this has no ="),
            ("training..batch=1", "an override is written section.key=value, and a part of this key is empty"),
            ("=1", "an override is written section.key=value, and a part of this key is empty"),
            ("training.batch=", "training.batch is empty; it must be a whole number, from 1 to 1000000"),
            ("training.batch.size=1", "this sets a key inside what is 8 at run.yaml:1:19, and not a section"),
            ("training.seed.a=1", "training.seed is a mapping; it must be a whole number, from 0 to 1000000000"),
            (
                "tasks.depht.weight=1",
                "tasks.depht.kind is missing: say which of classes, score, direction, distance, value it is; or did you mean "
                    + "depth?"
            ),
            ("tasks={}", "tasks is {}; it must name at least one task, such as semseg"),
            (
                "batch=4",
                "there is no key batch in a configuration; did you mean training.batch? "
                    + "allowed: model, tasks, data, training, parallel, output"
            ),
            (
                "data.dataset=folder",
                "data.dataset is folder, which is read from files; name their folder with data.root"
            ),
            ("model.width=*a", "an alias (*name) is not allowed in a configuration; write the value itself"),
        ])
    func mistakes(override: String, sentence: String) {
        #expect(complaints("training: {batch: 8}", overrides: [override]) == "--set \(override): \(sentence)")
    }

    @Test("A malformed value names the override")
    func malformed() {
        let complaint = complaints("{}", overrides: ["data.crop=[96, 96"])
        #expect(complaint.hasPrefix("--set data.crop=[96, 96: this is not well-formed YAML: "))
    }
}
