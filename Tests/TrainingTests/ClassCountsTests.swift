import Collectives
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import ProgramTesting
import Tasks
import TensorCore
import Testing
import Training

@Suite struct ClassCountsTests {
    /// Images of 2 × 3 pixels; that of index i shows the classes 0 and i % 3, and one unknown pixel.
    private struct Images: SampleSource {
        struct Refusal: Error, Equatable {
            let index: Int
        }

        let count: Int
        var badIndex: Int?
        let tasks: [LearningTask] = [.semseg]

        func classNames(of task: LearningTask) -> [String] { ["floor", "wall", "table", "sofa"] }

        func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
            if index == badIndex { throw Refusal(index: index) }
            let classes: [Float] = [0, 255, 0, 0, Float(index % 3), Float(index % 3)]
            return Sample(
                identifier: "\(index)",
                image: PixelMap(height: 2, width: 3, channels: 3, values: [Float](repeating: 0, count: 18)),
                labels: [.semseg: PixelMap(height: 2, width: 3, channels: 1, values: classes)])
        }
    }

    /// Runs `body` once for each of several ranks, at the same time.
    private func onRanks<Result: Sendable>(
        _ ranks: Int, _ body: @escaping @Sendable (RankTeam) throws -> Result
    ) throws -> [Result] {
        guard ranks > 1 else { return [try body(RankTeam())] }
        let communicators = ThreadCommunicator.world(ranksOfNodes: [ranks])
        let results = Results<Result>()
        let group = DispatchGroup()
        for rank in 0..<ranks {
            group.enter()
            let communicator = communicators[rank]
            Thread {
                results.add(rank) { try body(RankTeam(communicator)) }
                group.leave()
            }.start()
        }
        group.wait()
        return try results.inOrder()
    }

    private final class Results<Value: Sendable>: @unchecked Sendable {
        private let lock = NSLock()
        private var all: [Int: Swift.Result<Value, any Error>] = [:]

        func add(_ rank: Int, _ body: () throws -> Value) {
            let result = Swift.Result { try body() }
            lock.withLock { all[rank] = result }
        }

        func inOrder() throws -> [Value] { try all.sorted { $0.key < $1.key }.map { try $0.value.get() } }
    }

    @Test(arguments: [1, 2, 3, 4]) func anyRanksCountTheSame(ranks: Int) throws {
        let counted = try onRanks(ranks) { team in
            let counts = try ClassCounts(Images(count: 7), of: .semseg, classes: 4, workers: 2, team: team)
            return (counts.frequencies, counts.notice(of: "semseg", classNames: ["floor", "wall", "table", "sofa"]))
        }
        // Of seven images 0, 3 and 6 show class 0 alone, 1 and 4 class 1, 2 and 5 class 2.
        let expected = ClassFrequencies(pixels: [27, 4, 4, 0], pixelsOfImages: [35, 10, 10, 0])
        for (frequencies, notice) in counted {
            #expect(frequencies == expected)
            #expect(
                notice == ["semseg: no training label shows sofa, so the loss gives that class the weight 0"])
        }
    }

    @Test func anImageThatCannotBeReadIsNamed() throws {
        #expect(throws: Images.Refusal(index: 4)) {
            try ClassCounts(
                Images(count: 7, badIndex: 4), of: .semseg, classes: 4, workers: 3, team: RankTeam())
        }
    }

    /// Losses that weight by counts and by images, of the whole batch: the ranks' files are those of one process.
    @Test func lossesOfSettingsTrainTheSameOnTwoRanks() throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        let configuration = try TrainerTests.configuration([
            "tasks.semseg.loss={class_weights: balanced, label_smoothing: 0.1, dice: 0.5}",
            "tasks.normals.loss=cosine", "tasks.edge.loss={positive_weight: balanced, dice: 1}",
            "tasks.depth={loss: silog}", "training.iterations=3",
        ])
        for ranks in [1, 2] {
            _ = try onRanks(ranks) { team in
                let ending = try Trainer(
                    configuration, folder: path + "/\(ranks)", resume: false, kernels: Kernels(.best),
                    pool: ThreadPool(threads: 1), team: team
                ).run()
                guard case .finished = ending else {
                    Issue.record("the run was stopped")
                    return
                }
            }
        }
        let (alone, shared) = (try folder.files(below: "1/model"), try folder.files(below: "2/model"))
        #expect(!alone.isEmpty && alone == shared)
        let paper = try TrainerTests.configuration(["tasks.depth={}", "training.iterations=3"])
        _ = try Trainer(
            paper, folder: path + "/paper", resume: false, kernels: Kernels(.best), pool: ThreadPool(threads: 1)
        ).run()
        #expect(try folder.files(below: "paper/model") != alone, "the losses were used")
    }
}
