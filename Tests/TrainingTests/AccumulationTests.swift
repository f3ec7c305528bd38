import Collectives
import CollectivesSupport
import Configuration
import ConvolutionEngine
import Datasets
import Graph
import Networks
import Tasks
import TensorCore
import Testing

import Training

/// Batches that are computed in parts (`training.accumulate`).
@Suite struct AccumulationTests {
    private static let heads = [
        TaskHead(.semseg, channels: 5), TaskHead(.normals, channels: 3), TaskHead(.sal, channels: 1),
    ]
    private static let (height, width) = (33, 40)

    private static func trainedHeads(_ losses: [LossKind]? = nil) throws -> [TrainedHead] {
        let kinds = try losses ?? heads.map { try LossKind(presetOf: $0.task, channels: $0.channels) }
        return zip(heads, kinds).map { TrainedHead($0.name, loss: $1, weight: 2) }
    }

    /// What ranks know after some steps, in bits.
    struct State: Equatable {
        var losses: [[UInt64]] = []
        var trained: [[UInt32]] = []
        var velocities: [[UInt32]] = []
        var statistics: [[UInt32]] = []
    }

    struct Division: CustomTestStringConvertible {
        var batch: Int
        var parts: Int
        var ranks = 1
        var groups = 1
        var testDescription: String { "\(batch) samples in \(parts) parts on \(ranks) ranks in \(groups) groups" }
    }

    private static func model(
        _ method: ModelSettings.Method, backbone: ModelSettings.Backbone = .resnet18, frozen: Bool = true
    ) -> ModelSettings {
        var model = ModelSettings(backbone: backbone, width: 4, method: method, aspp: 6, low: 3)
        if frozen { (model.norm, model.decoderNorm) = (.frozen, .frozen) }
        return model
    }

    /// The state of every rank after three steps on the same batch.
    ///
    /// - Parameter samples: those of a batch of 24 that the steps see, in turn; by default the first.
    private func trained(
        _ model: ModelSettings, _ division: Division, batchNorm: ParallelSettings.BatchNormScope = .global,
        choice: ConvolutionChoice = .auto, losses: [LossKind]? = nil, samples: [Range<Int>]? = nil,
        rate: Double = 0.01
    ) throws -> [State] {
        let runs = samples ?? [Range<Int>](repeating: 0..<division.batch, count: 3)
        return try onRanks(division.ranks) { communicator in
            let team = try RankTeam(communicator)
            let pool = ThreadPool(threads: 1 + communicator.rank % 2)
            let network = MultiTaskNetwork(model, heads: Self.heads, height: Self.height, width: Self.width)
            let groups = try TaskGroups(
                .count(division.groups), costs: network.graphs.map { $0.cost.trainingStepFlop(samples: 1) },
                ranks: division.ranks, batch: division.batch)
            let tasks = try TaskTeam(team, groups: groups)
            var settings = TrainingSettings()
            (settings.batch, settings.accumulate) = (division.batch, division.parts)
            var parallel = ParallelSettings()
            parallel.batchNorm = batchNorm
            parallel.bucketBytes = 4096
            let step = try TrainingStep(
                network.graphs, heads: try Self.trainedHeads(losses), settings: settings,
                kernels: Kernels(.best, choice: choice), pool: pool, team: tasks, parallel: parallel,
                start: .everyRank { $0.fill(SmallTraining.initialValue) })
            var state = State()
            for run in runs {
                Self.fill(step, from: run.lowerBound)
                try step.run(rate: rate)
                state.losses.append(step.losses.map(\.bitPattern))
            }
            try step.unify()
            for (group, kept) in zip(step.parameters.groups, step.states) {
                func bits(_ storage: ParameterStorage, _ memory: AlignedMemory) -> [UInt32] {
                    (0..<storage.layout.count).map { memory.floats()[$0].bitPattern }
                }
                state.trained.append(bits(group.trained, group.trained.values))
                state.velocities.append(bits(group.trained, kept.memories[0].memory))
                state.statistics.append(bits(group.statistics, group.statistics.values))
            }
            return state
        }
    }

