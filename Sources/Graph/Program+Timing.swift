import CThreadPool

/// Where a program's time goes.
extension Program {
    /// Which of a node's computations a step belongs to.
    package enum Pass: Int32, Sendable {
        case forward, backwardToData, backwardToFilter
    }

    /// What a step computes: a pass of a node, with those that are fused into it.
    package struct Work: Hashable, Sendable {
        /// Its place among the graph's nodes.
        package let node: Int
        package let pass: Pass

        /// As a step of the thread pool keeps it.
        var tag: Int32 { Int32(node) << 2 | pass.rawValue }

        init(node: Int, pass: Pass) {
            self.node = node
            self.pass = pass
        }

        init(tag: Int32) {
            self.init(node: Int(tag >> 2), pass: Pass(rawValue: tag & 3)!)
        }
    }

    /// Measures every step of the runs from now on, which costs two looks at the clock per step.
    package func measureSteps() {
        guard forward.nanoseconds == nil else { return }
        for part in [\Program.forward, \.backward, \.finish] {
            let zeroes = [Int64](repeating: 0, count: self[keyPath: part].count)
            self[keyPath: part].nanoseconds = arguments.keep(zeroes)
            self[keyPath: part].began = arguments.keep(zeroes)
        }
    }

    /// How long each piece of work took in the last run, in nanoseconds; empty where steps are not measured.
    package var nanoseconds: [Work: Int] {
        var times: [Work: Int] = [:]
        for part in [forward, backward, finish] {
            part.forEachMeasuredStep { tag, _, nanoseconds in times[Work(tag: tag), default: 0] += Int(nanoseconds) }
        }
        return times
    }

    /// Tells of every loop of the last run what it computed for, when it began by the system's monotonic clock and how
    /// long it took, in nanoseconds; nothing where steps are not measured.
    package func forEachWork(_ body: (_ work: Work, _ began: Int64, _ nanoseconds: Int64) -> Void) {
        for part in [forward, backward, finish] {
            part.forEachMeasuredStep { tag, began, nanoseconds in body(Work(tag: tag), began, nanoseconds) }
        }
    }
}
