import Datasets
import Foundation
import ProgramTesting
import Testing

@Suite("What labels hold is summed up")
struct LabelSummaryTests {
    /// A folder of `count` samples of two pixels, of which each task's labels are drawn from the sample's number.
    private static func withFolder(
        count: Int, _ tasks: [LearningTask], _ label: (LearningTask, Int) -> [Float],
        _ body: (LabelledFolder) throws -> Void
    ) throws {
        try withTemporaryPath { root in
            for name in ["images"] + tasks.map(\.name) {
                try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
            }
            for index in 0..<count {
                try PNGFile(height: 1, width: 2, pixels: .grey([1, 2])).write(to: "\(root)/images/\(index).png")
                for task in tasks {
                    let channels = task.labelChannels
                    let bytes = NumPyArray.encoded(
                        label(task, index), shape: channels == 1 ? [1, 2] : [1, 2, channels])
                    try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(task.name)/\(index).npy"))
                }
            }
            try Data((0..<count).map { "\($0)\n" }.joined().utf8).write(to: URL(fileURLWithPath: "\(root)/train.txt"))
            for task in tasks where task.kind == .classes {
                try Data("a\nb\nc\n".utf8).write(to: URL(fileURLWithPath: "\(root)/\(task.name)/classes.txt"))
            }
            try body(LabelledFolder(root: root, split: "train", tasks: tasks))
        }
    }

    @Test(arguments: [1, 3]) func figuresOfEveryKind(workers: Int) throws {
        let tasks: [LearningTask] = [.semseg, .sal, .normals, .depth, .flow]
        func label(_ task: LearningTask, _ index: Int) -> [Float] {
            switch task.kind {
            case .classes: [Float(index % 2), 255]
            case .score: [index == 0 ? 1 : 0, 0]
            case .direction: [0, 0, index == 0 ? -1 : 1, 0, 0, 0]
            case .distance: [Float(index + 1), index == 0 ? 0 : 100]
            case .value: [Float(index), .nan, -1, 2]
            }
        }
        try Self.withFolder(count: 4, tasks, label) { source in
            let examination = try source.examined(tasks: tasks, workers: workers)
            #expect(examination.problems.isEmpty)
            #expect(examination.sizes.heights == 1...1 && examination.sizes.widths == 2...2)
            let labels = examination.labels
            #expect(labels.map(\.task) == tasks && labels.allSatisfy { $0.sampleCount == 4 })
            let shares: [Double?] = [0.5, 1, 0.5, 0.875, 0.75]
            #expect(labels.map(\.knownShare) == shares)
            #expect(labels[0].classCounts == [2, 2, 0])
            #expect(labels[1].scoreCounts[0].known == 8 && labels[1].scoreCounts[0].isTrue == 1)
            #expect(labels[2].facingAwayShare == 0.25 && labels[2].numbers[0].least == 1)
            #expect(labels[3].numbers[0].least == 1 && labels[3].numbers[0].greatest == 100)
            #expect(labels[4].numbers.map(\.count) == [8, 4] && labels[4].numbers[0].least == -1)
        }
    }

    /// Each quantile is within 1 % of what sorting gives, for numbers of all sizes and both signs.
    @Test func quantilesAreWithinOnePercent() throws {
        let count = 500
        let numbers = (0..<2 * count).map { index -> Float in
            let size = Float(pow(10, Double(index % 37) / 6 - 3))
            return index % 3 == 0 ? -size : size
        }
        var value = LearningTask("height", .value)
        value.mirrorFactors = [1]
        try Self.withFolder(count: count, [value], { _, index in Array(numbers[2 * index..<2 * index + 2]) }) {
            source in
            let histogram = try source.examined(tasks: [value], workers: 2).labels[0].numbers[0]
            let sorted = numbers.sorted()
            for share in [0, 0.01, 0.3, 0.5, 0.77, 0.99, 1] {
                let exact = sorted[Int((share * Double(sorted.count - 1)).rounded())]
                let found = try #require(histogram.quantile(share))
                #expect(abs(found - exact) <= 0.01 * abs(exact), "\(share)")
            }
        }
        #expect(NumberHistogram().quantile(0.5) == nil)
    }
}
