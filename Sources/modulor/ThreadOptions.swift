import ArgumentParser
import TensorCore

/// How many threads compute, where no configuration says so.
struct ThreadOptions: ParsableArguments {
    @Option(help: "Worker threads (default: one for each physical core that the process may use).")
    var threads: Int?

    func validate() throws {
        guard threads.map((1...4096).contains) ?? true else { throw ValidationError("--threads is from 1 to 4096") }
    }

    func pool() -> ThreadPool {
        let processors = Processors.available()
        let count = threads ?? processors.threads
        return ThreadPool(threads: count, processors: processors.pinning(threads: count))
    }
}
