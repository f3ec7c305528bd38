import Datasets
import Testing

@Suite("Batches are loaded")
struct BatchLoaderTests {
    /// A batch that outlives its memory.
    struct Copy: Equatable {
        let step: Int
        let samples: [BatchSample]
        var images: [Float]
        var labels: [LearningTask: [Float]] = [:]

        init(_ batch: borrowing Batch) {
            step = batch.step
            samples = batch.samples
            let pixels = batch.count * batch.height * batch.width
            images = Array(UnsafeBufferPointer(start: batch.images, count: 3 * pixels))
            for task in batch.tasks {
                labels[task] = Array(
                    UnsafeBufferPointer(start: batch.labels(of: task), count: task.labelChannels * pixels))
            }
        }
    }

    let source = SyntheticSource(count: 10)
    let order = SampleOrder(count: 10, batchSize: 4, seed: 11)
    let augmentation = Augmentation(cropHeight: 8, cropWidth: 12, seed: 11)

    private func load(
        _ plan: BatchPlan, workers: Int, startingAt step: Int = 0, steps: Int, readAhead: Int = 2
    ) throws -> [Copy] {
        let loader = try BatchLoader(
            source: source, tasks: [.normals, .semseg], plan: plan, workers: workers, startingAt: step,
            readAhead: readAhead)
        return try (0..<steps).compactMap { _ in
            guard let batch = try loader.next() else { return nil }
            return Copy(batch)
        }
    }

    private func oneMore(of loader: BatchLoader) throws -> Batch {
        struct Ended: Error {}
        guard let batch = try loader.next() else { throw Ended() }
        return batch
    }

    @Test func theBatchesDoNotDependOnWorkersOrReadingAhead() throws {
        let plan = BatchPlan.training(order: order, augmentation: augmentation)
        let batches = try load(plan, workers: 0, steps: 12)
        #expect(batches.map(\.step) == Array(0..<12))
        #expect(batches.allSatisfy { $0.samples.count == 4 })
        #expect(batches.flatMap { $0.samples.map(\.draw) } == order.draws(at: 0..<48))
        #expect(try load(plan, workers: 1, steps: 12) == batches)
        #expect(try load(plan, workers: 3, steps: 12) == batches)
        #expect(try load(plan, workers: 3, steps: 12, readAhead: 5) == batches)
    }

    @Test func aBatchHoldsWhatTheRendererShows() throws {
        let plan = BatchPlan.training(order: order, augmentation: augmentation)
        let batch = try load(plan, workers: 2, steps: 3)[2]
        var renderer = ViewRenderer()
        for (place, known) in batch.samples.enumerated() {
            let sample = try source.sample(at: known.draw.index, tasks: [.normals])
            #expect(known.identifier == sample.identifier)
            let view = augmentation.view(
                epoch: known.draw.epoch, index: known.draw.index, sourceHeight: sample.image.height,
                sourceWidth: sample.image.width)
            #expect(known.view == view)
            var values = [Float](repeating: 0, count: 8 * 12 * 3)
            renderer.renderImage(sample.image, view: view, to: &values)
            #expect(Array(batch.images[place * values.count..<(place + 1) * values.count]) == values)
            renderer.renderLabels(sample.labels[.normals]!, task: .normals, view: view, to: &values)
            #expect(Array(batch.labels[.normals]![place * values.count..<(place + 1) * values.count]) == values)
        }
    }

    @Test(arguments: [0, 2])
    func aLoaderMayStartAnywhere(workers: Int) throws {
        let plan = BatchPlan.training(order: order, augmentation: augmentation)
        let unbroken = try load(plan, workers: 1, steps: 9)
        #expect(try load(plan, workers: workers, startingAt: 6, steps: 3) == Array(unbroken[6...]))
    }

    @Test func shardsMakeUpTheGlobalBatch() throws {
        let whole = try load(.training(order: order, augmentation: augmentation), workers: 0, steps: 5)
        let shards = try [0..<1, 1..<3, 3..<4].map {
            try load(.training(order: order, shard: $0, augmentation: augmentation), workers: 1, steps: 5)
        }
        for step in 0..<5 {
            #expect(shards.flatMap { $0[step].samples } == whole[step].samples)
            #expect(shards.flatMap { $0[step].images } == whole[step].images)
            #expect(shards.flatMap { $0[step].labels[.semseg]! } == whole[step].labels[.semseg])
        }
    }

    @Test(arguments: [0, 1, 3])
    func evaluationVisitsEverySampleOnce(workers: Int) throws {
        let plan = BatchPlan.evaluation(samples: 0..<10, batchSize: 4, frameHeight: 16, frameWidth: 15)
        let batches = try load(plan, workers: workers, steps: 6)
        #expect(batches.map(\.samples.count) == [4, 4, 2])
        #expect(batches.flatMap { $0.samples.map(\.draw.index) } == Array(0..<10))
        // Where the picture lies is known, so a prediction can be cut back to it.
        let view = batches[0].samples[1].view
        #expect(view == .whole(sourceHeight: 10, sourceWidth: 12, frameHeight: 16, frameWidth: 15))
        #expect(view.top == 3 && view.left == 1 && view.scale == 1 && !view.isMirrored)
    }

