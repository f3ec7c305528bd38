import Configuration
import CAllocationCounter
import CThreadPool
import ConvolutionEngine
import Datasets
import Networks
import Tasks
import TensorCore
import Testing
import Training

/// The step allocates nothing, on no thread.
@Suite(.serialized) struct AllocationTests {
    private let threads = 3

    /// Begins or ends counting the allocations of every worker of `pool`, the calling thread included.
    private func count(_ isCounted: Bool, on pool: ThreadPool) {
        var call = mdl_roll_call(workers: Int32(pool.threads), counted: isCounted ? 1 : 0, present: 0)
        withUnsafeMutablePointer(to: &call) { call in
            var step = mdl_step(
                kernel: mdl_answer_roll_call, arguments: UnsafeRawPointer(call), items: Int32(pool.threads), tag: 0)
            pool.run(&step, count: 1)
        }
    }

    /// The allocations of all workers of `pool` while `body` runs.
    private func allocations(on pool: ThreadPool, during body: () throws -> Void) rethrows -> Int64 {
        count(true, on: pool)
        let before = mdl_allocations()
        try body()
        let result = mdl_allocations() - before
        count(false, on: pool)
        return result
    }

    @Test func everyWorkersAllocationsAreCounted() {
        let pool = ThreadPool(threads: threads)
        #expect(allocations(on: pool) {} == 0)
        // Swift's own.
        #expect(allocations(on: pool) { blackHole([Int](repeating: 0, count: 1000)) } >= 1)
        // One by each worker, in C: each item waits for the others, so no worker takes two.
        var call = mdl_roll_call(workers: Int32(threads), counted: 1, present: 0)
        let counted = allocations(on: pool) {
            withUnsafeMutablePointer(to: &call) { call in
                var step = mdl_step(
                    kernel: mdl_answer_roll_call_allocating, arguments: UnsafeRawPointer(call), items: Int32(threads),
                    tag: 0)
                pool.run(&step, count: 1)
            }
        }
        #expect(counted == Int64(threads))
    }

    /// Losses that need statistics of images, weights and counts of classes.
    private static let losses: [LossKind] = [
        .crossEntropy(
            CrossEntropyLoss(
                classWeights: (0..<21).map { 1 + Double($0 % 3) }, gamma: 2, dice: DiceTerm(weight: 0.5, smooth: 1))),
        .cosine, .error(.scaleInvariantLog(lambda: 0.5, smallest: 0.1), .zeroIsUnknown),
    ]

    @Test(arguments: [ModelSettings.Method.rcm, .conv], [nil, losses])
    func stepAllocatesNothing(_ method: ModelSettings.Method, _ losses: [LossKind]?) throws {
        try expectNoAllocation(method, losses, TrainingSettings())
    }

    @Test(arguments: [ModelSettings.Method.rcm, .conv], OptimizerSettings.all.map { $0.name })
    func stepAllocatesNothing(_ method: ModelSettings.Method, optimizer: String) throws {
        let settings = try RunConfiguration.parse(
            "training: {optimizer: \(optimizer), clip_norm: 0.1, average: ema, factors: {norms: {weight_decay: 0}}}",
            file: "test.yaml"
        ).training
        try expectNoAllocation(method, nil, settings)
    }

    @Test(arguments: [ModelSettings.Method.rcm, .conv], [nil, losses])
    func stepInPartsAllocatesNothing(_ method: ModelSettings.Method, _ losses: [LossKind]?) throws {
        var settings = TrainingSettings()
        settings.accumulate = 2
        try expectNoAllocation(method, losses, settings)
    }

    private func expectNoAllocation(
        _ method: ModelSettings.Method, _ losses: [LossKind]?, _ settings: TrainingSettings
    ) throws {
        let pool = ThreadPool(threads: threads)
        let tasks = [
            TaskHead(.semseg, channels: 21), TaskHead(.normals, channels: 3),
            TaskHead(.depth, channels: 1),
        ]
        let step = try SmallTraining.step(
            ModelSettings(width: 8, method: method, aspp: 16, low: 8), tasks, samples: 2 * settings.accumulate,
            height: 48, width: 64, losses: losses, pool: pool, settings: settings)
        for _ in 0..<2 { try step.run(rate: 1e-3) }
        let counted = try allocations(on: pool) {
            for _ in 0..<3 { try step.run(rate: 1e-3) }
        }
        #expect(counted == 0)
        #expect(step.losses.allSatisfy { $0.isFinite && $0 > 0 })
    }
}

/// Keeps the optimizer from leaving out what makes `value`.
@inline(never) private func blackHole<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}
