import Foundation
import Synchronization

/// Whether the process was asked to stop: by a terminal (SIGINT), a scheduler (SIGTERM) or its warning (SIGUSR1).
///
/// The handler only raises a flag; training looks at it after every step, saves its state and ends.
package enum StopSignal {
    private static let raised = Atomic<Bool>(false)

    /// Makes the signals raise the flag instead of ending the process. A second SIGINT ends it as usual.
    package static func install() {
        for number in [SIGTERM, SIGUSR1] { signal(number) { _ in StopSignal.raise() } }
        signal(SIGINT) { _ in
            StopSignal.raise()
            signal(SIGINT, SIG_DFL)
        }
    }

    package static var isRaised: Bool { raised.load(ordering: .relaxed) }

    private static func raise() { raised.store(true, ordering: .relaxed) }
}
