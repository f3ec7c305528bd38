import CSharedMemory

/// How a thread waits for other ranks: it looks again and again at first, since most waits are short, and then sleeps
/// between looks, since the core may be the one that computes.
struct Pause {
    /// Looks before the first sleep, a few milliseconds: longer than a bucket needs on one node, shorter than what ranks
    /// differ by when one of them is held up.
    static let looksBeforeSleep = 2_000
    /// Nanoseconds of a sleep.
    static let sleep = 20_000
    /// Nanoseconds of a sleep of a thread beside one that computes, when nothing has happened for a while.
    static let longestSleep = 100_000

    private var looks = 0

    /// To be called after a look that found nothing.
    mutating func next() {
        looks += 1
        if looks < Pause.looksBeforeSleep { mdl_relax() } else { mdl_sleep(Int64(Pause.sleep)) }
    }
}
