import Foundation
import Reports
import Testing

@Suite struct RunScreenTests {
    @Test("a run's state, curves, figures and checkpoints are lines that fit")
    func lines() throws {
        let run = try SmallRun()
        try run.train(stopAfter: 5)
        let end = try #require(RunHistory(folder: run.path).end)
        let screen = try RunScreen(folder: run.path, now: end + 90)
        for columns in [20, 60, 120] {
            for line in screen.text(columns: columns).split(separator: "\n") { #expect(line.count <= columns) }
        }
        let text = screen.text(columns: 200)
        #expect(text.contains("stopped 1:30 min ago") && text.contains("--resume"))
        #expect(text.contains("5/6") && text.contains("checkpoints: after 2, 4, 5"))
        #expect(text.contains("mean angular error") && text.contains("█"))
        #expect(!screen.isRunning)
        try run.train(resume: true)
        let finished = try RunScreen(folder: run.path).text(columns: 200)
        #expect(finished.contains("finished"))
        // Where there is room for a short curve, no figure is cut.
        let narrow = try RunScreen(folder: run.path).text(columns: 70)
        #expect(narrow.matches(of: #/\(constant [^)]+\)/#).count == 3)
    }

    @Test("a living run is said to be alive")
    func alive() throws {
        let run = try SmallRun()
        var texts: [String] = []
        try run.train(stopAfter: 2) { event in
            if case .stepped = event, let screen = try? RunScreen(folder: run.path) {
                texts.append(screen.text(columns: 200))
            }
        }
        #expect(texts.count == 2 && texts.allSatisfy { $0.contains("alive") && $0.contains(" left") })
    }
}
