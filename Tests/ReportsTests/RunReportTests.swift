import Checkpoints
import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import ProgramTesting
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

    @Test("kernels that were asked for are part of how to repeat a run")
    func kernels() throws {
        let command = #/<pre>(modulor train config.yaml .*)\n/#
        for (choice, options) in [(ConvolutionChoice.auto, ""), (.direct, "--convolution direct ")] {
            let run = try SmallRun()
            try run.train(stopAfter: 1, choice: choice)
            let page = try RunReport(of: run.path).html
            let words = try #require(page.firstMatch(of: command))
            #expect(words.1 == "modulor train config.yaml \(options)--output again")
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

    @Test("Δm compares the figures that modulor evaluate compares, and runs of single tasks are one baseline")
    func fleet() throws {
        let (run, saliency, normals) = (try SmallRun(), try SmallRun(), try SmallRun())
        try run.train(["tasks={sal: {}, normals: {}}"])
        try saliency.train(["tasks={sal: {}}", "training.iterations=4"])
        try normals.train(["tasks={normals: {}}", "training.iterations=4"])
        func last(_ run: SmallRun, _ task: String, _ metric: String) throws -> Double {
            let tasks = try RunHistory(folder: run.path).tasks
            let found = tasks.first { $0.name == task }?.metrics.first { $0.name == metric }
            return try #require(found?.points.last?.value)
        }
        let iou = try (last(run, "sal", "max_iou"), last(saliency, "sal", "max_iou"))
        let angle = try (
            last(run, "normals", "mean_angular_error"), last(normals, "normals", "mean_angular_error")
        )
        let change = 50 * ((iou.0 - iou.1) / iou.1 - (angle.0 - angle.1) / angle.1)
        let page = try RunReport(of: run.path, baselines: [saliency.path, normals.path]).html
        let row = try #require(page.components(separatedBy: "<b>Δm</b>").dropFirst().first)
        #expect(row.prefix(400).contains(String(format: ">%+.2f %%<", change)))
        // One of them alone has no figure for the other task.
        #expect(try !RunReport(of: run.path, baselines: [saliency.path]).html.contains("<b>Δm</b>"))
    }

    @Test("a joint network's backbone counts once, a bank's tasks have what is theirs", arguments: ["rcm", "conv"])
    func parameters(method: String) throws {
        let run = try SmallRun()
        var summary: TrainingSummary?
        try run.train(["model.method=\(method)"]) { if case .started(let told) = $0 { summary = told } }
        let configuration = try RunConfiguration.load(path: run.path + "/config.yaml")
        let comparison = try FleetComparison(
            ModelFolder(opening: run.path + "/model"), settings: configuration.model,
            tasks: configuration.tasks.map(\.task))
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
        let options = Self.options(run, width: max(pixels, 500), height: 4000)
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

    /// What the browser is started with, for a window of so many pixels.
    private static func options(_ run: SmallRun, width: Int, height: Int) -> [String] {
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--virtual-time-budget=5000",
            "--user-data-dir=\(run.root)/browser", "--window-size=\(width),\(height)",
        ]
    }

    @Test(
        "the page is dark where the system is, and light where that is",
        .enabled(if: browser != nil, "no Chromium in PATH to draw the page with"), arguments: [false, true])
    func scheme(isDark: Bool) throws {
        let run = try SmallRun()
        try run.train(stopAfter: 1)
        let browser = try #require(Self.browser)
        // The page is wider than its text, so that there is a margin.
        let options = Self.options(run, width: 1280, height: 400)
        guard let asking = try Self.options(asking: browser, for: isDark, options, in: run.root) else {
            try Test.cancel("this Chromium cannot be told that the system is \(isDark ? "dark" : "light")")
        }
        let picture = run.root + "/screenshot.png"
        let page = try RunReport(of: run.path).write()
        _ = try browser.run(options + asking + ["--screenshot=\(picture)", "file://" + page])
        let image = try ImageFile.read(picture)
        // Below the rule of three colours at the top; paper is near white, or near black.
        let margin = (20..<image.height).map { row in image.bytes[(row * image.width + 1) * image.channels] }
        #expect(margin.count > 100 && margin.allSatisfy { isDark ? $0 < 64 : $0 > 192 }, "\(margin)")
    }

    /// Options by which the browser takes the system for dark or light, tried by asking it; nil where none does.
    private static func options(
        asking browser: ForeignProgram, for isDark: Bool, _ options: [String], in folder: String
    ) throws -> [String]? {
        let question = folder + "/question.html"
        try "<!doctype html><script>document.title = matchMedia('(prefers-color-scheme: dark)').matches</script>"
            .write(toFile: question, atomically: true, encoding: .utf8)
        let candidates: [[String]] =
            isDark
            ? [["--force-dark-mode"], ["--blink-settings=preferredColorScheme=0"]]
            : [[], ["--blink-settings=preferredColorScheme=1"]]
        return try candidates.first { own in
            try browser.run(options + own + ["--dump-dom", "file://" + question]).output
                .contains("<title>\(isDark)</title>")
        }
    }

    @Test("light and dark have colours of the same names, and what is drawn stands out from the ground in both")
    func colors() throws {
        let run = try SmallRun()
        try run.train(stopAfter: 1)
        let page = try RunReport(of: run.path).html
        let light = try #require(page.firstMatch(of: #/:root\{color-scheme:light dark;([^}]*)\}/#))
        let dark = try #require(page.firstMatch(of: #/@media\(prefers-color-scheme:dark\)\{:root\{([^}]*)\}\}/#))
        let schemes = [light.1, dark.1].map(Self.luminances)
        #expect(Set(schemes[0].keys) == Set(schemes[1].keys))
        let papers = try schemes.map { try #require($0["paper"]) }
        #expect(papers[0] > 0.5 && papers[1] < 0.5)
        // WCAG 2 asks for a contrast of 4.5 between words and their ground, and of 3 where lines and dots are told apart.
        for scheme in schemes {
            for ground in ["paper", "card"] {
                let behind = try #require(scheme[ground])
                for (name, luminance) in scheme where !["paper", "card", "line"].contains(name) {
                    let contrast = (max(luminance, behind) + 0.05) / (min(luminance, behind) + 0.05)
                    #expect(contrast >= (name.hasPrefix("c") ? 3 : 4.5), "\(name) on \(ground)")
                }
            }
        }
    }

    /// The relative luminance, by WCAG 2, of every colour that rules name.
    private static func luminances(_ rules: Substring) -> [String: Double] {
        var luminances: [String: Double] = [:]
        for match in rules.matches(of: #/--(\w+):#([0-9a-f]+)/#) {
            let digits = match.2.count == 3 ? match.2.map { "\($0)\($0)" }.joined() : String(match.2)
            let color = Int(digits, radix: 16)!
            let channels = [16, 8, 0].map { shift -> Double in
                let share = Double(color >> shift & 0xFF) / 255
                return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
            }
            luminances[String(match.1)] = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
        }
        return luminances
    }
}
