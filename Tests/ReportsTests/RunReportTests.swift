import Checkpoints
import Configuration
import Foundation
import Reports
import Testing
import Training

@Suite struct RunReportTests {
    @Test("the page tells what was trained, how to repeat it and what came of it, and fetches nothing")
    func page() throws {
        let run = try SmallRun()
        try run.train()
        let path = try RunReport(of: run.path).write()
        #expect(path == run.path + "/report.html")
        let page = try String(contentsOfFile: path, encoding: .utf8)
        for words in [
            "finished", "semseg, normals, edge", "loss of normals", "learning rate", "mean angular error",
            "mean IoU", "</i>ceiling</span>", "single-task network", "rank 0", "sha256sum", "iterations: 6",
            "modulor train 'it'\\''s &lt;mine&gt;.yaml'",
        ] { #expect(page.contains(words), "\(words)") }
        let configuration = try String(contentsOfFile: run.path + "/config.yaml", encoding: .utf8)
        #expect(configuration.contains("iterations: 6"))
        for address in ["http:", "https:", "src=", "<link", "@import", "<script"] {
            #expect(!page.contains(address), "\(address)")
        }
        // Each task shows the worst sample first and the best last.
        #expect(page.components(separatedBy: "<b>worst</b>").count == 4)
        #expect(page.components(separatedBy: "<b>best</b>").count == 4)
        // What opens is closed.
        for tag in ["div", "figure", "table", "section", "svg", "details", "i", "b", "span"] {
            let opened = page.components(separatedBy: "<\(tag)>").count + page.components(separatedBy: "<\(tag) ").count
            #expect(opened - 2 == page.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
        }
    }

    @Test("a run that has only begun has a page too")
    func early() throws {
        let run = try SmallRun()
        try run.train(stopAfter: 1)
        let page = try RunReport(of: run.path).html
        #expect(page.contains("stopped after step 1") && page.contains("not validated yet"))
    }

    @Test("Δm is the mean of the tasks' signed relative gains over a baseline")
    func baseline() throws {
        let run = try SmallRun()
        try run.train()
        #expect(try RunReport(of: run.path, baselines: [run.path]).html.contains("<b>Δm</b>"))
        #expect(try RunReport(of: run.path, baselines: [run.path]).html.contains(">+0.00 %<"))
        #expect(try !RunReport(of: run.path).html.contains("<b>Δm</b>"))
    }

    @Test("a joint network's backbone counts once, a bank's tasks have what is theirs", arguments: ["rcm", "conv"])
    func parameters(method: String) throws {
        let run = try SmallRun()
        var summary: TrainingSummary?
        try run.train(["model.method=\(method)"]) { if case .started(let told) = $0 { summary = told } }
        let configuration = try RunConfiguration.load(path: run.path + "/config.yaml")
        let comparison = try FleetComparison(
            ModelFolder(opening: run.path + "/model"), settings: configuration.model,
            tasks: configuration.tasks.map(\.name))
        let told = try #require(summary)
        if method == "rcm" {
            #expect(comparison.shared == told.bankParameters)
            #expect(comparison.tasks.map(\.own) == told.parameters.map(\.count))
        } else {
            // A file of a task holds the backbone too.
            #expect(comparison.tasks.map { comparison.shared + $0.own } == told.parameters.map(\.count))
            #expect(comparison.tasks.map(\.single) == told.parameters.map(\.count))
        }
        #expect(comparison.fleet > comparison.together)
    }

    private static let browser = ForeignProgram(["chromium", "chromium-browser", "google-chrome"])

    @Test(
        "nothing is wider than a phone or a desk's screen",
        .enabled(if: browser != nil, "no Chromium in PATH to draw the page with"), arguments: [390, 1280])
    func width(_ pixels: Int) throws {
        let run = try SmallRun()
        try run.train()
        // Browsers refuse windows as narrow as a phone, so the page stands in a frame of that width. The frame's own
        // width tells whether all fits; wide tables scroll inside themselves.
        let page = try RunReport(of: run.path).html
            .replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "\"", with: "&quot;")
        let frame = """
            <!doctype html><body style="margin:0"><iframe id="frame" style="border:0" width="\(pixels)" height="4000"
            srcdoc="\(page)"></iframe><script>
            document.getElementById("frame").onload = event => {
                const inner = event.target.contentDocument, whole = inner.documentElement
                const figures = inner.querySelectorAll("figure, .card, section, header, h1, dd")
                const widest = Math.max(...[...figures].map(element => element.getBoundingClientRect().right))
                document.title = [whole.scrollWidth, whole.clientWidth, Math.ceil(widest), figures.length].join(" ")
            }</script>
            """
        let path = run.root + "/frame.html"
        try frame.write(toFile: path, atomically: true, encoding: .utf8)
        let picture = run.root + "/screenshot.png"
        let options = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=5000",
            "--user-data-dir=\(run.root)/browser", "--window-size=\(max(pixels, 500)),4000",
        ]
        let browser = try #require(Self.browser)
        let outcome = try browser.run(options + ["--dump-dom", "file://" + path])
        let title = try #require(outcome.output.firstMatch(of: #/<title>(\d+) (\d+) (\d+) (\d+)<\/title>/#))
        let (scroll, client, widest) = (Int(title.1)!, Int(title.2)!, Int(title.3)!)
        #expect(client > pixels - 20 && client <= pixels)
        #expect(scroll == client && widest <= client)
        #expect(Int(title.4)! > 20)
        // The screenshot shows more than paper: a blank page would compress to a few kilobytes.
        _ = try browser.run(options + ["--screenshot=\(picture)", "file://" + path])
        #expect(try Data(contentsOf: URL(fileURLWithPath: picture)).count > 50_000)
    }
}
