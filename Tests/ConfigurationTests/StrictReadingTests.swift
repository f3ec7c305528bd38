import Configuration
import Testing

@Suite struct StrictReadingTests {
    @Test(
        "A mistake is refused with its place, what is allowed, and the nearest key",
        arguments: [
            // Unknown keys.
            (
                "training:\n  bach: 4\n",
                "run.yaml:2:3: there is no key bach in training; did you mean batch? allowed: iterations, batch, "
                    + "accumulate, learning_rate, optimizer, schedule, power, plateaus, factor, warmup, clip_norm, factors, "
                    + "average, seed, validate_every, checkpoint_every, stop_after"
            ),
            (
                "trainning: {}\n",
                "run.yaml:1:1: there is no key trainning in a configuration; did you mean training? "
                    + "allowed: model, tasks, data, training, parallel, output"
            ),
            (
                "model: {learning_rate: 0.1}",
                "run.yaml:1:9: there is no key learning_rate in model; did you mean training.learning_rate? "
                    + "allowed: backbone, width, output_stride, method, nff, aspp, low, norm, decoder_norm, bank, from"
            ),
            (
                "output: {batch_size: 1}",
                "run.yaml:1:10: there is no key batch_size in output; allowed: directory, keep_checkpoints, keep_best, log_every"
            ),
            (
                "tasks: {semseq: {}}",
                "run.yaml:1:17: tasks.semseq.kind is missing: say which of classes, score, direction, distance, value it "
                    + "is; or did you mean semseg?"
            ),
            (
                "tasks:\n  depth: {wieght: 1}",
                "run.yaml:2:11: there is no key wieght in tasks.depth; did you mean weight? "
                    + "allowed: kind, metric, weight, labels, loss"
            ),
            (
                "<<: {}",
                "run.yaml:1:1: there is no key \"<<\" in a configuration; allowed: model, tasks, data, training, "
                    + "parallel, output"
            ),
            // Wrong types.
            ("training: {batch: \"8\"}", "run.yaml:1:19: training.batch is \"8\"; \(batch)"),
            ("training: {batch: 8.0}", "run.yaml:1:19: training.batch is 8.0; \(batch)"),
            ("training: {batch: 010}", "run.yaml:1:19: training.batch is 010; \(batch)"),
            ("training: {batch: 0x8}", "run.yaml:1:19: training.batch is 0x8; \(batch)"),
            ("training: {batch: }", "run.yaml:1:19: training.batch is empty; \(batch)"),
            ("training: {batch: [8]}", "run.yaml:1:19: training.batch is [8]; \(batch)"),
            ("training: {batch: {a: 1}}", "run.yaml:1:19: training.batch is a mapping; \(batch)"),
            (
                "training: {batch: 99999999999999999999}",
                "run.yaml:1:19: training.batch is 99999999999999999999; \(batch)"
            ),
            ("model: {nff: yes}", "run.yaml:1:14: model.nff is yes; it must be true or false"),
            ("model: {nff: True}", "run.yaml:1:14: model.nff is True; it must be true or false; did you mean true?"),
            (
                "output: {directory: 7}",
                "run.yaml:1:21: output.directory is 7; it must be text (in quotes where it looks like a number), "
                    + "that names a file or a folder"
            ),
            ("model: {bank: {}}", "run.yaml:1:15: model.bank is {}; it must be a path or null"),
            ("training: 3", "run.yaml:1:11: training is 3; it must be a mapping of keys ({} takes all the defaults)"),
            (
                "training:\n",
                "run.yaml:1:10: training is empty; it must be a mapping of keys ({} takes all the defaults)"
            ),
            (
                "- training\n",
                "run.yaml:1:1: the configuration is [training]; it must be a mapping of keys ({} takes all the defaults)"
            ),
            ("? [a]\n: 1", "run.yaml:1:3: a key must be a word, not a list or a mapping"),
            // Values that are not allowed.
            ("training: {batch: 0}", "run.yaml:1:19: training.batch is 0; \(batch)"),
            ("training: {batch: -8}", "run.yaml:1:19: training.batch is -8; \(batch)"),
            ("training: {learning_rate: 0}", "run.yaml:1:27: training.learning_rate is 0; \(learningRate)"),
            ("training: {learning_rate: -1e-3}", "run.yaml:1:27: training.learning_rate is -1e-3; \(learningRate)"),
            ("training: {learning_rate: .nan}", "run.yaml:1:27: training.learning_rate is .nan; \(learningRate)"),
            ("training: {learning_rate: nan}", "run.yaml:1:27: training.learning_rate is nan; \(learningRate)"),
            ("training: {learning_rate: .inf}", "run.yaml:1:27: training.learning_rate is .inf; \(learningRate)"),
            ("training: {learning_rate: 1e999}", "run.yaml:1:27: training.learning_rate is 1e999; \(learningRate)"),
            ("training: {learning_rate: 0x1p-3}", "run.yaml:1:27: training.learning_rate is 0x1p-3; \(learningRate)"),
            (
                "training: {momentum: 1}",
                "run.yaml:1:22: training.momentum is 1; it must be a number, from 0.0 to below 1.0"
            ),
            // Optimizers, and the names that their keys had.
            (
                "training: {optimizer: adam}",
                "run.yaml:1:23: training.optimizer.type is adam; it must be one of sgd, adamw; did you mean adamw?"
            ),
            (
                "training: {optimizer: {betas: [0.9, 0.99]}}",
                "run.yaml:1:24: there is no key betas in training.optimizer; allowed: type, momentum, nesterov, weight_decay"
            ),
            (
                "training: {optimizer: {type: adamw, betas: [0.9]}}",
                "run.yaml:1:44: training.optimizer.betas is [0.9]; it must be a list, each a number, two of them from 0 to "
                    + "below 1"
            ),
            (
                "training: {momentum: 0.5, optimizer: sgd}",
                "run.yaml:1:22: training.momentum is an old name of a key of training.optimizer, which is given too; "
                    + "leave training.momentum out"
            ),
            (
                "training: {optimizer: {nesterov: true, momentum: 0}}",
                "run.yaml:1:34: training.optimizer.nesterov looks ahead along the velocity, so momentum must be above 0"
            ),
            (
                "training: {clip_norm: 0}",
                "run.yaml:1:23: training.clip_norm is 0; it must be a number or null, above 0.0"
            ),
            (
                "training: {average: {decay: 0.9}}",
                "run.yaml:1:22: there is no key decay in training.average; allowed: type"
            ),
            (
                "model: {backbone: resnet19}",
                "run.yaml:1:19: model.backbone is resnet19; it must be one of resnet18, resnet34, resnet50; "
                    + "did you mean resnet18?"
            ),
            (
                "model: {output_stride: 32}",
                "run.yaml:1:24: model.output_stride is 32; it must be a whole number, out of 16, 8"
            ),
            (
                "parallel: {threads: 0}",
                "run.yaml:1:21: parallel.threads is 0; it must be auto or a whole number, from 1 to 4096"
            ),
            ("data: {crop: [96, 0]}", "run.yaml:1:14: data.crop is [96, 0]; \(crop)"),
            ("data: {crop: [96]}", "run.yaml:1:14: data.crop is [96]; \(crop)"),
            ("data: {crop: [96, 96, 3]}", "run.yaml:1:14: data.crop is [96, 96, 3]; \(crop)"),
            ("data: {crop: 96}", "run.yaml:1:14: data.crop is 96; \(crop)"),
            (
                "data: {scale: [2, 0.5]}",
                "run.yaml:1:15: data.scale is [2, 0.5]; it must be [smallest, largest], two numbers, the smallest first, "
                    + "each from 0.05 to 20.0"
            ),
            (
                "data:\n  dataset: nyud\n",
                "run.yaml:2:12: data.dataset is nyud, which is read from files; name their folder with data.root"
            ),
            ("tasks: {}", "run.yaml:1:8: tasks is {}; \(tasks)"),
            ("tasks: ", "run.yaml:1:7: tasks is empty; \(tasks)"),
            (
                "tasks: [semseg]",
                "run.yaml:1:8: tasks is [semseg]; \(tasks), each with its keys, as {semseg: {}}"
            ),
            (
                "tasks: {semseg: {weight: -1}}",
                "run.yaml:1:26: tasks.semseg.weight is -1; it must be a number, above 0.0 and at most 1000000.0"
            ),
            ("output: {directory: ''}", "run.yaml:1:21: output.directory is \"\"; \(path)"),
            ("output: {directory: \"a\\0b\"}", "run.yaml:1:21: output.directory is \"a\\U00000000b\"; \(path)"),
        ])
    func refused(text: String, complaint: String) {
        #expect(complaints(text) == complaint)
    }

    static let batch = "it must be a whole number, from 1 to 1000000"
    static let learningRate = "it must be a number, above 0.0 and at most 1000.0"
    static let crop = "it must be [height, width], two whole numbers of pixels, each from 1 to 16384"
    static let tasks = "it must name at least one task, such as semseg"
    static let path = "it must be text (in quotes where it looks like a number), that names a file or a folder"

    @Test("Every mistake is named on a line of its own, in the order of the file")
    func allMistakes() {
        let text = """
            training:
              batch: 0
              seed: -1
            model:
              widht: 3
            """
        let lines = complaints(text, overrides: ["output.log_every=0"]).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0].hasPrefix("run.yaml:2:10: training.batch is 0;"))
        #expect(lines[1].hasPrefix("run.yaml:3:9: training.seed is -1;"))
        #expect(lines[2].hasPrefix("run.yaml:5:3: there is no key widht in model; did you mean width?"))
        #expect(lines[3].hasPrefix("--set output.log_every=0: output.log_every is 0;"))
    }

    @Test("A long value is shortened in the complaint")
    func longValue() {
        let complaint = complaints("model: {method: \(String(repeating: "x", count: 5000))}")
        #expect(complaint.count < 200)
    }
}