    @Test func memoryIsReusedAndAligned() throws {
        let loader = try BatchLoader(
            source: source, tasks: [.normals, .semseg],
            plan: .training(order: order, augmentation: augmentation), workers: 2)
        var places: Set<UInt> = []
        for _ in 0..<40 {
            let batch = try oneMore(of: loader)
            let addresses = [batch.images, batch.labels(of: .normals), batch.labels(of: .semseg)].map {
                UInt(bitPattern: $0)
            }
            #expect(addresses.allSatisfy { $0 % 64 == 0 })
            places.insert(addresses[0])
        }
        // Two read ahead, and one in use.
        #expect(places.count <= 3)
    }

    /// Batches that are kept stay as they are, though the loader goes on.
    @Test func batchesMayBeHeld() throws {
        let plan = BatchPlan.training(order: order, augmentation: augmentation)
        let loader = try BatchLoader(source: source, tasks: [.normals, .semseg], plan: plan, workers: 2)
        let held = try oneMore(of: loader)
        let before = Copy(held)
        for _ in 0..<10 {
            _ = try loader.next()
        }
        loader.stop()
        #expect(Copy(held) == before)
    }

    @Test(arguments: [0, 1, 3])
    func anErrorIsThrownAtItsBatchAndEverAfter(workers: Int) throws {
        let bad = SyntheticSource(count: 10, badIndices: [5, 6])
        let loader = try BatchLoader(
            source: bad, tasks: [.semseg],
            plan: .evaluation(samples: 0..<10, batchSize: 4, frameHeight: 16, frameWidth: 16), workers: workers)
        let first = try oneMore(of: loader)
        #expect(first.samples.map(\.draw.index) == [0, 1, 2, 3])
        for _ in 0..<2 {
            // Of two bad samples the first in the batch is named, whichever was read first.
            #expect(throws: SyntheticSource.Refusal(index: 5)) { _ = try loader.next() }
        }
    }

    @Test func picturesThatDoNotFitAreNamed() throws {
        let loader = try BatchLoader(
            source: source, tasks: [],
            plan: .evaluation(samples: 0..<10, batchSize: 4, frameHeight: 11, frameWidth: 16), workers: 1)
        expectRefusal("synthetic-3", contains: "12 x 11", "11 x 16", "frame") { _ = try loader.next() }
        let mismatched = try BatchLoader(
            source: SyntheticSource(count: 4, isMismatched: true), tasks: [.depth],
            plan: .evaluation(samples: 0..<4, batchSize: 4, frameHeight: 16, frameWidth: 16), workers: 1)
        expectRefusal("synthetic-0", contains: "9 x 11", "depth labels have 10 x 11") { _ = try mismatched.next() }
    }

    /// The threads own the source together with the loader; it ends when the last of them does.
    @Test(arguments: [true, false])
    func noThreadOutlivesTheLoader(isStopped: Bool) throws {
        var owned: SyntheticSource? = SyntheticSource(count: 10)
        weak let observer = owned
        var loader: BatchLoader? = try BatchLoader(
            source: owned!, tasks: [.semseg], plan: .training(order: order, augmentation: augmentation), workers: 3)
        owned = nil
        _ = try loader?.next()
        #expect(observer != nil)
        if isStopped {
            loader?.stop()
            loader?.stop()
        }
        loader = nil
        #expect(observer == nil)
    }
}

@Suite("A source that remembers")
struct CachedSampleSourceTests {
    @Test func samplesAreReadOnceAndStayTheSame() throws {
        let source = SyntheticSource(count: 10)
        let cached = CachedSampleSource(source, byteLimit: 1 << 20)
        #expect(cached.count == 10 && cached.tasks == source.tasks)
        for _ in 0..<3 {
            for index in 0..<10 {
                let sample = try cached.sample(at: index, tasks: [.depth])
                #expect(sample.labels[.depth]!.height == 9 + index % 4)
            }
        }
        #expect(source.readCount == 10)
        // Labels of another task are not in what was kept.
        #expect(try cached.sample(at: 0, tasks: [.semseg]).labels[.semseg] != nil)
        #expect(source.readCount == 11)
    }

    /// Sample 0 holds 9 x 11 pixels of 3 + 1 values of 4 bytes: 1584 bytes.
    @Test func noMoreThanTheLimitIsKept() throws {
        let source = SyntheticSource(count: 10)
        let cached = CachedSampleSource(source, byteLimit: 1584)
        for index in [0, 1, 0, 1] {
            _ = try cached.sample(at: index, tasks: [.depth])
        }
        #expect(source.readCount == 3)
        let none = CachedSampleSource(source, byteLimit: 1583)
        for _ in 0..<2 {
            _ = try none.sample(at: 0, tasks: [.depth])
        }
        #expect(source.readCount == 5)
    }

    @Test func errorsAreNotRemembered() {
        let source = SyntheticSource(count: 10, badIndices: [2])
        let cached = CachedSampleSource(source, byteLimit: 1 << 20)
        for _ in 0..<2 {
            #expect(throws: SyntheticSource.Refusal(index: 2)) { try cached.sample(at: 2, tasks: []) }
        }
        #expect(source.readCount == 2)
    }
}
