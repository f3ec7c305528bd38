import Configuration
import Datasets
import Foundation
import Testing

@Suite struct SettingsTests {
    @Test("An empty mapping gives the paper's values")
    func defaults() throws {
        let configuration = try RunConfiguration.parse("{}", file: "run.yaml")
        #expect(configuration == RunConfiguration())
        #expect(configuration.training.learningRate == 0.005)
        let sgd = configuration.training.optimizer.optimizer as? SGD
        #expect(sgd == SGD(momentum: 0.9, weightDecay: 1e-4))
        #expect(configuration.training.schedule == .polynomial)
        #expect(configuration.training.power == 0.9)
        #expect(configuration.training.batch == 8)
        #expect(configuration.model.width == 64)
        #expect(configuration.model.outputStride == 16)
        #expect(configuration.model.aspp == 256)
        #expect(configuration.model.low == 48)
        let weights = LearningTask.paper.map { TaskSettings($0).weight }
        #expect(weights == [1, 2, 50, 5, 10, 1])
    }

    @Test(
        "The best model is kept by a word or by a figure of a task",
        arguments: [
            ("false", BestChoice.none), ("true", .automatic), ("edge.ods_f", .figure(task: "edge", name: "ods_f")),
            ("depth.within_1.25", .figure(task: "depth", name: "within_1.25")),
        ])
    func bestChoice(text: String, choice: BestChoice) throws {
        let configuration = try RunConfiguration.parse("output: {keep_best: \(text)}", file: "run.yaml")
        #expect(configuration.output.keepBest == choice)
        #expect(try RunConfiguration.parse(configuration.yaml(), file: "again.yaml") == configuration)
    }

