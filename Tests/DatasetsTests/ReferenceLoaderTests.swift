import Datasets
import Foundation
import Testing

/// Every picture and task of the four trees, against what the reference programs read from them.
@Suite("Data sets are read as the reference programs read them")
struct ReferenceLoaderTests {
    static let pascalTasks: [LearningTask] = [.edge, .humanParts, .semseg, .normals, .sal]
    static let indoorTasks: [LearningTask] = [.edge, .semseg, .normals, .depth]

    @Test(arguments: ["PASCAL_MT", "PASCAL_MT_astmt"], ["train", "val"])
    func pascalContext(set: String, split: String) throws {
        let expected = try Fixtures.expected("loaders", set)
        let source = try PascalContext(root: Fixtures.path(set), split: split, tasks: Self.pascalTasks)
        #expect(source.layout == (set == "PASCAL_MT" ? .rcm : .astmt))
        #expect(Set(source.tasks) == Set(Self.pascalTasks))
        #expect(source.identifiers == expected.object("splits").strings(split))
        #expect(source.fileProblems(tasks: Self.pascalTasks).isEmpty)
        for index in 0..<source.count {
            let sample = try source.sample(at: index, tasks: Self.pascalTasks)
            #expect(sample.identifier == source.identifiers[index])
            let figures = expected.object("images", sample.identifier)
            for task in Self.pascalTasks where task != .humanParts {
                check(sample, task, figures.object(task.name))
            }
            // What is drawn is as in the reference; what is trained on leaves out what the family's training leaves out.
            let parts = try #require(sample.labels[.humanParts])
            let drawn = try source.drawnHumanParts(at: index)
            let expectedParts = figures.object("human_parts")
            let nobody = Array(repeating: Float(set == "PASCAL_MT" ? 255 : 0), count: parts.values.count)
            #expect(checksum(drawn?.values ?? nobody) == expectedParts.integer("crc32"), "\(sample.identifier)")
            let ignored =
                figures.has("ignored_after_AddIgnoreRegions")
                ? figures.object("ignored_after_AddIgnoreRegions") : nil
            if let ignored {
                for task in Self.pascalTasks {
                    let count = unknownCount(try #require(sample.labels[task]), task)
                    #expect(count == ignored.integer(task.name), "\(sample.identifier) \(task)")
                }
            } else {
                check(sample, .humanParts, expectedParts)
            }
            if ignored == nil || ignored?.integer("human_parts") == 0 {
                #expect(drawn == nil || parts == drawn, "\(sample.identifier)")
            }
        }
    }

    @Test(arguments: ["NYUD_MT", "NYUD_MT_npy"], ["train", "val"])
    func indoor(set: String, split: String) throws {
        let expected = try Fixtures.expected("loaders", set)
        let source = try NYUD(root: Fixtures.path(set), split: split)
        #expect(source.layout == (set == "NYUD_MT" ? .matlab : .numPy))
        #expect(source.classNames(of: .semseg).count == (set == "NYUD_MT" ? 41 : 40))
        #expect(source.identifiers == expected.object("splits").strings(split))
        #expect(source.fileProblems(tasks: source.tasks).isEmpty)
        for index in 0..<source.count {
            let sample = try source.sample(at: index, tasks: Self.indoorTasks)
            let figures = expected.object("images", sample.identifier)
            for task in Self.indoorTasks {
                check(sample, task, figures.object(task.name))
                if figures.has("ignored_after_AddIgnoreRegions") {
                    #expect(
                        unknownCount(try #require(sample.labels[task]), task)
                            == figures.object("ignored_after_AddIgnoreRegions").integer(task.name))
                }
            }
        }
    }

    @Test(arguments: ["PASCAL_MT", "PASCAL_MT_astmt"], [true, false])
    func humanPartsAloneLeaveOutPicturesWithoutPersons(set: String, hasObjectLists: Bool) throws {
        try Fixtures.withCopy(of: set) { root in
            if !hasObjectLists { try FileManager.default.removeItem(atPath: "\(root)/ImageSets/Parts") }
            let splits = try Fixtures.expected("loaders", set, "splits")
            for split in ["train", "val"] {
                let source = try PascalContext(root: root, split: split, tasks: [.humanParts])
                #expect(source.identifiers == splits.strings("\(split) with human_parts as the only task"))
            }
        }
    }

    @Test func classesAreNamed() throws {
        let source = try PascalContext(root: Fixtures.path("PASCAL_MT"), split: "sample_imgs", tasks: [.semseg])
        #expect(source.classNames(of: .semseg).count == 21)
        #expect(source.classNames(of: .semseg)[15] == "person")
        #expect(source.classNames(of: .humanParts).count == 7)
        #expect(source.classNames(of: .edge).isEmpty)
        #expect(source.identifiers == ["2008_000612", "2009_000020"])
    }

    // MARK: figures

    private func check(_ sample: Sample, _ task: LearningTask, _ figures: Expected) {
        let place: Comment = "\(sample.identifier) \(task.name)"
        guard let map = sample.labels[task] else {
            Issue.record(place)
            return
        }
        let shape = task == .normals ? [3, map.height, map.width] : [map.height, map.width]
        #expect(shape == figures.integers("shape"), place)
        let values = channelsFirst(map.values, channels: map.channels)
        // Nine digits tell a float32 from its neighbours.
        for (position, value) in zip(figures.integers("at"), figures.numbers("value")) {
            #expect(values[position] == Float(value), place)
        }
        if figures.has("crc32") { #expect(checksum(values) == figures.integer("crc32"), place) }
        if figures.has("histogram") { #expect(histogram(values) == figures.counts("histogram"), place) }
        if figures.has("positive") { #expect(values.count { $0 == 1 } == figures.integer("positive"), place) }
        if figures.has("ignored") { #expect(unknownCount(map, task) == figures.integer("ignored"), place) }
        if figures.has("at_least_half") {
            #expect(values.count { $0 >= 0.5 } == figures.integer("at_least_half"), place)
        }
        if figures.has("histogram_of_255ths") {
            #expect(
                histogram(values.map { ($0 * 255).rounded() }) == figures.counts("histogram_of_255ths"), place)
        }
        if figures.has("sum") {
            #expect(agree(values.reduce(0.0) { $0 + Double($1) }, figures.number("sum")), place)
        }
        if figures.has("l2") {
            let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(agree(norm, figures.number("l2")), place)
            #expect(values.min() == Float(figures.number("min")), place)
            #expect(values.max() == Float(figures.number("max")), place)
        }
    }

    /// The figures are written with nine digits.
    private func agree(_ value: Double, _ expected: Double) -> Bool {
        abs(value - expected) <= 1e-8 * max(abs(expected), 1e-9)
    }

    private func histogram(_ values: [Float]) -> [String: Int] {
        Dictionary(values.map { ("\(Int($0))", 1) }, uniquingKeysWith: +)
    }

    private func unknownCount(_ map: PixelMap, _ task: LearningTask) -> Int {
        stride(from: 0, to: map.values.count, by: map.channels).count { pixel in
            map.values[pixel..<pixel + map.channels].allSatisfy { $0 == task.unknownLabel }
        }
    }
}
