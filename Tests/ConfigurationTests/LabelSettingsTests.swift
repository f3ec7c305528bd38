import Configuration
import Datasets
import Foundation
import Testing

/// What files of labels say is told in a configuration.
@Suite struct LabelSettingsTests {
    private func task(_ text: String, overrides: [String] = []) throws -> LearningTask {
        let text = "{tasks: {\(text)}, data: {dataset: folder, root: /d, augment: false}}"
        return try RunConfiguration.parse(text, file: "run.yaml", overrides: overrides).tasks[0].task
    }

    @Test("Every key is read, written and read back the same")
    func everyKey() throws {
        let road = ColourTable(entries: [
            .init(name: "road side", colours: [.init(red: 128, green: 64, blue: 128)]),
            .init(name: "car", colours: [.init(red: 0, green: 0, blue: 142), .init(red: 0, green: 0, blue: 70)]),
            .init(name: "ignore", colours: [.init(red: 0, green: 0, blue: 0)]),
        ])
        var expected: [(String, (inout LabelConvention) -> Void)] = []
        expected = [
            ("semseg: {}", { _ in }),
            ("semseg: {labels: {map: void-first}}", { $0.map = .voidFirst }),
            (
                "semseg: {labels: {map: cityscapes, ignore: [-1, 65535]}}",
                {
                    ($0.map, $0.ignored) = (.cityscapes, [-1, 65535])
                }
            ),
            ("semseg: {labels: {map: nyu40, other: ignore}}", { ($0.map, $0.others) = (.nyu40, .ignore) }),
            (
                "a: {kind: classes, labels: {map: {7: 0, 8: 1, -1: ignore, 9: 255}, other: ignore, ignore: [255]}}",
                {
                    ($0.map, $0.others, $0.ignored) = (.numbers([7: 0, 8: 1, -1: 255, 9: 255]), .ignore, [255])
                }
            ),
            (
                "a: {kind: classes, labels: {colours: {road side: [128, 64, 128], car: [[0, 0, 142], [0, 0, 70]], "
                    + "ignore: [0, 0, 0]}}}", { $0.colours = road }
            ),
            (
                "depth: {labels: {unit: 0.001, inverse: true, max: 80}}",
                {
                    ($0.unit, $0.isInverse, $0.largest) = (0.001, true, 80)
                }
            ),
            ("depth: {labels: {unit: 1/256}}", { $0.unit = 1.0 / 256 }),
            ("depth: {labels: {unit: 1 / 5000}}", { $0.unit = 1.0 / 5000 }),
            (
                "normals: {labels: {encoding: unsigned, axes: [x, -y, z]}}",
                {
                    ($0.encoding, $0.axes) = (.unsigned, [.x, .minusY, .z])
                }
            ),
            (
                "a: {kind: direction, labels: {encoding: unsigned16, axes: [-z, -x, y]}}",
                {
                    ($0.encoding, $0.axes) = (.unsigned16, [.minusZ, .minusX, .y])
                }
            ),
            ("wet: {kind: score, labels: {threshold: 0.25}}", { $0.threshold = 0.25 }),
        ]
        for (text, change) in expected {
            let read = try task(text)
            var convention = LabelConvention()
            change(&convention)
            #expect(read.labels == convention, "\(text)")
            var configuration = RunConfiguration()
            (configuration.data.dataset, configuration.data.root) = (.folder, "/d")
            configuration.tasks = [TaskSettings(read)]
            let again = try RunConfiguration.parse(configuration.yaml(), file: "again.yaml")
            #expect(again == configuration, "\(configuration.yaml())")
        }
    }

    @Test("One key of labels is changed on the command line, and others stay")
    func overrides() throws {
        let depth = try task("depth: {labels: {max: 80}}", overrides: ["tasks.depth.labels.unit=1/256"])
        #expect(depth.labels.unit == 1.0 / 256 && depth.labels.largest == 80)
        let road = try task(
            "a: {kind: classes, labels: {other: ignore}}", overrides: ["tasks.a.labels.map={7: 0, 8: 1}"])
        #expect(road.labels.map == .numbers([7: 0, 8: 1]) && road.labels.others == .ignore)
    }

    @Test("A run that says labels in another way is not the same run")
    func resuming() throws {
        func configuration(_ labels: String) throws -> RunConfiguration {
            try RunConfiguration.parse(
                "{tasks: {depth: {labels: {\(labels)}}}, data: {dataset: folder, root: /d}}", file: "run.yaml")
        }
        let conflicts = try configuration("unit: 1/256").resumeConflicts(with: configuration(""))
        #expect(conflicts == ["tasks.depth.labels.unit: null -> 0.00390625"])
        #expect(try configuration("unit: 1/256").resumeConflicts(with: configuration("unit: 0.00390625")).isEmpty)
    }

