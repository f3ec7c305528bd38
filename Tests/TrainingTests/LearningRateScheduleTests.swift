import Configuration
import Testing
import Training

@Suite struct LearningRateScheduleTests {
    private func rates(_ schedule: TrainingSettings.Schedule) -> [Double] {
        var settings = TrainingSettings()
        settings.schedule = schedule
        settings.power = 2
        settings.plateaus = 4
        settings.factor = 0.5
        return (0..<6).map { settings.learningRateSchedule.rate(8, step: $0, steps: 6) }
    }

    private func isClose(_ rates: [Double], _ expected: [Double]) -> Bool {
        zip(rates, expected).allSatisfy { abs($0 - $1) < 1e-12 }
    }

    @Test func fallAsTheyAreWritten() {
        let squares: [Double] = [36, 25, 16, 9, 4, 1]
        #expect(isClose(rates(.polynomial), squares.map { 8 * $0 / 36 }))
        let half = 4 * 3.0.squareRoot() / 2
        let cosine: [Double] = [8, 4 + half, 6, 4, 2, 4 - half]
        #expect(isClose(rates(.cosine), cosine))
        // Parts of one and a half steps end after steps 1.5, 3 and 4.5.
        #expect(isClose(rates(.step), [8, 8, 4, 2, 2, 1]))
        #expect(rates(.constant) == [8, 8, 8, 8, 8, 8])
    }
}
