import CThreadPool
import TensorCore
import Testing

/// Adds one to `counts[item]`, and notes a worker that does not exist.
private struct Count {
    var counts: UnsafeMutablePointer<Int32>
    var threads: Int32
    var strangers: UnsafeMutablePointer<Int32>
}

private let count: mdl_kernel = { arguments, item, worker in
    let count = arguments!.load(as: Count.self)
    count.counts[Int(item)] += 1
    if worker < 0 || worker >= count.threads { count.strangers.pointee = 1 }
}

/// output[item] = input[another item] + 1: right only when the step before is complete and seen by all.
private struct Shuffle {
    var input: UnsafeMutablePointer<Int32>
    var output: UnsafeMutablePointer<Int32>
    var items: Int32
}

// Items take unequal times, from none to some 20 microseconds, so that workers are seldom done at the same moment.
private let shuffle: mdl_kernel = { arguments, item, _ in
    let shuffle = arguments!.load(as: Shuffle.self)
    var value = UInt64(item)
    for _ in 0..<(item % 8) * 2000 { value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
    // Used, so that the work is not left out; no item's sequence ends on this value.
    let never: Int32 = value == .max ? 1 : 0
    shuffle.output[Int(item)] = shuffle.input[Int((item * 7 + 3) % shuffle.items)] + 1 + never
}

/// Keeps one thread at work for long enough that the others go to sleep.
private let dawdle: mdl_kernel = { arguments, _, _ in
    let value = UnsafeMutablePointer<UInt64>(mutating: arguments!.assumingMemoryBound(to: UInt64.self))
    for _ in 0..<100_000 { value.pointee = value.pointee &* 6_364_136_223_846_793_005 &+ 1 }
}

/// Numbers that kernels write to, freed with the test.
private final class Numbers {
    let base: UnsafeMutablePointer<Int32>
    let count: Int

    init(_ count: Int) {
        base = .allocate(capacity: max(1, count))
        base.initialize(repeating: 0, count: max(1, count))
        self.count = count
    }

    deinit { base.deallocate() }

    var values: [Int32] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

/// output[item] = the sum of the inputs at item, item + 1 and item + 2.
private struct Sums {
    var input: UnsafeMutablePointer<Int32>
    var output: UnsafeMutablePointer<Int32>
}

private let sum: mdl_kernel = { arguments, item, _ in
    let sums = arguments!.load(as: Sums.self)
    sums.output[Int(item)] = (0..<3).reduce(0) { $0 &+ sums.input[Int(item) + $1] }
}

// One pool at a time: pools that compete for the cores wait on each other's time slices.
@Suite(.serialized) struct ThreadPoolTests {
    @Test("every item is computed once, by a worker of the pool", arguments: [1, 2, 3], [0, 1, 2, 3, 1000])
    func items(threads: Int, items: Int) {
        let pool = ThreadPool(threads: threads)
        let counts = Numbers(items)
        let strangers = Numbers(1)
        var arguments = Count(counts: counts.base, threads: Int32(threads), strangers: strangers.base)
        for _ in 0..<20 { run(pool, count, &arguments, items: items, steps: 1) }
        #expect(counts.values == Array(repeating: 20, count: items))
        #expect(strangers.values == [0])
    }

    @Test("a step sees all that the step before it wrote", arguments: [1, 2, 3])
    func order(threads: Int) {
        let pool = ThreadPool(threads: threads)
        let items: Int32 = 64
        let steps = 10
        let (even, odd) = (Numbers(Int(items)), Numbers(Int(items)))
        let arguments = UnsafeMutablePointer<Shuffle>.allocate(capacity: 2)
        defer { arguments.deallocate() }
        arguments.initialize(to: Shuffle(input: even.base, output: odd.base, items: items))
        (arguments + 1).initialize(to: Shuffle(input: odd.base, output: even.base, items: items))
        let table = (0..<steps).map { step in
            mdl_step(kernel: shuffle, arguments: arguments + step % 2, items: items, tag: 0)
        }
        // Short runs: the last step of each must be complete as well.
        let wrong = (1...30).filter { run in
            pool.run(table, count: steps)
            return even.values.contains { $0 != Int32(run * steps) }
        }
        #expect(wrong.isEmpty)
    }

    @Test("in a chain, an item is computed once all is there that it reads", arguments: [1, 2, 3])
    func chain(threads: Int) {
        let pool = ThreadPool(threads: threads)
        let items = 64
        let (before, between, after) = (Numbers(items), Numbers(items), Numbers(items - 2))
        // Item i is read by the items i - 2 ... i that there are.
        let waiting = (0..<Int32(items)).map { mdl_items(first: max(0, $0 - 2), end: min($0 + 1, Int32(items) - 2)) }
        let needed = [Int32](repeating: 3, count: items - 2)
        var missing = needed
        var shuffled = Shuffle(input: before.base, output: between.base, items: Int32(items))
        var sums = Sums(input: between.base, output: after.base)
        let wrong = withUnsafePointer(to: &shuffled) { shuffled in
            withUnsafePointer(to: &sums) { sums in
                waiting.withUnsafeBufferPointer { waiting in
                    needed.withUnsafeBufferPointer { needed in
                        missing.withUnsafeMutableBufferPointer { missing in
                            var chain = mdl_chain(
                                step: mdl_step(kernel: shuffle, arguments: shuffled, items: Int32(items), tag: 0),
                                next: mdl_step(kernel: sum, arguments: sums, items: Int32(items) - 2, tag: 0),
                                waiting: waiting.baseAddress, needed: needed.baseAddress, missing: missing.baseAddress)
                            return (0..<100).filter { round in
                                for item in 0..<items { before.base[item] = Int32(round) }
                                run(pool, mdl_chain_kernel, &chain, items: items, steps: 1)
                                return after.values.contains { $0 != Int32(3 * (round + 1)) }
                            }
                        }
                    }
                }
            }
        }
        #expect(wrong.isEmpty)
        #expect(missing == needed)
    }

    // Three threads on two cores give a core away at every step, which costs a thousand times a step.
    @Test("tiny steps end, however many there are", arguments: [(2, 100_000), (3, 5000)])
    func manySteps(threads: Int, steps: Int) {
        let pool = ThreadPool(threads: threads)
        let counts = Numbers(threads)
        let strangers = Numbers(1)
        var arguments = Count(counts: counts.base, threads: Int32(threads), strangers: strangers.base)
        run(pool, count, &arguments, items: threads, steps: steps)
        #expect(counts.values == Array(repeating: Int32(steps), count: threads))
    }

    @Test("workers that went to sleep wake for the next step", arguments: [2, 3])
    func idle(threads: Int) {
        let pool = ThreadPool(threads: threads)
        let counts = Numbers(50)
        let strangers = Numbers(1)
        var arguments = Count(counts: counts.base, threads: Int32(threads), strangers: strangers.base)
        var value: UInt64 = 1
        for _ in 0..<100 {
            // A step of one item stays with the caller.
            run(pool, dawdle, &value, items: 1, steps: 1)
            run(pool, count, &arguments, items: 50, steps: 1)
        }
        #expect(counts.values == Array(repeating: 100, count: 50))
    }

    @Test("a pool ends at any time: unused, just used, or asleep", arguments: [1, 2, 3])
    func ending(threads: Int) {
        let counts = Numbers(threads)
        let strangers = Numbers(1)
        var arguments = Count(counts: counts.base, threads: Int32(threads), strangers: strangers.base)
        var value: UInt64 = 1
        for round in 0..<150 {
            let pool = ThreadPool(threads: threads)
            if round % 3 > 0 { run(pool, count, &arguments, items: threads, steps: 1) }
            if round % 3 > 1 { run(pool, dawdle, &value, items: 1, steps: 1) }
        }
        #expect(counts.values == Array(repeating: 100, count: threads))
    }

    @Test("each step's duration is told where it is asked for", arguments: [1, 2])
    func durations(threads: Int) {
        let pool = ThreadPool(threads: threads)
        var value: UInt64 = 1
        var nanoseconds: [Int64] = [-1, -1, -1]
        withUnsafePointer(to: &value) { value in
            let step = mdl_step(kernel: dawdle, arguments: value, items: 1, tag: 0)
            pool.run([step, step], count: 2, nanoseconds: &nanoseconds)
        }
        #expect(nanoseconds[0] > 0 && nanoseconds[1] > 0 && nanoseconds[2] == -1)
    }

    /// Runs the same step `steps` times over.
    private func run<Arguments>(
        _ pool: ThreadPool, _ kernel: mdl_kernel, _ arguments: inout Arguments, items: Int, steps: Int
    ) {
        withUnsafePointer(to: &arguments) { arguments in
            let step = mdl_step(kernel: kernel, arguments: arguments, items: Int32(items), tag: 0)
            pool.run(Array(repeating: step, count: steps), count: steps)
        }
    }
}