    @Test(
        "What does not fit is refused in one sentence",
        arguments: [
            (
                "depth: {labels: {map: cityscapes}}",
                "tasks.depth.labels.map is for tasks of kind classes, and this one is"
            ),
            ("semseg: {labels: {unit: 1}}", "tasks.semseg.labels.unit is for tasks of kind distance"),
            ("flow: {labels: {unit: 1}}", "this one is of kind value, whose numbers mean themselves"),
            ("semseg: {labels: {axes: [x, y, z]}}", "tasks.semseg.labels.axes is for tasks of kind direction"),
            ("flow: {labels: {maps: cityscapes}}", "there is no key maps in tasks.flow.labels, which has none"),
            ("semseg: {labels: {maps: cityscapes}}", "did you mean map?"),
            ("semseg: {labels: {map: cityscape}}", "did you mean cityscapes?"),
            ("semseg: {labels: {map: {}}}", "tasks.semseg.labels.map is {}; it must be cityscapes, nyu40, void-first"),
            ("semseg: {labels: {map: {7: 256}}}", "to classes from 0 to 254 or ignore"),
            ("semseg: {labels: {map: {70000: 1}}}", "numbers from -32768 to 65535"),
            ("semseg: {labels: {map: {a: 1}}}", "it must be cityscapes"),
            ("semseg: {labels: {map: [0, 1]}}", "it must be cityscapes"),
            (
                "semseg: {labels: {map: {1: 0}, ignore: [1]}}",
                "tasks.semseg.labels.ignore has 1, which map makes a class"
            ),
            ("semseg: {labels: {ignore: [1, 1]}}", "each once"),
            ("semseg: {labels: {other: drop}}", "it must be one of refuse, ignore"),
            ("semseg: {labels: {colours: {a: [1, 2]}}}", "red, green and blue from 0 to 255"),
            ("semseg: {labels: {colours: {a: [1, 2, 256]}}}", "red, green and blue from 0 to 255"),
            ("semseg: {labels: {colours: {a: [1, 2, 3], b: [1, 2, 3]}}}", "each colour once"),
            ("semseg: {labels: {map: nyu40, colours: {a: [1, 2, 3]}}}", "is given beside map"),
            ("semseg: {labels: {ignore: [0], colours: {a: [1, 2, 3]}}}", "as ignore: [[0, 0, 0]]"),
            ("depth: {labels: {unit: 0}}", "tasks.depth.labels.unit is 0; it must be a number of metres or a fraction"),
            ("depth: {labels: {unit: 1/0}}", "a fraction such as 1/256"),
            ("depth: {labels: {unit: 1/2/3}}", "a fraction such as 1/256"),
            ("depth: {labels: {max: -1}}", "above 0"),
            ("normals: {labels: {axes: [x, y]}}", "x, y and z once each"),
            ("normals: {labels: {axes: [x, -x, y]}}", "x, y and z once each"),
            ("normals: {labels: {encoding: bytes}}", "it must be one of float, unsigned, unsigned16"),
            ("sal: {labels: {threshold: 1}}", "from 0 to below 1"),
        ])
    func refusals(text: String, part: String) {
        let complaint = complaints("{tasks: {\(text)}, data: {dataset: folder, root: /d, augment: false}}")
        #expect(complaint.contains(part), "\(complaint)")
        #expect(!complaint.contains("\n"), "\(complaint)")
    }

    @Test("Data sets whose labels are known take none", arguments: ["rooms", "nyud", "pascal-context"])
    func knownDataSets(name: String) {
        let complaint = complaints(
            "{tasks: {depth: {labels: {unit: 2}}}, data: {dataset: \(name), root: /d}}")
        #expect(complaint.contains("the labels of \(name) are known: leave tasks.depth.labels out"), "\(complaint)")
        #expect(complaints("{tasks: {depth: {labels: {inverse: false}}}, data: {dataset: \(name), root: /d}}").isEmpty)
    }

    @Test("The conventions that the article shows are read")
    func article() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/modulor/Modulor.docc/YourOwnData.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## Label conventions\n").dropFirst().first)
        let block = try #require(section.firstMatch(of: #/\n```yaml\n((?:[^`]|\n)*)\n```/#)).1
        let configuration = try RunConfiguration.parse(
            block + "\ndata: {dataset: folder, root: /d}", file: "YourOwnData.md")
        #expect(configuration.tasks.allSatisfy { $0.task.labels != LabelConvention() })
        #expect(Set(configuration.tasks.map(\.task.kind)) == [.classes, .distance, .direction, .score])
        for preset in ClassMap.presets { #expect(section.contains("| `\(preset.name)` |"), "\(preset.name)") }
    }
}