    @Test("What names no figure is refused", arguments: ["semseg", ".mean_iou", "semseg.", "3", "[true]", "null"])
    func badBestChoice(text: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try RunConfiguration.parse("output: {keep_best: \(text)}", file: "run.yaml")
        }
        #expect(error.map { "\($0)".contains("TASK.FIGURE") } == true)
    }

    @Test("Every key is read")
    func everyKey() throws {
        let text = """
            model:
              {backbone: resnet50, width: 16, output_stride: 8, method: ra_series, nff: false, aspp: 32, low: 12,
               norm: frozen, decoder_norm: frozen, bank: /banks/rooms}
            tasks: {edge: {weight: 40}, human_parts: {}}
            data:
              dataset: pascal-context
              root: /data
              crop: [96, 128]
              augment: false
              scale: [1, 1.5]
              workers: 3
              rooms: {seed: 4, train: 50, validation: 6, size: [70, 80]}
            training: {iterations: 9, batch: 10, accumulate: 5, learning_rate: 1e-2, schedule: constant, power: 2,
              warmup: 3, optimizer: {type: adamw, betas: [0.5, 0.75], epsilon: 1e-3, weight_decay: .5}, clip_norm: 1.5,
              factors: {norms: {weight_decay: 0}, decoder: {learning_rate: 10}}, average: {type: ema, decay: 0.5},
              seed: 11, validate_every: 12, checkpoint_every: 0, stop_after: 17}
            parallel: {threads: 13, batch_norm: local, reduction: plain, bucket_bytes: 4096, task_groups: auto,
              stall_seconds: 14, evaluation_bytes: 1000000}
            output: {directory: "runs/first one", keep_checkpoints: 15, keep_best: true, log_every: 16}
            """
        var expected = RunConfiguration()
        expected.model.backbone = .resnet50
        expected.model.width = 16
        expected.model.outputStride = 8
        expected.model.method = .seriesAdapters
        expected.model.normalizedFeatureFusion = false
        expected.model.aspp = 32
        expected.model.low = 12
        (expected.model.norm, expected.model.decoderNorm) = (.frozen, .frozen)
        expected.model.bank = "/banks/rooms"
        expected.tasks = [TaskSettings(.edge), TaskSettings(.humanParts)]
        expected.tasks[0].weight = 40
        expected.data.dataset = .pascalContext
        expected.data.root = "/data"
        expected.data.crop = PixelSize(height: 96, width: 128)
        expected.data.augment = false
        expected.data.scale = ScaleRange(smallest: 1, largest: 1.5)
        expected.data.workers = 3
        expected.data.rooms.seed = 4
        expected.data.rooms.train = 50
        expected.data.rooms.validation = 6
        expected.data.rooms.size = PixelSize(height: 70, width: 80)
        expected.training.iterations = 9
        expected.training.batch = 10
        expected.training.accumulate = 5
        expected.training.learningRate = 0.01
        var adamw = AdamW()
        (adamw.betas, adamw.epsilon, adamw.weightDecay) = ([0.5, 0.75], 1e-3, 0.5)
        expected.training.optimizer = OptimizerSettings(adamw)
        expected.training.warmup = 3
        expected.training.clipNorm = 1.5
        expected.training.factors.norms.weightDecay = 0
        expected.training.factors.decoder.learningRate = 10
        expected.training.average = AverageSettings(ema: 0.5)
        expected.training.schedule = .constant
        expected.training.power = 2
        expected.training.seed = 11
        expected.training.validateEvery = 12
        expected.training.checkpointEvery = 0
        expected.training.stopAfter = 17
        expected.parallel.threads = .count(13)
        expected.parallel.batchNorm = .local
        expected.parallel.reduction = .plain
        expected.parallel.bucketBytes = 4096
        expected.parallel.taskGroups = .automatic
        expected.parallel.stallSeconds = 14
        expected.parallel.evaluationBytes = .count(1_000_000)
        expected.output.directory = "runs/first one"
        expected.output.keepCheckpoints = 15
        expected.output.keepBest = .automatic
        expected.output.logEvery = 16
        let configuration = try RunConfiguration.parse(text, file: "run.yaml")
        #expect(configuration == expected)
        // Written and read again, nothing is lost, and nothing changes when that is done twice.
        let written = configuration.yaml()
        #expect(try RunConfiguration.parse(written, file: "run.yaml") == expected)
        #expect(try RunConfiguration.parse(written, file: "run.yaml").yaml() == written)
    }

    @Test("The resolved configuration names every key")
    func resolved() {
        let text = """
            model:
              backbone: resnet18
              width: 64
              method: conv
            data:
              dataset: rooms
              root: null
              missing_labels: refuse
              crop: [128, 128]
              augment: true
              scale: [0.5, 2.0]
              workers: 2
              rooms:
                seed: 1
                train: 2000
                validation: 100
                size: [160, 160]
              random_crop: auto
              area: [0.08, 1.0]
              aspect: [0.75, 1.3333333333333333]
            training:
              iterations: 20000
              batch: 8
              accumulate: 1
              learning_rate: 0.005
              optimizer:
                type: sgd
                momentum: 0.9
                nesterov: false
                weight_decay: 0.0001
              schedule: poly
              power: 0.9
              plateaus: 3
              factor: 0.1
              warmup: 0
              clip_norm: null
              factors:
                backbone:
                  learning_rate: 1.0
                  weight_decay: 1.0
                modulators:
                  learning_rate: 1.0
                  weight_decay: 1.0
                norms:
                  learning_rate: 1.0
                  weight_decay: 1.0
                decoder:
                  learning_rate: 1.0
                  weight_decay: 1.0
              average:
                type: none
              seed: 1
              validate_every: 1000
              checkpoint_every: 1000
              stop_after: 0
              label_smoothing: 0.0
            parallel:
              threads: auto
              batch_norm: global
              reduction: reproducible
              bucket_bytes: 4194304
              task_groups: 1
              stall_seconds: 20
              evaluation_bytes: auto
            output:
              directory: runs/pretrain
              keep_checkpoints: 3
              keep_best: false
              log_every: 10

            """
        #expect(PretrainConfiguration().yaml() == text)
    }

    @Test(
        "Any text survives being written and read",
        arguments: [
            "runs/a", "null", "~", "true", "5", "1e3", "-", "-x", "---", "a: b", "a #b", " a ", "*a", "\"", "\\",
            "é/日本", "😀",
            "a\u{2028}b", "a\u{FEFF}", "it's", "{a}", "[a", "yes", ".inf", "\u{A0}",
        ])
    func text(_ text: String) throws {
        var configuration = RunConfiguration()
        configuration.output.directory = text
        configuration.model.bank = "/" + text
        let read = try RunConfiguration.parse(configuration.yaml(), file: "run.yaml")
        #expect(read == configuration)
    }

    @Test("Numbers survive being written and read", arguments: [0.1, 1e-300, 2.5e-308, 1.0 / 3, 999.9999999999999])
    func number(_ number: Double) throws {
        var configuration = RunConfiguration()
        configuration.training.learningRate = number
        #expect(try RunConfiguration.parse(configuration.yaml(), file: "run.yaml") == configuration)
    }

    @Test("Tasks keep the order of the file")
    func taskOrder() throws {
        let text = "tasks:\n  depth: {}\n  semseg: {weight: 3}\n  edge: {}\n"
        let configuration = try RunConfiguration.parse(text, file: "run.yaml")
        #expect(configuration.tasks.map(\.task) == [.depth, .semseg, .edge])
        #expect(configuration.tasks.map(\.weight) == [1, 3, 50])
        #expect(try RunConfiguration.parse(configuration.yaml(), file: "run.yaml") == configuration)
    }

    @Test("A path to read is relative to the file that names it, on the command line to the working folder")
    func relativePaths() throws {
        let text = "model: {bank: ../banks/rooms}\ndata: {root: pictures}\noutput: {directory: runs/one}\n"
        let configuration = try RunConfiguration.parse(text, file: "/project/recipes/demo.yaml")
        #expect(configuration.model.bank == "/project/banks/rooms")
        #expect(configuration.data.root == "/project/recipes/pictures")
        #expect(configuration.output.directory == "runs/one")
        let working = FileManager.default.currentDirectoryPath
        let near = try RunConfiguration.parse("model: {bank: rooms}", file: "recipes/demo.yaml")
        #expect(near.model.bank == working + "/recipes/rooms")
        let overridden = try RunConfiguration.parse(
            "model: {bank: rooms}", file: "recipes/demo.yaml", overrides: ["model.bank=banks/other"])
        #expect(overridden.model.bank == working + "/banks/other")
    }
}
