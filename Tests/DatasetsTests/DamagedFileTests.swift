import Datasets
import Foundation
import Fuzzing
import Testing

/// Files of which bytes were changed, cut, moved and overwritten: each is read or refused, without a crash, without
/// end, and without more memory than its limit.
@Suite("Damaged files are read or refused", .timeLimit(.minutes(5)))
struct DamagedFileTests {
    /// Through the data sets: whatever their files hold becomes labels in range, or names the sample.
    @Test(arguments: ["PASCAL_MT", "NYUD_MT", "NYUD_MT_npy"])
    func filesOfDataSets(set: String) throws {
        try Fixtures.withCopy(of: set) { root in
            let source: any StoredSampleSource =
                set == "PASCAL_MT"
                ? try PascalContext(root: root, split: "val", tasks: ReferenceLoaderTests.pascalTasks)
                : try NYUD(root: root, split: "val")
            var refused = 0
            var total = 0
            for index in 0..<source.count {
                for task in source.tasks {
                    let path = try #require(source.files(at: index, tasks: [task]).last)
                    let original = try Data(contentsOf: URL(fileURLWithPath: path))
                    for number in 0..<150 {
                        total += 1
                        let damaged = Mutation(total).applied(to: [UInt8](original), from: number % 2 == 0 ? 0 : 120)
                        try Data(damaged).write(to: URL(fileURLWithPath: path))
                        do {
                            let sample = try source.sample(at: index, tasks: [task])
                            check(try #require(sample.labels[task]), task, classes: source.classNames(of: task).count)
                        } catch let error as SampleError {
                            refused += 1
                            #expect(error.identifier == source.identifiers[index])
                        }
                    }
                    try original.write(to: URL(fileURLWithPath: path))
                }
            }
            #expect(refused > total / 10)
        }
    }

    private func check(_ map: PixelMap, _ task: LearningTask, classes: Int) {
        switch task.kind {
        case .classes:
            #expect(map.values.allSatisfy { $0 == 255 || (0..<Float(classes)).contains($0) && $0 == $0.rounded() })
        case .score:
            #expect(map.values.allSatisfy { $0 == 255 || (0...1).contains($0) })
        case .direction:
            #expect(map.values.allSatisfy { $0.isFinite })
        case .distance:
            #expect(map.values.allSatisfy { $0 >= 0 && $0.isFinite })
        case .value:
            #expect(map.values.allSatisfy { $0.isFinite || $0.isNaN })
        }
    }
}
