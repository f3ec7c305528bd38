import Foundation

/// What a batch knows of one of its samples beside pixels.
package struct BatchSample: Sendable, Hashable {
    package let draw: SampleDraw
    package let identifier: String
    /// Holds the picture's own size and where it lies in the frame.
    package let view: SampleView
}

/// A batch: the network's inputs and the labels of every task, each one contiguous array.
///
/// The memory goes back to its loader when the batch ends, so nothing is allocated once as many batches were made
/// as are in use together. Pointers into it must not outlive it.
package struct Batch: ~Copyable, @unchecked Sendable {
    /// Counted from 0 at the beginning of the plan, wherever the loader was started.
    package let step: Int
    package let samples: [BatchSample]
    /// When the batch was begun and whole, by the system's monotonic clock, in nanoseconds.
    package let reading: (began: Int64, ended: Int64)
    private let storage: BatchStorage
    private let pool: BatchPool

    init(
        step: Int, samples: [BatchSample], reading: (began: Int64, ended: Int64), storage: BatchStorage,
        pool: BatchPool
    ) {
        self.step = step
        self.samples = samples
        self.reading = reading
        self.storage = storage
        self.pool = pool
    }

    deinit {
        pool.takeBack(storage)
    }

    package var count: Int { samples.count }
    /// Rows and columns of every picture and label map.
    package var height: Int { pool.height }
    package var width: Int { pool.width }
    package var tasks: [LearningTask] { pool.tasks }

    /// The normalized pictures: count x height x width x 3, on a 64-byte boundary.
    package var images: UnsafePointer<Float> { UnsafePointer(storage.images) }

    /// The labels of `task`: count x height x width x its label channels, on a 64-byte boundary.
    package func labels(of task: LearningTask) -> UnsafePointer<Float> {
        guard let index = pool.tasks.firstIndex(of: task) else {
            preconditionFailure("the loader was not asked for labels of \(task.name)")
        }
        return UnsafePointer(storage.labels[index])
    }
}

/// The memory of one batch. Workers write disjoint samples of it; the loader's lock hands it from them to the caller.
final class BatchStorage: @unchecked Sendable {
    let images: UnsafeMutablePointer<Float>
    /// In the order of the pool's tasks.
    let labels: [UnsafeMutablePointer<Float>]
    private let memory: UnsafeMutableRawPointer

    /// - Parameter counts: values of the images, then of each task's labels.
    init(imageCount: Int, labelCounts: [Int]) {
        let alignment = 64
        func bytes(_ count: Int) -> Int {
            (count * MemoryLayout<Float>.stride + alignment - 1) / alignment * alignment
        }
        let total = bytes(imageCount) + labelCounts.reduce(0) { $0 + bytes($1) }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: total, alignment: alignment)
        var offset = 0
        func carve(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { offset += bytes(count) }
            let values = (memory + offset).bindMemory(to: Float.self, capacity: count)
            values.initialize(repeating: 0, count: count)
            return values
        }
        self.memory = memory
        images = carve(imageCount)
        labels = labelCounts.map(carve)
    }

    deinit {
        memory.deallocate()
    }
}

/// The batches' memory that nobody uses at the moment.
final class BatchPool: @unchecked Sendable {
    let capacity: Int
    let height: Int
    let width: Int
    let tasks: [LearningTask]
    /// Guards `free`.
    private let lock = NSLock()
    private var free: [BatchStorage] = []

    init(capacity: Int, height: Int, width: Int, tasks: [LearningTask]) {
        self.capacity = capacity
        self.height = height
        self.width = width
        self.tasks = tasks
    }

    func lend() -> BatchStorage {
        lock.lock()
        defer { lock.unlock() }
        if let storage = free.popLast() {
            return storage
        }
        let pixels = capacity * height * width
        return BatchStorage(imageCount: 3 * pixels, labelCounts: tasks.map { $0.labelChannels * pixels })
    }

    func takeBack(_ storage: BatchStorage) {
        lock.lock()
        defer { lock.unlock() }
        free.append(storage)
    }
}