    /// Samples are functions of their place in the batch; some know less than others, and some nothing.
    private static func fill(_ step: TrainingStep, from first: Int) {
        let pixels = height * width
        let samples = step.shard.map { first + $0 }
        let image = RandomStream("image")
        for (place, sample) in samples.enumerated() {
            for index in 0..<3 * pixels {
                step.input[place * 3 * pixels + index] = 1.5 * image.signed(UInt64(sample * 3 * pixels + index))
            }
        }
        for head in heads where step.trains(head.name) {
            let count = pixels * head.task.labelChannels
            var labels = [Float](repeating: 0, count: 24 * count)
            labels.withUnsafeMutableBufferPointer { SmallTraining.fill($0, head) }
            for sample in 0..<24 {
                for index in 0..<count * (sample % 3) / 2 {
                    labels[sample * count + index] = head.task.unknownLabel
                }
            }
            let target = step.labels(of: head.name)
            for (place, sample) in samples.enumerated() {
                for index in 0..<count { target[place * count + index] = labels[sample * count + index] }
            }
        }
    }

    /// With frozen norms nothing tells a batch in parts from an undivided one, in any bit, whatever the parts' place in the
    /// tree.
    @Test(
        arguments: [
            Division(batch: 8, parts: 2), Division(batch: 8, parts: 8), Division(batch: 12, parts: 2),
            Division(batch: 12, parts: 4), Division(batch: 14, parts: 7), Division(batch: 8, parts: 2, ranks: 2),
            Division(batch: 12, parts: 2, ranks: 2), Division(batch: 12, parts: 3, ranks: 2),
            Division(batch: 8, parts: 2, ranks: 4), Division(batch: 12, parts: 3, ranks: 4),
            Division(batch: 12, parts: 2, ranks: 3, groups: 2), Division(batch: 8, parts: 4, ranks: 4, groups: 3),
        ])
    func partsHaveTheBitsOfTheWhole(_ division: Division) throws {
        let model = Self.model(.rcm)
        let whole = try trained(model, Division(batch: division.batch, parts: 1))[0]
        for state in try trained(model, division) {
            let isSame = state == whole
            #expect(isSame)
        }
    }

    @Test(
        arguments: [
            Self.model(.conv), Self.model(.seriesAdapters), Self.model(.parallelAdapters),
            Self.model(.rcm, backbone: .resnet50),
        ], [ConvolutionChoice.direct, .auto])
    func everyMethodHasTheBitsOfTheWhole(_ model: ModelSettings, _ choice: ConvolutionChoice) throws {
        let whole = try trained(model, Division(batch: 6, parts: 1), choice: choice)[0]
        for division in [Division(batch: 6, parts: 2), Division(batch: 6, parts: 3, ranks: 2)] {
            for state in try trained(model, division, choice: choice) {
                let isSame = state == whole
                #expect(isSame, "\(division.testDescription)")
            }
        }
    }

    /// Losses that are weighted by what the whole batch knows, and means over its images.
    @Test func lossesOfTheWholeBatchHaveTheBitsOfTheWhole() throws {
        let losses: [LossKind] = [
            .crossEntropy(
                CrossEntropyLoss(
                    classWeights: (0..<5).map { 1 + Double($0 % 3) }, gamma: 2, dice: DiceTerm(weight: 0.5, smooth: 1))),
            .cosine,
            .binaryCrossEntropy(
                BinaryCrossEntropyLoss(weights: .balanced, dice: DiceTerm(weight: 0.5, smooth: 1))),
        ]
        let whole = try trained(Self.model(.rcm), Division(batch: 6, parts: 1), losses: losses)[0]
        for division in [Division(batch: 6, parts: 2), Division(batch: 6, parts: 3, ranks: 2)] {
            for state in try trained(Self.model(.rcm), division, losses: losses) {
                let isSame = state == whole
                #expect(isSame, "\(division.testDescription)")
            }
        }
    }

