import Checkpoints
import CollectivesSupport
import Configuration
import ConvolutionEngine
import Foundation
import ProgramTesting
import TensorCore
import Testing
import Training

/// Whole networks with every optimizer, clipping, warm-up and average: the same files wherever a run stops, on any number
/// of ranks, in task groups or without.
@Suite("Training with optimizers", .serialized)
struct OptimizerTrainingTests {
    private static let adamw = [
        "training.optimizer=adamw", "training.clip_norm=0.5", "training.warmup=3", "training.average=ema",
        "training.factors.norms.weight_decay=0", "training.learning_rate=0.001",
    ]
    private static let nesterov = [
        "training.optimizer={type: sgd, nesterov: true}", "training.clip_norm=2", "training.average.type=ema",
        "training.average.decay=0.7", "training.factors.decoder.learning_rate=4",
    ]

    private static func configuration(_ overrides: [String]) throws -> RunConfiguration {
        try TrainerTests.configuration(["training.batch=4"] + overrides)
    }

    /// Trains on threads that are ranks, each asking to stop after `stop` steps of this session.
    private func train(
        _ configuration: RunConfiguration, in folder: TemporaryFolder, run: String, ranks: Int, resume: Bool = false,
        stopAfter stop: Int? = nil
    ) throws {
        let path = folder.path + "/" + run
        _ = try onRanks(ranks) { communicator in
            var steps = 0
            let team = try RankTeam(communicator)
            _ = try Trainer(
                configuration, folder: path, resume: resume, kernels: Kernels(.best, choice: .auto),
                pool: ThreadPool(threads: 1),
                team: team,
                shouldStop: {
                    steps += 1
                    return steps == stop
                }
            ).run()
            team.leave()
        }
    }

    @Test(
        "stopped and resumed on other ranks and in groups, a run ends with the same files",
        arguments: [adamw, nesterov])
    func anyRanks(overrides: [String]) throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration(overrides)
        try TrainerTests.train(configuration, in: folder, run: "whole")
        let model = try folder.files(below: "whole/model")
        let state = try folder.files(below: "whole/checkpoints/00000005")
        #expect(model.count == 5 && state.count == 5)
        let runs: [(ranks: Int, groups: Int, stop: Int?)] = [
            (2, 1, nil), (4, 1, nil), (3, 3, nil), (4, 2, 2), (2, 2, 3),
        ]
        for (ranks, groups, stop) in runs {
            let run = "\(ranks)-\(groups)"
            var own = configuration
            own.parallel.taskGroups = .count(groups)
            try train(own, in: folder, run: run, ranks: ranks, stopAfter: stop)
            if stop != nil {
                own.parallel.taskGroups = .count(1)
                try train(own, in: folder, run: run, ranks: 2, resume: true)
            }
            let isSame = try folder.files(below: run + "/model") == model
            let isSameState = try folder.files(below: run + "/checkpoints/00000005") == state
            #expect(isSame && isSameState, "\(ranks) ranks in \(groups) groups, stopped after \(stop ?? 0)")
        }
    }

    @Test("the joint network's run goes on from any step too")
    func joint() throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration(Self.adamw + ["model.method=conv"])
        try TrainerTests.train(configuration, in: folder, run: "whole")
        try TrainerTests.train(configuration, in: folder, run: "stopped", stopAfter: 1)
        try TrainerTests.train(configuration, in: folder, run: "stopped", resume: true, threads: 1)
        for part in ["model", "checkpoints/00000005"] {
            #expect(try folder.files(below: "stopped/" + part) == folder.files(below: "whole/" + part))
        }
    }

    @Test("a checkpoint has the optimizer's states by name, and a model the averages of the weights")
    func files() throws {
        let folder = try TemporaryFolder()
        try TrainerTests.train(try Self.configuration(Self.adamw), in: folder, run: "run")
        let task = try SafetensorsFile(path: folder.path + "/run/model/tasks/edge.safetensors")
        let state = try SafetensorsFile(path: folder.path + "/run/checkpoints/00000005/edge.safetensors")
        let names = Set(state.tensors.map(\.name))
        for name in task.tensors.map(\.name) {
            let shape = task.tensor(name)!.shape
            let saved = try task.floats(name, shape: shape)
            if name.hasSuffix("running_mean") || name.hasSuffix("running_var") {
                #expect(!names.contains("average." + name))
                #expect(try state.floats(name, shape: shape) == saved)
            } else {
                #expect(["exp_avg.", "exp_avg_sq.", "average."].allSatisfy { names.contains($0 + name) }, "\(name)")
                #expect(try state.floats("average." + name, shape: shape) == saved, "\(name)")
            }
        }
        let isMoved =
            try state.floats("predict.edge.weight", shape: [1, 8, 1, 1])
            != state.floats("average.predict.edge.weight", shape: [1, 8, 1, 1])
        #expect(isMoved)
    }

    @Test("a run of before, with SGD's keys in training, goes on")
    func oldConfiguration() throws {
        let folder = try TemporaryFolder()
        let configuration = try Self.configuration([])
        try TrainerTests.train(configuration, in: folder, run: "whole")
        try TrainerTests.train(configuration, in: folder, run: "old", stopAfter: 2)
        // As it was written before there were other optimizers.
        let file = folder.path + "/old/config.yaml"
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
        let first = try #require(lines.firstIndex(of: "  optimizer:"))
        let last = try #require(lines.firstIndex { $0.hasPrefix("  schedule:") })
        let old =
            lines[..<first] + ["  momentum: 0.9", "  weight_decay: 0.0001"]
            + lines[last...].filter { line in
                !["warmup", "clip_norm", "factors", "average", "type", "backbone", "modulators", "norms", "decoder"]
                    .contains { line.hasPrefix("  \($0):") || line.hasPrefix("    \($0):") }
                    && !line.hasPrefix("      ")
            }
        try Data((old.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
        try TrainerTests.train(configuration, in: folder, run: "old", resume: true)
        #expect(try folder.files(below: "old/model") == folder.files(below: "whole/model"))
    }
}
