import CThreadPool

/// Communication as a step of a program, between steps that compute: the thread pool calls it like a kernel, on the
/// thread that runs the program.
///
/// A step cannot throw: after an error the rest of the program runs on values that mean nothing, and who runs it looks at
/// the communication thread's `failure` afterwards.
package final class CommunicationStep {
    package enum Kind: Sendable {
        /// Runs the operation first and waits for its end, such as the exchange of batch normalization's sums.
        case run
        /// Hands the operation over, such as a bucket whose gradients are complete.
        case submit
    }

    /// Valid as long as this object lives.
    package let step: mdl_step
    private let arguments: UnsafeMutablePointer<Arguments>

    private struct Arguments {
        let kind: Kind
        let thread: CommunicationThread
        let operation: CollectiveOperation
    }

    package init(_ kind: Kind, _ operation: CollectiveOperation, on thread: CommunicationThread, tag: Int32 = 0) {
        arguments = .allocate(capacity: 1)
        arguments.initialize(to: Arguments(kind: kind, thread: thread, operation: operation))
        step = mdl_step(
            kernel: { arguments, _, _ in
                let own = arguments!.assumingMemoryBound(to: Arguments.self)
                switch own.pointee.kind {
                // The error stays with the thread.
                case .run: try? own.pointee.thread.run(own.pointee.operation)
                case .submit: own.pointee.thread.submit(own.pointee.operation)
                }
            }, arguments: UnsafeRawPointer(arguments), items: 1, tag: tag)
    }

    deinit {
        arguments.deinitialize(count: 1)
        arguments.deallocate()
    }
}
