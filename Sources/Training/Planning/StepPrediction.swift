/// How long a message takes: `latency` + bytes / `bandwidth`.
package struct LinkModel: Codable, Sendable, Equatable {
    /// In seconds.
    package var latency: Double
    /// Bytes per second that a rank sends.
    package var bandwidth: Double

    package init(latency: Double, bandwidth: Double) {
        (self.latency, self.bandwidth) = (latency, bandwidth)
    }

    /// Seconds of a reduction among `ranks` ranks in which each sends `bytes` in all: parts to their owners and results to
    /// all, in ⌈log₂ ranks⌉ rounds each.
    func seconds(bytes: Double, ranks: Int) -> Double {
        Double(Self.rounds(ranks)) * latency + bytes / bandwidth
    }

    /// 2 ⌈log₂ ranks⌉.
    static func rounds(_ ranks: Int) -> Int { 2 * (Int.bitWidth - (ranks - 1).leadingZeroBitCount) }
}

/// The time of a step on several ranks, from the timeline of one of them and a model of the link between them. Its keys
/// in JSON are these names in snake case.
///
/// Gradients travel one bucket after the other and beside the computation; sums do not wait for them. Ranks are taken to be
/// equally fast.
package struct StepPrediction: Codable, Sendable, Equatable {
    package let secondsPerStep: Double
    package let computingSeconds: Double
    package let exposedCommunicationSeconds: Double
    package let batchNormSynchronizationSeconds: Double
    /// Of all reductions, hidden behind the computation or not.
    package let reductionSeconds: Double

    /// - Parameters:
    ///   - ranks: that share the gradients.
    ///   - factor: what a rank sends per byte of gradients.
    package init(_ timeline: StepTimeline, link: LinkModel, ranks: Int, factor: Double) {
        var clock = 0.0
        var computed = 0.0
        var isFree = 0.0
        var (exposed, batchNorm, reductions) = (0.0, 0.0, 0.0)
        for entry in timeline.entries {
            clock += max(0, entry.seconds - computed)
            computed = max(computed, entry.seconds)
            switch entry.moment {
            case .batchNorm:
                let seconds = link.seconds(bytes: Double(entry.bytes), ranks: ranks)
                clock += seconds
                batchNorm += seconds
            case .scalars:
                let seconds = link.seconds(bytes: Double(entry.bytes), ranks: ranks)
                clock += seconds
                exposed += seconds
            case .gradients:
                let seconds = link.seconds(bytes: Double(entry.bytes) * factor, ranks: ranks)
                isFree = max(isFree, clock) + seconds
                reductions += seconds
            case .wait:
                exposed += max(0, isFree - clock)
                clock = max(clock, isFree)
            }
        }
        secondsPerStep = clock + max(0, timeline.seconds - computed)
        computingSeconds = timeline.seconds
        exposedCommunicationSeconds = exposed
        batchNormSynchronizationSeconds = batchNorm
        reductionSeconds = reductions
    }
}
