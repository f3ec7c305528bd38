import Foundation
import Training

extension RunReport {
    /// What the tasks cost in parameters, beside a fleet of single-task networks.
    var parameters: String {
        guard let comparison, !comparison.tasks.isEmpty else { return "" }
        var table = HTMLTable(["", "parameters", "bytes", "single-task network", "share"])
        func row(_ name: String, _ count: Int, _ single: Int?) {
            table.add([
                name, Figure.count(count), ByteText.of(4 * count), single.map(Figure.count) ?? "",
                single.map { Figure.percent(Double(count) / Double($0)) } ?? "",
            ])
        }
        if comparison.shared > 0 { row("<span class=\"sub\">shared by all</span>", comparison.shared, nil) }
        for task in comparison.tasks { row(dotted(task.name), task.own, task.single) }
        row("<b>all together</b>", comparison.together, comparison.fleet)
        let most = Double(max(comparison.together, comparison.fleet))
        func part(_ count: Int, _ style: String) -> String {
            "<i class=\"\(style)\" style=\"width:\(String(format: "%.2f", 100 * Double(count) / most))%\"></i>"
        }
        func fill(_ task: FleetComparison.Task) -> String { "t\(color(task.name)) fill" }
        let own = part(comparison.shared, "bank") + comparison.tasks.map { part($0.own, fill($0)) }.joined()
        let fleet = comparison.tasks.map { part($0.single, fill($0)) }.joined()
        let legend =
            (comparison.shared > 0 ? ["<span><i class=\"bank\"></i>shared by all</span>"] : [])
            + comparison.tasks.map { "<span><i class=\"\(fill($0))\"></i>\(escaped($0.name))</span>" }
        return """
            <section><h2>Parameters</h2><p class="note">Floats of 4 bytes, without running statistics, beside one \
            network of ordinary convolutions for each task.</p>
            <div class="bars"><span>this model</span><div class="bar">\(own)</div>\
            <span>\(Figure.count(comparison.together))</span>
            <span>single tasks</span><div class="bar">\(fleet)</div><span>\(Figure.count(comparison.fleet))</span></div>
            <div class="legend">\(legend.joined())</div>\(table.html)</section>
            """
    }

    /// Where the ranks' time went in the last session.
    var time: String {
        guard !history.times.isEmpty else { return "" }
        let kinds: [(name: String, seconds: (RankTimes) -> Double)] = [
            ("computing", \.computing), ("waiting for pictures", \.pictures),
            ("waiting for other ranks", \.communication), ("validation", \.validation), ("saving", \.saving),
        ]
        let most = history.times.map(\.total).max() ?? 1
        let bars = history.times.map { rank in
            let parts = kinds.enumerated().map { index, kind in
                let share = most > 0 ? 100 * kind.seconds(rank) / most : 0
                return "<i class=\"k\(index)\" style=\"width:\(String(format: "%.2f", share))%\"></i>"
            }
            return """
                <span>rank \(rank.rank)</span><div class="bar">\(parts.joined())</div>\
                <span>\(Figure.duration(rank.total))</span>
                """
        }
        let shown = kinds.enumerated().filter { kind in history.times.contains { kind.element.seconds($0) > 0 } }
        let legend = shown.map { "<span><i class=\"k\($0.offset)\"></i>\($0.element.name)</span>" }
        // One host needs no column of its own.
        let hosts = Set(history.times.map(\.host))
        let isOneHost = hosts.count == 1
        var table = HTMLTable((isOneHost ? ["rank"] : ["rank", "host"]) + ["steps"] + shown.map(\.element.name))
        for rank in history.times {
            table.add(
                (isOneHost ? ["\(rank.rank)"] : ["\(rank.rank)", escaped(rank.host)]) + ["\(rank.steps)"]
                    + shown.map { Figure.duration($0.element.seconds(rank)) })
        }
        return """
            <section><h2>Time</h2><p class="note">Of each rank\(isOneHost ? " on \(escaped(hosts.first!))" : "")\
            \(history.sessions.count > 1 ? ", since the run was last resumed" : "").</p>
            <div class="bars">\(bars.joined(separator: "\n"))</div><div class="legend">\(legend.joined())</div>
            \(table.html)</section>
            """
    }

    /// How to get the same bytes again.
    var repetition: String {
        let sessions = history.sessions.map { session in
            let command = session.command.map(Self.shellWord).joined(separator: " ")
            let ranks = session.ranks == 1 ? "" : "launch/mpirun -n \(session.ranks), "
            return escaped("# \(ranks)\(session.host), after step \(session.step)\n\(command)")
        }
        let files = hashes.map { "<dt>\(escaped($0.file))</dt><dd><code class=\"hash\">\($0.digest)</code></dd>" }
        let saved = history.checkpoints.map { "\($0.step)" }.joined(separator: ", ")
        let parallel = configuration.parallel
        let isReproducible = parallel.reduction == .reproducible && parallel.batchNorm == .global
        let options = history.sessions.last?.kernelOptions ?? []
        let command = (["modulor", "train", "config.yaml"] + options + ["--output", "again"]).joined(separator: " ")
        let tuning =
            options.contains("--tune")
            ? " Algorithms were measured, and may be measured otherwise elsewhere; the checkpoints hold what was found."
            : ""
        return """
            <section><h2>Repeat it</h2><p>The configuration below, with Modulor \
            \(escaped(history.sessions.last?.version ?? "?")) and kernels of \
            \(escaped(history.sessions.last?.instructionSet ?? "?")), gives the same bytes on any number of threads\
            \(isReproducible ? " and ranks" : ", on as many ranks"):</p>
            <pre>\(escaped(command))
            sha256sum again/model/tasks/*.safetensors</pre>
            <dl class="files">\(files.joined())</dl>
            <p class="note">SHA-256. \(saved.isEmpty ? "" : "The state was saved after step \(saved).")\(tuning)</p>
            <details><summary>What was typed</summary><pre>\(sessions.joined(separator: "\n"))</pre></details>
            <details><summary>config.yaml</summary><pre>\(escaped(configuration.yaml()))</pre></details></section>
            """
    }

    /// A word as a shell reads it back.
    private static func shellWord(_ word: String) -> String {
        let plain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=,:+@".contains($0) }
        return plain && !word.isEmpty ? word : "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
    }
}
