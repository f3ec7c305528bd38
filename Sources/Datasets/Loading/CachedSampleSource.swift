import Foundation

/// A source that remembers what it read, up to a number of bytes, for samples that are costly to make.
///
/// The first samples that fit stay: training visits all of them equally often, so which ones are kept does not matter,
/// and replacing them would only cost time.
package final class CachedSampleSource: SampleSource, @unchecked Sendable {
    private struct Key: Hashable {
        let index: Int
        let tasks: [LearningTask]
    }

    private let source: any SampleSource
    private let byteLimit: Int
    /// Guards the two below.
    private let lock = NSLock()
    private var kept: [Key: Sample] = [:]
    private var keptBytes = 0

    /// - Parameter byteLimit: bytes of pixels and labels to keep at most.
    package init(_ source: any SampleSource, byteLimit: Int) {
        self.source = source
        self.byteLimit = byteLimit
    }

    package var count: Int { source.count }
    package var tasks: [LearningTask] { source.tasks }

    package func classNames(of task: LearningTask) -> [String] {
        source.classNames(of: task)
    }

    package func sample(at index: Int, tasks: [LearningTask]) throws -> Sample {
        let key = Key(index: index, tasks: tasks)
        if let sample = locked({ kept[key] }) {
            return sample
        }
        // Read without the lock: others must not wait. Two threads may make the same sample, which does no harm.
        let sample = try source.sample(at: index, tasks: tasks)
        let values = sample.labels.values.reduce(sample.image.values.count) { $0 + $1.values.count }
        let bytes = values * MemoryLayout<Float>.stride
        locked {
            if kept[key] == nil && keptBytes + bytes <= byteLimit {
                kept[key] = sample
                keptBytes += bytes
            }
        }
        return sample
    }

    package func boundaries(of task: LearningTask, at index: Int) throws -> PixelMap {
        try source.boundaries(of: task, at: index)
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        lock.lock()
        defer { lock.unlock() }
        return body()
    }
}
