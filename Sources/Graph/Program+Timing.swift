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
            self[keyPath: part].nanoseconds = arguments.keep([Int64](repeating: 0, count: self[keyPath: part].count))
        }
    }

    /// How long each piece of work took in the last run, in nanoseconds; empty where steps are not measured.
    package var nanoseconds: [Work: Int] {
        var times: [Work: Int] = [:]
        for part in [forward, backward, finish] {
            guard let durations = part.nanoseconds else { continue }
            for index in 0..<part.count { times[Work(tag: part.steps[index].tag), default: 0] += Int(durations[index]) }
        }
        return times
    }
}