    /// All ranks hold the same where norms are those of parts, however their samples lie in the tree.
    @Test(
        arguments: [
            Division(batch: 24, parts: 4, ranks: 2), Division(batch: 12, parts: 2, ranks: 2),
            Division(batch: 12, parts: 2, ranks: 3),
        ], [ParallelSettings.BatchNormScope.global, .local])
    func ranksStayTheSameWithNormsOfParts(
        _ division: Division, _ scope: ParallelSettings.BatchNormScope
    ) throws {
        let states = try trained(Self.model(.rcm, frozen: false), division, batchNorm: scope)
        for state in states.dropFirst() {
            let isSame = state == states[0]
            #expect(isSame)
        }
        let whole = try trained(Self.model(.rcm, frozen: false), Division(batch: division.batch, parts: 1))[0]
        #expect(states[0].losses[0] != whole.losses[0])
    }

    /// A norm takes the statistics of each part in turn, as steps over these samples alone would.
    @Test func statisticsAreThoseOfParts() throws {
        let model = Self.model(.conv, frozen: false)
        let parts = try trained(model, Division(batch: 6, parts: 3), samples: [0..<6], rate: 0)[0]
        let alone = try trained(
            model, Division(batch: 2, parts: 1), samples: [0..<2, 2..<4, 4..<6], rate: 0)[0]
        let isSame = parts.statistics == alone.statistics
        #expect(isSame)
    }

    /// The gradients of norms' scales and shifts are the sums of the parts', each of a mean over the whole batch.
    @Test func gradientsOfNormsAreSumsOverParts() throws {
        var model = Self.model(.conv)
        model.decoderNorm = .batch
        // With equal parts every part is the whole batch again: the same statistics, and the same gradient.
        let once = try trained(model, Division(batch: 2, parts: 1), samples: [0..<2])[0]
        #expect(once.trained[0].allSatisfy { Float(bitPattern: $0).isFinite })
        let twice = try trainedTwice(model)
        for (one, other) in zip(once.velocities[0], twice) {
            let one = Float(bitPattern: one)
            // A mean over twice as many pixels halves every part's gradient, which is exact, and so is their sum.
            #expect(one == other)
        }
    }

    /// The velocities after a step over a batch whose second half is its first again, in two parts.
    private func trainedTwice(_ model: ModelSettings) throws -> [Float] {
        let network = MultiTaskNetwork(model, heads: Self.heads, height: Self.height, width: Self.width)
        var settings = TrainingSettings()
        (settings.batch, settings.accumulate) = (4, 2)
        let step = try TrainingStep(
            network.graphs, heads: try Self.trainedHeads(), settings: settings,
            kernels: Kernels(.best, choice: .auto), pool: ThreadPool(threads: 2),
            start: .everyRank { $0.fill(SmallTraining.initialValue) })
        Self.fill(step, from: 0)
        step.input.advanced(by: step.inputCount / 2).update(from: step.input, count: step.inputCount / 2)
        for head in Self.heads {
            let labels = step.labels(of: head.name)
            labels.baseAddress!.advanced(by: labels.count / 2).update(
                from: labels.baseAddress!, count: labels.count / 2)
        }
        try step.run(rate: 0.01)
        let velocity = step.states[0].memories[0].memory.floats()
        return (0..<step.parameters.groups[0].trained.layout.count).map { velocity[$0] }
    }

    @Test func whatCannotBeDividedIsRefused() {
        func refusal(_ model: ModelSettings, _ division: Division) -> String? {
            do { _ = try trained(model, division) } catch { return "\(error)" }
            return nil
        }
        #expect(
            refusal(Self.model(.rcm), Division(batch: 8, parts: 3))
                == "training.accumulate: 3 does not divide training.batch, which is 8")
        #expect(
            refusal(Self.model(.rcm), Division(batch: 6, parts: 2, ranks: 2))
                == "training.accumulate: 2 parts on each of 2 ranks do not divide training.batch, which is 6; choose a "
                + "multiple of 4")
        let single = refusal(Self.model(.rcm, frozen: false), Division(batch: 4, parts: 4))
        #expect(single?.contains("because its map is 1 × 1 pixel and a part of the batch 1 sample") == true)
        #expect(refusal(Self.model(.rcm), Division(batch: 1, parts: 1)) == nil)
    }
}
