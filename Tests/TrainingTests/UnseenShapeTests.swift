import Datasets
import Networks
import TensorCore
import Testing
import Training

/// Networks of shapes that no file of figures has.
@Suite struct UnseenShapeTests {
    struct Shape: Sendable, CustomStringConvertible {
        var network: NetworkDescription
        var tasks: [LearningTask]
        var samples: Int
        var height: Int
        var width: Int

        var description: String {
            "\(network.backbone) \(network.method) width \(network.width) stride \(network.outputStride), "
                + "\(tasks.map(\.rawValue).joined(separator: "+")), \(samples)×\(height)×\(width)"
        }
    }

    private static let pascal: [LearningTask] = [.semseg, .humanParts, .edge, .sal, .normals]

    static let shapes = [
        Shape(
            network: NetworkDescription(width: 12, method: .conv, asppChannels: 20, lowLevelChannels: 7),
            tasks: pascal, samples: 3, height: 33, width: 47),
        Shape(
            network: NetworkDescription(width: 20, method: .rcm, asppChannels: 24, lowLevelChannels: 12),
            tasks: pascal, samples: 2, height: 61, width: 82),
        Shape(
            network: NetworkDescription(
                backbone: .resnet50, width: 4, outputStride: 8, method: .rcm, asppChannels: 12, lowLevelChannels: 5),
            tasks: [.depth, .normals], samples: 3, height: 41, width: 35),
        Shape(
            network: NetworkDescription(
                backbone: .resnet34, width: 5, method: .rcm, normalizedFusion: false, asppChannels: 9,
                lowLevelChannels: 3), tasks: [.edge], samples: 5, height: 17, width: 19),
        Shape(
            network: NetworkDescription(
                width: 12, outputStride: 8, method: .seriesAdapters, asppChannels: 16, lowLevelChannels: 8),
            tasks: [.sal, .semseg], samples: 2, height: 50, width: 39),
        Shape(
            network: NetworkDescription(width: 12, method: .parallelAdapters, asppChannels: 16, lowLevelChannels: 8),
            tasks: [.humanParts, .depth], samples: 4, height: 65, width: 33),
        Shape(
            network: NetworkDescription(width: 3, method: .rcm, asppChannels: 4, lowLevelChannels: 2),
            tasks: [.depth], samples: 3, height: 1, width: 1),
    ]

    private func trained(_ tasks: [LearningTask]) -> [TrainedTask] {
        tasks.map { task in
            let channels = [LearningTask.semseg: 21, .humanParts: 7, .normals: 3]
            return TrainedTask(task, channels: channels[task] ?? 1, weight: 1)
        }
    }

    @Test(arguments: shapes)
    func trains(_ shape: Shape) throws {
        let step = try SmallTraining.step(
            shape.network, trained(shape.tasks), samples: shape.samples, height: shape.height, width: shape.width,
            pool: ThreadPool(threads: 2))
        step.run(rate: 1e-3)
        let first = step.losses
        for _ in 0..<3 { step.run(rate: 1e-3) }
        #expect(first.count == shape.tasks.count)
        #expect(step.losses.allSatisfy { $0.isFinite && $0 > 0 })
        // The same images again: what was learned shows.
        #expect(step.losses.reduce(0, +) < first.reduce(0, +))
    }

    @Test func oneSampleIsRefused() {
        let error = #expect(throws: (any Error).self) {
            try SmallTraining.step(
                NetworkDescription(width: 4, asppChannels: 4, lowLevelChannels: 2), trained([.sal]), samples: 1,
                height: 33, width: 47, pool: ThreadPool(threads: 1))
        }
        #expect("\(error!)".contains("layer5.sal.conv2d_list.4.2"))
        #expect("\(error!)".contains("batch of at least 2"))
    }
}
