import Collectives

/// What a step of one rank computes and says to others, in order: from this, and from how long messages take, follows
/// how long the step takes.
package struct StepTimeline: Sendable, Equatable {
    package enum Moment: Sendable, Equatable {
        /// Stops until the batch-norm sums of all ranks are there.
        case batchNorm
        /// Stops until counts or losses are there.
        case scalars
        /// Gradients leave, while the computation goes on.
        case gradients
        /// Stops until all gradients that have left are summed.
        case wait
    }

    package struct Entry: Sendable, Equatable {
        package var moment: Moment
        /// Of computation before it, in seconds.
        package var seconds: Double
        /// Of sums those that this rank sends, of gradients those that are reduced.
        package var bytes: Int

        package init(_ moment: Moment, after seconds: Double, bytes: Int = 0) {
            (self.moment, self.seconds, self.bytes) = (moment, seconds, bytes)
        }
    }

    /// In order.
    package var entries: [Entry]
    /// Of computation in the whole step.
    package var seconds: Double

    package init(entries: [Entry], seconds: Double) {
        (self.entries, self.seconds) = (entries, seconds)
    }

    /// The medians of several runs of the same step.
    package init(medians runs: [StepTimeline]) {
        precondition(!runs.isEmpty && runs.allSatisfy { $0.entries.count == runs[0].entries.count })
        entries = runs[0].entries.indices.map { place in
            var entry = runs[0].entries[place]
            entry.seconds = runs.map { $0.entries[place].seconds }.median
            return entry
        }
        seconds = runs.map(\.seconds).median
    }
}

extension TrainingStep {
    /// What the last step was made of, which `trace` holds, and nothing else. Time in which the step waited is left out.
    func timeline(_ trace: Trace) -> StepTimeline {
        func events(_ phase: Trace.Phase) -> [Trace.Event] {
            trace.kept.filter { $0.row == Trace.Row.computing.rawValue && trace.names[Int($0.name)] == phase.rawValue }
        }
        guard let whole = events(.step).last else { preconditionFailure("no step was traced") }
        let operations = operationsOfStep
        // The operations that stop a step, in their order, and the stops.
        let sums = operations.filter { $0.moment != .gradients }
        let stops =
            zip(events(.sums), sums).map { (event: $0, moment: $1.moment, bytes: $1.bytes) }
            + events(.gradients).map { (event: $0, moment: StepTimeline.Moment.wait, bytes: 0) }
        let moments =
            stops.map { (began: $0.event.began, ended: $0.event.ended, moment: $0.moment, bytes: $0.bytes) }
            + operations.filter { $0.moment == .gradients }.map {
                (began: $0.began, ended: $0.began, moment: $0.moment, bytes: $0.bytes)
            }
        var stopped: Int64 = 0
        var entries: [StepTimeline.Entry] = []
        // What leaves just before a wait may be seen to begin within it.
        for moment in moments.sorted(by: { ($0.began, $0.ended) < ($1.began, $1.ended) }) {
            let seconds = Double(max(0, moment.began - whole.began - stopped)) / 1e9
            entries.append(.init(moment.moment, after: seconds, bytes: moment.bytes))
            stopped += moment.ended - moment.began
        }
        return StepTimeline(entries: entries, seconds: Double(whole.ended - whole.began - stopped) / 1e9)
    }

    /// The operations of the last step in the order of their beginnings.
    private var operationsOfStep: [(began: Int64, moment: StepTimeline.Moment, bytes: Int)] {
        var all: [(began: Int64, moment: StepTimeline.Moment, bytes: Int)] = []
        communication?.forEachOperation { operation, kind, _, bytes in
            let moment: StepTimeline.Moment =
                switch kind {
                case .batchNorm: .batchNorm
                case .scalars: .scalars
                case .gradients: .gradients
                }
            all.append((operation.began, moment, bytes))
        }
        return all.sorted { $0.began < $1.began }
    }
}
