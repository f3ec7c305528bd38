import Testing

import Training

/// Times that can be added up by hand.
@Suite struct StepPredictionTests {
    private let link = LinkModel(latency: 1, bandwidth: 10)

    @Test func aRankThatSaysNothingTakesItsComputation() {
        let step = StepPrediction(StepTimeline(entries: [], seconds: 5), link: link, ranks: 1, factor: 0)
        #expect(step.secondsPerStep == 5 && step.exposedCommunicationSeconds == 0)
    }

    @Test func sumsStopTheStep() {
        // Four ranks reduce in two rounds there and two back: 4 + 20 / 10.
        let timeline = StepTimeline(entries: [.init(.batchNorm, after: 3, bytes: 20)], seconds: 5)
        let step = StepPrediction(timeline, link: link, ranks: 4, factor: 1.5)
        #expect(step.batchNormSynchronizationSeconds == 6 && step.secondsPerStep == 11)
    }

    @Test func reductionsHideBehindTheComputationAndFollowEachOther() {
        // Two ranks, each bucket 10 × 1 / 10 and two rounds: 3 seconds. The first from 1 to 4, the second to 7.
        let entries: [StepTimeline.Entry] = [
            .init(.gradients, after: 1, bytes: 10), .init(.gradients, after: 2, bytes: 10), .init(.wait, after: 5),
        ]
        let step = StepPrediction(StepTimeline(entries: entries, seconds: 6), link: link, ranks: 2, factor: 1)
        #expect(step.reductionSeconds == 6)
        #expect(step.exposedCommunicationSeconds == 2)
        #expect(step.secondsPerStep == 8)
        let late = entries.map { entry in
            var entry = entry
            if entry.moment == .wait { entry.seconds = 9 }
            return entry
        }
        let hidden = StepPrediction(StepTimeline(entries: late, seconds: 10), link: link, ranks: 2, factor: 1)
        #expect(hidden.exposedCommunicationSeconds == 0 && hidden.secondsPerStep == 10)
    }

    @Test func clocksOfHostsAreCompared() {
        // A clock that is 1000 ahead; messages take 5 on the way there, 15 back, then 7 each way.
        var comparison = ClockComparison()
        comparison.add(sent: (own: 1000, first: 0), received: (own: 1005, first: 15))
        #expect(comparison.offset == 995)
        comparison.add(sent: (own: 1100, first: 100), received: (own: 1107, first: 107))
        #expect(comparison.offset >= 993 && comparison.offset <= 1005)
        #expect(abs(comparison.offset - 1000) <= 6)
    }

    @Test func everyJobOfAScalingIsMeasuredOnce() {
        let jobs = ScalingReport.jobs(ranks: [2, 1, 4], samplesPerRank: 3)
        #expect(jobs.map(\.ranks) == [1, 1, 2, 2, 4])
        #expect(jobs.map(\.batch) == [3, 12, 6, 12, 12])
    }
}
