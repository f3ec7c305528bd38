import Glibc

/// A thread of the system that can be waited for. Reading files blocks, so it must not sit on Swift's own few threads.
final class WorkerThread {
    private let handle: pthread_t

    /// Starts `body` on a new thread.
    /// - Throws: ``WorkerThreadError`` when the system gives no thread.
    init(_ body: @escaping @Sendable () -> Void) throws {
        let box = Unmanaged.passRetained(Body(body))
        var handle = pthread_t()
        let code = pthread_create(
            &handle, nil,
            { argument in
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw WorkerThreadError(reason: String(cString: strerror(code)))
        }
        self.handle = handle
    }

    /// Waits until the thread has ended. To be called once.
    func join() {
        pthread_join(handle, nil)
    }

    private final class Body {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}

/// The system gave no thread to read data with.
package struct WorkerThreadError: Error, CustomStringConvertible, Equatable {
    package let reason: String

    package var description: String {
        "no thread could be started to read data (\(reason)); use fewer workers (data.workers)."
    }
}
