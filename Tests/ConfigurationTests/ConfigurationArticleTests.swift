import Configuration
import Datasets
import Foundation
import Testing

/// Configuration.md has a row for every key, with its default, and one for every variable of the environment.
@Suite struct ConfigurationArticleTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The article before and from its section on pretraining.
    private func parts() throws -> [String] {
        let path = Self.root.appendingPathComponent("Sources/modulor/Modulor.docc/Configuration.md").path
        let parts = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n## Pretraining\n")
        try #require(parts.count == 2)
        return parts
    }

    /// Its rows | `KEY` | meaning | `DEFAULT` | …, each as "KEY: DEFAULT".
    private func rows(_ part: String) -> [String] {
        part.matches(of: #/\n\| `([a-zA-Z0-9_.]+)` \| [^|\n]* \| `([^`\n]*)` \|/#).map { "\($0.1): \($0.2)" }
    }

    /// A resolved configuration, whose sections are indented by two spaces a level, in the same form.
    private func keys(_ yaml: String) -> [String] {
        var path: [String] = []
        var keys: [String] = []
        for line in yaml.split(separator: "\n") {
            let level = line.prefix { $0 == " " }.count / 2
            let words = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            path = Array(path.prefix(level)) + [words[0]]
            if words.count == 2 { keys.append(path.joined(separator: ".") + ": " + words[1]) }
        }
        return keys
    }

    @Test("Every key of training stands in the article once, in the order of config.yaml, with its default")
    func training() throws {
        // The keys of a task depend on its kind; the article has each once, under NAME.
        var configuration = RunConfiguration()
        configuration.tasks = TaskKind.allCases.map { TaskSettings(LearningTask($0.rawValue, $0)) }
        let names = TaskKind.allCases.map { "tasks.\($0.rawValue)." }
        var known: Set<Substring> = []
        let expected = keys(configuration.yaml()).filter { !$0.contains(".loss.") }.map { key in
            names.first { key.hasPrefix($0) }.map { "tasks.NAME." + key.dropFirst($0.count) } ?? key
        }.filter { known.insert($0.prefix { $0 != ":" }).inserted }
        // What another type of optimizer or average has stands below the table, once too.
        let others = try ["training.optimizer=adamw", "training.average=ema"].flatMap {
            keys(try RunConfiguration.parse("{}", file: "", overrides: [$0]).yaml())
        }.filter { $0.hasPrefix("training.") && !$0.contains(".type: ") && !expected.contains($0) }
        let told = rows(try parts()[0])
        #expect(told.filter { !others.contains($0) } == expected)
        #expect(told.filter(others.contains) == others)
    }

    @Test("Every key of a loss stands in the article Losses with its default")
    func losses() throws {
        struct Document: ConfigurationDocument {
            var loss = LossSettings(.classes)

            mutating func visit(_ visitor: inout some ConfigurationVisitor) { visitor.section("loss", &loss) }
        }
        let path = Self.root.appendingPathComponent("Sources/modulor/Modulor.docc/Losses.md").path
        let told = rows(try String(contentsOfFile: path, encoding: .utf8))
        var printed: [String] = []
        for kind in TaskKind.allCases {
            for formula in kind.lossFormulas {
                var document = Document()
                document.loss = LossSettings(kind, formula)
                // Keys that are asked for only where others say so.
                (document.loss.dice, document.loss.classWeights) = (1, .balanced)
                printed += keys(document.yaml()).map { String($0.dropFirst("loss.".count)) }
            }
        }
        let own = Set(printed).filter {
            !["type: ", "dice: 1.0", "class_weights: balanced"].contains(where: $0.hasPrefix)
        }
        #expect(own.subtracting(told).isEmpty, "\(own.subtracting(told).sorted())")
        #expect(Set(told).subtracting(own) == ["dice: 0.0", "class_weights: null"])
    }

    @Test("What the article says of pretraining is so, and with what it says of training it is all")
    func pretraining() throws {
        let parts = try parts()
        let printed = keys(PretrainConfiguration().yaml())
        let own = rows(parts[1])
        let wrong = own.filter { !printed.contains($0) }
        #expect(wrong.isEmpty, "\(wrong)")
        let told = rows(parts[0]) + own
        let untold = printed.filter { !told.contains($0) }
        #expect(untold.isEmpty, "\(untold)")
    }

    @Test("Every variable that the program or a script knows stands in the article, and no other")
    func environment() throws {
        let told = try parts()[1].matches(of: #/\n\| `(MODULOR_[A-Z_]+)` \|/#).map { String($0.1) }
        var known: Set<String> = []
        for folder in ["Sources", "launch", "cluster"] {
            let path = Self.root.appendingPathComponent(folder).path
            for file in try FileManager.default.subpathsOfDirectory(atPath: path) {
                // Articles, pictures, folders and banks of filters name none.
                guard folder != "Sources" || file.hasSuffix(".swift"),
                    let text = try? String(contentsOfFile: path + "/" + file, encoding: .utf8)
                else { continue }
                for match in text.matches(of: #/MODULOR_[A-Z_]+/#) { known.insert(String(match.output)) }
            }
        }
        #expect(told.sorted() == known.sorted())
    }
}
