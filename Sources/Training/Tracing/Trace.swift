import Collectives
import Graph
import TensorCore

/// What one rank did when, for a timeline: the last events, as many as there is room for, which is taken at the start.
///
/// Only the thread that trains adds events. What others do (reductions, reading) is looked up when it is over.
package final class Trace {
    /// The rows of a rank. Events of a row follow each other or lie within each other.
    package enum Row: Int32, CaseIterable, Sendable {
        /// What the thread that trains does, its waits included.
        case computing
        case gradients
        /// Sums that the computation waits for: batch normalization's, counts, losses.
        case sums
        /// Batches in the making.
        case data
    }

    /// The parts of a run.
    package enum Phase: String, CaseIterable, Sendable {
        case step
        case pictures = "wait for pictures"
        case forward
        case losses
        case backward
        case update
        case gradients = "wait for gradients"
        case sums = "wait for sums"
        case reading = "read batch"
        case validation
        case checkpoint
    }

    /// A stretch of time, in nanoseconds of the rank's monotonic clock.
    package struct Event: Sendable, PlainValue {
        /// The event's place in the names.
        package var name: Int32
        package var row: Row.RawValue
        /// Counted from 1; 0 outside of steps.
        package var step: Int32
        /// The place of the graph that is trained among all; -1 where there is none.
        package var graph: Int32
        package var began: Int64
        package var ended: Int64
    }

    /// Of the whole job; what a page can still show.
    private static let mostEvents = 1 << 20

    /// Of the step that is run, from 1.
    package var step = 0
    package private(set) var names = Phase.allCases.map(\.rawValue)
    private var places: [String: Int32] = [:]
    /// A ring.
    private var events: [Event] = []
    private var oldest = 0
    private let capacity: Int
    private var lastRead = Int64.min
    /// How far this rank's clock is ahead of the first rank's, in nanoseconds.
    let clockOffset: Int64

    /// All ranks of `team` take part, and compare their clocks.
    package init(_ team: RankTeam) throws(CollectiveError) {
        capacity = max(4096, min(1 << 17, Self.mostEvents / team.size))
        events.reserveCapacity(capacity)
        clockOffset = try ClockComparison.offset(team)
    }

    /// The place of a name; new ones are added.
    func place(_ name: String) -> Int32 {
        if let place = places[name] { return place }
        let place = Int32(names.count)
        names.append(name)
        places[name] = place
        return place
    }

    func add(_ name: Int32, _ row: Row, graph: Int = -1, from began: Int64, to ended: Int64) {
        let event = Event(
            name: name, row: row.rawValue, step: Int32(step), graph: Int32(graph), began: began, ended: ended)
        if events.count < capacity {
            events.append(event)
        } else {
            events[oldest] = event
            oldest = (oldest + 1) % capacity
        }
    }

    func add(_ phase: Phase, _ row: Row = .computing, graph: Int = -1, from began: Int64, to ended: Int64) {
        add(Int32(Phase.allCases.firstIndex(of: phase)!), row, graph: graph, from: began, to: ended)
    }

    /// Adds that a batch was read; the next is begun before the last one is whole, and then counts from there.
    func addBatch(_ reading: (began: Int64, ended: Int64)) {
        add(.reading, .data, from: max(reading.began, min(lastRead, reading.ended)), to: reading.ended)
        lastRead = reading.ended
    }

    /// Forgets all events.
    func forget() {
        events.removeAll(keepingCapacity: true)
        oldest = 0
    }

    /// The events that there was room for, in the order in which they were added.
    var kept: [Event] { Array(events[oldest...] + events[..<oldest]) }
}

extension Trace? {
    /// Runs `body`, and adds it where there is a trace.
    func span<Result: ~Copyable, Failure: Error>(
        _ phase: Trace.Phase, graph: Int = -1, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let self else { return try body() }
        let began = MonotonicClock.nanoseconds
        defer { self.add(phase, graph: graph, from: began, to: MonotonicClock.nanoseconds) }
        return try body()
    }
}
