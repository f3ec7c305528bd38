import Reports
import Testing
import Training

@Suite struct ProgressLineTests {
    private func line(ranks: Int = 4, waitSeconds: Double = 0.2) -> ProgressLine {
        var line = ProgressLine()
        for step in 1...30 {
            line.add(
                StepReport(
                    step: step, steps: 100, losses: [("semseg", 1), ("depth", 0.25)], learningRate: 0.1, images: 8,
                    seconds: 2, waitSeconds: waitSeconds, communicationSeconds: 0.5, ranks: ranks))
        }
        return line
    }

    @Test("all that good trainers tell is there, where there is room")
    func whole() {
        let text = line().bar(columns: 200)
        for part in [
            "██████░░", "30/100", "mean loss semseg 1.00", "depth 0.250", "4 images/s", "1 per rank", "2:20 min left",
            "communication 25 %", "waiting for pictures 10 %",
        ] { #expect(text.contains(part), "\(part): \(text)") }
        #expect(line().text.hasPrefix("step 30/100  mean loss semseg 1"))
    }

    @Test("one process has nobody to wait for")
    func alone() {
        let text = line(ranks: 1, waitSeconds: 0).bar(columns: 200)
        #expect(!text.contains("rank") && !text.contains("communication") && !text.contains("waiting"))
    }

    @Test("figures above a thousand are written out, without an exponent")
    func large() {
        var line = ProgressLine()
        line.add(
            StepReport(
                step: 1, steps: 2, losses: [("semseg", 999.7), ("depth", 12_345.6)], learningRate: 0.1, images: 4938,
                seconds: 2, waitSeconds: 0, communicationSeconds: 0, ranks: 1))
        for part in ["semseg 1000", "depth 12346", "2469 images/s"] { #expect(line.text.contains(part), "\(part)") }
    }

    @Test("no line is wider than the terminal, and the step is the last to go")
    func width() {
        for columns in 1...200 {
            let text = line().bar(columns: columns)
            #expect(text.count < max(columns, 1) || columns == 1 && text.isEmpty)
            if columns > 6 { #expect(text.contains("30/100"), "\(columns): \(text)") }
        }
    }

    @Test("colours come only where they are asked for, and take no room")
    func colours() {
        for columns in [20, 60, 120] {
            let plain = line().bar(columns: columns)
            #expect(!plain.contains("\u{1B}"))
            let colored = line().bar(columns: columns, isColored: true)
            #expect(colored.contains("\u{1B}[0m"))
            #expect(colored.replacing(#/\u{1B}\[[0-9]+m/#, with: "") == plain)
        }
    }
}
