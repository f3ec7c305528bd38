import CSharedMemory

/// How a thread waits for other ranks: it looks again and again at first, since most waits are short, and then sleeps
/// between looks, since the core may be the one that computes.
struct Pause {
    /// Looks before the first sleep: about as long as a small message needs on one node.
    static let looksBeforeSleep = 200
    /// Nanoseconds of a sleep.
    static let sleep = 20_000
    /// Nanoseconds of a sleep of a thread beside one that computes, when nothing has happened for a while.
    static let longestSleep = 200_000

    private var looks = 0

    /// To be called after a look that found nothing.
    mutating func next() {
        looks += 1
        if looks < Pause.looksBeforeSleep { mdl_relax() } else { mdl_sleep(Int64(Pause.sleep)) }
    }
}
