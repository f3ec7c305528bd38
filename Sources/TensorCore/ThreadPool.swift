import CThreadPool

/// The workers that compute a rank's steps; one exists per process.
///
/// Steps are plain C functions with plain arguments (see `thread_pool.h`), so running them allocates nothing.
package final class ThreadPool {
    package let threads: Int
    private let pool: OpaquePointer

    /// - Parameters:
    ///   - threads: workers, the calling thread included; at least 1.
    ///   - processors: where given, one processor number per worker to pin it to.
    package init(threads: Int, processors: [Int32]? = nil) {
        precondition(threads >= 1, "a pool has at least the calling thread")
        precondition(processors == nil || processors!.count == threads, "one processor per worker")
        self.threads = threads
        guard let pool = mdl_thread_pool_create(Int32(threads), processors) else {
            fatalError("the system refused \(threads) threads: ask for fewer with parallel.threads")
        }
        self.pool = pool
    }

    deinit {
        mdl_thread_pool_destroy(pool)
    }

    /// Runs `count` steps in order. Where `nanoseconds` is given it receives each step's duration.
    package func run(_ steps: UnsafePointer<mdl_step>, count: Int, nanoseconds: UnsafeMutablePointer<Int64>? = nil) {
        mdl_thread_pool_run(pool, steps, Int32(count), nanoseconds)
    }
}
