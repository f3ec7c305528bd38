import Configuration
import ConvolutionEngine
import Foundation
import ProgramTesting
import Reports
import TensorCore
import Training

/// A run of a few small steps, recorded as `modulor train` records it, in a folder that is removed with its owner.
final class SmallRun {
    private let folder: TemporaryFolder
    var root: String { folder.path }
    var path: String { root + "/run" }

    private static let configuration = """
        model: {width: 4, method: rcm, aspp: 8, low: 4}
        tasks: {semseg: {weight: 1}, normals: {weight: 10}, edge: {weight: 50}}
        data: {crop: [33, 40], workers: 1, rooms: {train: 7, validation: 5, size: [36, 44]}}
        training: {iterations: 6, batch: 3, validate_every: 2, checkpoint_every: 2, learning_rate: 0.01}
        """

    init() throws { folder = try TemporaryFolder() }

    /// Trains, and asks to stop after `stop` steps of this session. `observe` hears what the recorder hears.
    func train(
        _ overrides: [String] = [], resume: Bool = false, stopAfter stop: Int? = nil, choice: ConvolutionChoice = .auto,
        observe: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws {
        let recorder = EventRecorder(folder: path, command: ["modulor", "train", "it's <mine>.yaml"]) {
            preconditionFailure($0)
        }
        var steps = 0
        let trainer = try Trainer(
            RunConfiguration.parse(Self.configuration, file: "test.yaml", overrides: overrides), folder: path,
            resume: resume,
            kernels: Kernels(.best, choice: choice), pool: ThreadPool(threads: 2),
            shouldStop: {
                steps += 1
                return steps == stop
            },
            observe: {
                recorder.observe($0)
                observe($0)
            })
        _ = try trainer.run()
    }

    /// The event files, the oldest first.
    var eventFiles: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.contains("tfevents") }.sorted()
                .map { "\(path)/\($0)" }
        }
    }
}
