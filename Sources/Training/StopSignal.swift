import Foundation
import Synchronization

/// Whether the process was asked to stop: by a terminal (SIGINT), a scheduler (SIGTERM) or its warning (SIGUSR1).
///
/// The handler only raises a flag; training looks at it after every step, saves its state and ends.
package enum StopSignal {
    private static let raised = Atomic<Bool>(false)
    private static let terminated = Atomic<Bool>(false)

    /// Makes the signals raise the flag instead of ending the process. A second SIGINT ends it as usual.
    package static func install() {
        signal(SIGUSR1) { _ in StopSignal.raise() }
        signal(SIGTERM) { _ in
            StopSignal.terminated.store(true, ordering: .relaxed)
            StopSignal.raise()
        }
        signal(SIGINT) { _ in
            StopSignal.raise()
            signal(SIGINT, SIG_DFL)
        }
    }

    package static var isRaised: Bool { raised.load(ordering: .relaxed) }

    /// Whether SIGTERM was among the signals; to ranks, mpirun sends it shortly before it ends them.
    package static var isTerminated: Bool { terminated.load(ordering: .relaxed) }

    private static func raise() { raised.store(true, ordering: .relaxed) }
}
