import Foundation
import Reports
import Testing
import Training

@Suite struct RunHistoryTests {
    @Test("a run reads back as it was told")
    func whole() throws {
        let run = try SmallRun()
        var losses: [Float] = []
        var figures: [Float] = []
        var result: TrainingResult?
        var summary: TrainingSummary?
        try run.train { event in
            switch event {
            case .started(let told): summary = told
            case .stepped(let report): losses.append(Float(report.losses[1].value))
            case .validated(_, let scores): figures.append(Float(scores[1].results[0].value))
            case .finished(_, let reached): result = reached
            default: break
            }
        }
        let history = try RunHistory(folder: run.path)
        #expect(history.state == .finished && history.step == 6 && history.damages.isEmpty)
        let session = try #require(history.sessions.first)
        #expect(session.command == ["modulor", "train", "it's <mine>.yaml"] && session.version == Release.version)
        #expect(session.tasks.map(\.count) == summary?.parameters.map(\.count))
        #expect(history.tasks.map(\.name) == ["semseg", "normals", "edge"])
        let task = history.tasks[1]
        #expect(task.losses.map(\.step) == Array(1...6))
        #expect(task.losses.map { Float($0.value) } == losses)
        #expect(task.metrics.map(\.name).first == "mean_angular_error" && task.metrics[0].unit == .degrees)
        #expect(task.metrics[0].points.map(\.step) == [2, 4, 6])
        #expect(task.metrics[0].points.map { Float($0.value) } == figures)
        #expect(task.metrics[0].constant.map { Float($0) } == result.map { Float($0.tasks[1].constants[0].value) })
        #expect(history.checkpoints.map(\.step) == [2, 4, 6])
        #expect(history.learningRate.count == 6)
        #expect(history.times.count == 1 && history.times[0].steps == 6 && history.times[0].computing > 0)
    }

    @Test("a run that is stopped where a validation is due saves first, and is validated when it goes on")
    func stopped() throws {
        let run = try SmallRun()
        try run.train(stopAfter: 2)
        let early = try RunHistory(folder: run.path)
        #expect(early.checkpoints.map(\.step) == [2] && early.tasks[1].metrics.isEmpty)
        try run.train(resume: true)
        let whole = try SmallRun()
        try whole.train()
        let points = try RunHistory(folder: run.path).tasks[1].metrics[0].points
        #expect(points.map(\.step) == [2, 4, 6])
        #expect(try points == RunHistory(folder: whole.path).tasks[1].metrics[0].points)
    }

    @Test("a run that ended for want of a gain is finished, tells its best step, and may go on")
    func withoutGain() throws {
        let run = try SmallRun()
        var course: ValidationCourse?
        let jumpy = [
            "training.iterations=12", "training.validate_every=1", "training.checkpoint_every=5",
            "training.learning_rate=0.3",
        ]
        try run.train(jumpy + ["training.stop_after=1"]) { if case .judged(_, let told) = $0 { course = told } }
        let best = try #require(course?.best)
        let history = try RunHistory(folder: run.path)
        #expect(history.state == .finished && history.step < 12 && history.course == course)
        let summary = try RunScreen(folder: run.path).summary
        #expect(summary.bestStep == best.step && summary.bestBy == "delta_m" && summary.endedEarly == true)
        #expect(try RunScreen(folder: run.path).text(columns: 100).contains("after step \(best.step)"))
        #expect(try RunReport(of: run.path).html.contains("ended after step \(history.step)"))
        let inspection = try RunInspection(run.path)
        #expect(inspection.modelStep == history.step && inspection.bestStep == nil)
        try run.train(jumpy + ["output.keep_best=true"], resume: true, stopAfter: 1)
        let longer = try RunHistory(folder: run.path)
        #expect(longer.state == .stopped && longer.step == history.step + 1)
        #expect(longer.course?.hasEnded == false && longer.course?.best == best)
    }

    @Test("figures of single classes read back, and what a figure's direction is")
    func parts() throws {
        let run = try SmallRun()
        var scores: [ValidationScore] = []
        var summary: TrainingSummary?
        try run.train { event in
            if case .started(let told) = event { summary = told }
            if case .validated(_, let told) = event { scores = told }
        }
        let history = try RunHistory(folder: run.path)
        let names = try #require(summary?.classNames["semseg"])
        let parts = try #require(history.tasks[0].parts)
        #expect(parts.step == 6 && parts.figures == PartFigures(scores[0], names: names))
        #expect(parts.figures.rows.map(\.name) == names)
        #expect(parts.figures.confusion?.joined().reduce(0, +) == parts.figures.rows.reduce(0) { $0 + $1.known })
        #expect(history.tasks[1].parts == nil)
        let page = try RunReport(of: run.path).html
        #expect(page.contains("mostly mistaken for") && page.contains("<b>\(names[1])</b>"))
        for (task, score) in zip(history.tasks, scores) {
            #expect(task.metrics.map(\.figure) == score.results.map(\.figure))
        }
    }

