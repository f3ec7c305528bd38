import Collectives
import CollectivesSupport
import Glibc
import Synchronization
import Testing

/// Watch-dogs of ranks that are threads; what they do when processes die is for tests of real jobs to show.
@Suite struct WatchdogTests {
    /// What a rank's watch-dog does to its process.
    private final class Fate: Sendable {
        private let state = Mutex<(said: [String], code: Int32?)>(([], nil))

        var said: [String] { state.withLock { $0.said } }
        var code: Int32? { state.withLock { $0.code } }

        /// Waits until the process would have ended, for at most half a minute.
        func wait() {
            let end = ContinuousClock.now + .seconds(30)
            while code == nil {
                guard ContinuousClock.now < end else {
                    Issue.record("the watch-dog has ended nothing within 30 s")
                    return
                }
                usleep(1000)
            }
        }

        /// In place of a process that ends, the thread that ends it stands still for ever.
        var surroundings: Watchdog.Surroundings {
            Watchdog.Surroundings(
                say: { [self] sentence in state.withLock { $0.said.append(sentence) } },
                exit: { [self] code in
                    state.withLock { $0.code = code }
                    while true { sleep(1000) }
                })
        }
    }

    @Test(arguments: [1, 2, 5]) func ranksLeaveTogether(count: Int) throws {
        let fates = (0..<count).map { _ in Fate() }
        _ = try onRanks(count) { communicator in
            let watchdog = try Watchdog(stallSeconds: 60, fates[communicator.rank].surroundings)
            try watchdog.connect(communicator)
            for step in 1...50 { watchdog.report(step: step, .computing) }
            watchdog.leave()
        }
        for fate in fates { #expect(fate.said.isEmpty && fate.code == nil) }
    }

    @Test(arguments: [0, 2]) func whatOneRankEndsWithAllEndWithInSilence(ending: Int) throws {
        let fates = (0..<3).map { _ in Fate() }
        _ = try onRanks(3) { communicator in
            let watchdog = try Watchdog(stallSeconds: 60, fates[communicator.rank].surroundings)
            try watchdog.connect(communicator)
            // A rank that ends never returns, so that it does so on a thread of its own.
            if communicator.rank == ending {
                let handle = Unmanaged.passRetained(watchdog).toOpaque()
                var thread = pthread_t()
                pthread_create(
                    &thread, nil,
                    { Unmanaged<Watchdog>.fromOpaque($0!).takeRetainedValue().end(code: 3) }, handle)
            }
            fates[communicator.rank].wait()
        }
        for fate in fates { #expect(fate.said.isEmpty && fate.code == 3) }
    }

    @Test func aJobThatDoesNotComeTogetherIsEndedWithWhatWasFound() throws {
        let fate = Fate()
        let found = Watchdog.StartFinding(sentence: "rank 1 is stopped", patience: 0)
        _ = try Watchdog(
            stallSeconds: 1,
            Watchdog.Surroundings(
                say: fate.surroundings.say, exit: fate.surroundings.exit, surveyStart: { found }))
        fate.wait()
        #expect(fate.said == ["rank 1 is stopped"] && fate.code == 75)
    }
}
