import Configuration
import Datasets
import Networks
import TensorCore
import Testing
import Training

/// Networks of shapes that no file of figures has.
@Suite struct UnseenShapeTests {
    struct Shape: Sendable, CustomStringConvertible {
        var network: ModelSettings
        var tasks: [LearningTask]
        var samples: Int
        var height: Int
        var width: Int

        var description: String {
            "\(network.backbone) \(network.method) width \(network.width) stride \(network.outputStride), "
                + "\(tasks.map(\.name).joined(separator: "+")), \(samples)×\(height)×\(width)"
        }
    }

    private static let pascal: [LearningTask] = [.semseg, .humanParts, .edge, .sal, .normals]

    static let shapes = [
        Shape(
            network: ModelSettings(width: 12, method: .conv, aspp: 20, low: 7),
            tasks: pascal, samples: 3, height: 33, width: 47),
        Shape(
            network: ModelSettings(width: 20, method: .rcm, aspp: 24, low: 12),
            tasks: pascal, samples: 2, height: 61, width: 82),
        Shape(
            network: ModelSettings(
                backbone: .resnet50, width: 4, outputStride: 8, method: .rcm, aspp: 12, low: 5),
            tasks: [.depth, .normals], samples: 3, height: 41, width: 35),
        Shape(
            network: ModelSettings(
                backbone: .resnet34, width: 5, method: .rcm, normalizedFeatureFusion: false, aspp: 9,
                low: 3), tasks: [.edge], samples: 5, height: 17, width: 19),
        Shape(
            network: ModelSettings(
                width: 12, outputStride: 8, method: .seriesAdapters, aspp: 16, low: 8),
            tasks: [.sal, .semseg], samples: 2, height: 50, width: 39),
        Shape(
            network: ModelSettings(width: 12, method: .parallelAdapters, aspp: 16, low: 8),
            tasks: [.humanParts, .depth], samples: 4, height: 65, width: 33),
        Shape(
            network: ModelSettings(width: 3, method: .rcm, aspp: 4, low: 2),
            tasks: [.depth], samples: 3, height: 1, width: 1),
    ]

    private func trained(_ tasks: [LearningTask]) -> [TaskHead] {
        tasks.map { task in
            let channels = [LearningTask.semseg: 21, .humanParts: 7, .normals: 3]
            return TaskHead(task, channels: channels[task] ?? 1)
        }
    }

    @Test(arguments: shapes)
    func trains(_ shape: Shape) throws {
        let step = try SmallTraining.step(
            shape.network, trained(shape.tasks), samples: shape.samples, height: shape.height, width: shape.width,
            pool: ThreadPool(threads: 2))
        try step.run(rate: 1e-3)
        let first = step.losses
        for _ in 0..<3 { try step.run(rate: 1e-3) }
        #expect(first.count == shape.tasks.count)
        #expect(step.losses.allSatisfy { $0.isFinite && $0 > 0 })
        // The same images again: what was learned shows.
        #expect(step.losses.reduce(0, +) < first.reduce(0, +))
    }

    @Test func oneSampleIsRefused() {
        let error = #expect(throws: (any Error).self) {
            try SmallTraining.step(
                ModelSettings(width: 4, aspp: 4, low: 2), trained([.sal]), samples: 1,
                height: 33, width: 47, pool: ThreadPool(threads: 1))
        }
        #expect("\(error!)".contains("layer5.sal.conv2d_list.4.2"))
        #expect("\(error!)".contains("batch of at least 2"))
    }
}