    @Test("pictures of the first samples come with each validation, of the worst and best at the end")
    func pictures() throws {
        let run = try SmallRun()
        var pictured: [[PicturedSample]] = []
        try run.train { if case .pictured(_, let samples) = $0 { pictured.append(samples) } }
        #expect(pictured.map(\.count).prefix(2) == [9, 9])
        let history = try RunHistory(folder: run.path)
        for task in history.tasks {
            let last = pictured[2].filter { $0.task == task.name }
            #expect(task.samples.map(\.sample) == last.map(\.sample))
            // Five samples: the two worst, the two best and the first three are at least four of them.
            #expect(task.samples.count >= 4)
            for (stored, drawn) in zip(task.samples, last) {
                #expect(stored.score.map { Float($0.value) } == drawn.score.map { Float($0.value) })
                #expect(stored.truth.starts(with: [0x89, 0x50, 0x4E, 0x47]))
                #expect(history.images[stored.sample]?.starts(with: [0x89, 0x50, 0x4E, 0x47]) == true)
                #expect((drawn.image.height, drawn.image.width) == (36, 44))
                #expect((drawn.prediction.height, drawn.truth.width) == (36, 44))
            }
        }
    }

    @Test("what a resumed session does again is told once")
    func resumed() throws {
        let whole = try SmallRun()
        try whole.train()
        let parts = try SmallRun()
        try parts.train(stopAfter: 5)
        #expect(try RunHistory(folder: parts.path).state == .stopped)
        // The state after step 5 is lost, so the next session begins again after step 4.
        try FileManager.default.removeItem(atPath: parts.path + "/checkpoints/00000005")
        try parts.train(resume: true)
        let files = try parts.eventFiles
        #expect(files.count == 2)
        let (expected, history) = (try RunHistory(folder: whole.path), try RunHistory(folder: parts.path))
        #expect(history.sessions.map(\.step) == [0, 4])
        #expect(history.state == .finished)
        #expect(history.tasks.map(\.losses) == expected.tasks.map(\.losses))
        #expect(history.tasks.map { $0.metrics.map(\.points) } == expected.tasks.map { $0.metrics.map(\.points) })
        #expect(history.checkpoints.map(\.step) == [2, 4, 6])
        // Which the study counts a run's training time by.
        #expect(history.imagesPerSecond.map(\.step) == Array(1...6))
    }

    @Test("a run is alive while its file is open, and stopped when its writer is gone")
    func alive() throws {
        let run = try SmallRun()
        var states: Set<String> = []
        try run.train(stopAfter: 3) { event in
            if case .stepped = event { states.insert("\((try? RunHistory(folder: run.path))?.state as Any)") }
        }
        #expect(states == ["Optional(Reports.RunHistory.State.running)"])
        #expect(try RunHistory(folder: run.path).state == .stopped)
        // A writer that was killed within a record.
        let file = try run.eventFiles[0]
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        try bytes.dropLast(20).write(to: URL(fileURLWithPath: file))
        let history = try RunHistory(folder: run.path)
        #expect(history.state == .stopped && history.step == 3 && history.damages.isEmpty)
    }

    @Test("a history that reads on is the one that is read anew")
    func readingOn() throws {
        let run = try SmallRun()
        var history: RunHistory?
        func check(_ state: RunHistory.State) throws {
            if history == nil { history = try RunHistory(folder: run.path) } else { try history?.refresh() }
            let (read, anew) = (try #require(history), try RunHistory(folder: run.path))
            #expect(read.state == state && anew.state == state && read.step == anew.step)
            #expect(read.tasks.map(\.losses) == anew.tasks.map(\.losses))
            #expect(read.tasks.map { $0.metrics.map(\.points) } == anew.tasks.map { $0.metrics.map(\.points) })
            #expect(read.checkpoints.map(\.step) == anew.checkpoints.map(\.step))
            #expect(read.sessions == anew.sessions && read.images == anew.images && read.end == anew.end)
        }
        func watch(_ event: TrainingEvent) {
            if case .stepped = event { #expect(throws: Never.self) { try check(.running) } }
        }
        try run.train(stopAfter: 5, observe: watch)
        try check(.stopped)
        // The second session does the fifth step again.
        try FileManager.default.removeItem(atPath: run.path + "/checkpoints/00000005")
        try run.train(resume: true, observe: watch)
        try check(.finished)
        // Its first byte no longer holds, but what was read is read.
        let file = try run.eventFiles[1]
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        bytes[0] ^= 1
        try bytes.write(to: URL(fileURLWithPath: file))
        try history?.refresh()
        #expect(history?.damages == [] && history?.state == .finished)
    }

    @Test("a damaged file is told of, and what stands before the damage is kept")
    func damaged() throws {
        let run = try SmallRun()
        try run.train(stopAfter: 3)
        let file = try run.eventFiles[0]
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        bytes[bytes.count - 3] ^= 1
        try bytes.write(to: URL(fileURLWithPath: file))
        let history = try RunHistory(folder: run.path)
        #expect(history.damages.count == 1 && history.damages[0].hasPrefix(file) && history.step == 3)
    }

    @Test("a folder without a recorded run is refused with a sentence")
    func nothing() throws {
        let run = try SmallRun()
        #expect(throws: UsageError.self) { try RunHistory(folder: run.root) }
    }
}
