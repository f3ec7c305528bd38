import Configuration
import ConvolutionEngine
import Datasets
import Inference
import Networks
import ProgramTesting
import TensorCore
import Testing

/// Pictures that are too large for one pass, made so by the memory that they are allowed.
@Suite struct TiledPredictionTests {
    private struct Case: CustomTestStringConvertible {
        let backbone: ModelSettings.Backbone
        let outputStride: Int
        let method: ModelSettings.Method
        /// Sides that no stride divides, longer than what a feature sees, or shorter than a pixel of the features.
        let height: Int
        let width: Int

        var testDescription: String { "\(backbone) / \(outputStride), \(method), \(height) x \(width)" }
    }

    private static let cases = [
        Case(backbone: .resnet18, outputStride: 16, method: .rcm, height: 701, width: 907),
        Case(backbone: .resnet18, outputStride: 8, method: .conv, height: 901, width: 603),
        Case(backbone: .resnet50, outputStride: 16, method: .parallelAdapters, height: 611, width: 791),
        Case(backbone: .resnet18, outputStride: 16, method: .seriesAdapters, height: 1201, width: 19),
        Case(backbone: .resnet18, outputStride: 16, method: .rcm, height: 23, width: 1409),
    ]

    private static let heads = SmallModel.heads + [TaskHead(.flow, channels: 2)]

    /// The answers of all kinds of tasks in tiles, and in one pass over the whole picture.
    private func compare(_ own: Case, _ choice: ConvolutionChoice, _ body: (PixelMap, PixelMap) -> Void) throws {
        try withTemporaryPath { folder in
            let model = try SmallModel.write(
                to: folder + "/model", SmallModel.settings(own.backbone, own.method, outputStride: own.outputStride),
                heads: Self.heads)
            let kernels = Kernels(.best, choice: choice)
            let image = SmallModel.image(height: own.height, width: own.width)
            for head in Self.heads {
                func predictor(memory: Int) throws -> Predictor {
                    try Predictor(
                        model, tasks: [head.name], kernels: kernels, pool: ThreadPool(threads: 2), memory: memory)
                }
                let network = try MergedNetwork(model, task: head.name, kernels: kernels, pool: ThreadPool(threads: 1))
                let needed = InferencePass.byteCount(
                    [network], height: own.height, width: own.width, kernels: kernels, threads: 2)
                let whole = try predictor(memory: needed).predict(image)
                let tiled = try predictor(memory: needed / 5 * 3).predict(image)
                body(try tiled.maps[0].map, try whole.maps[0].map)
            }
        }
    }

    /// Each number is the sum of the same products in the same order, and the global pool sees the same map.
    @Test(arguments: cases) private func tilesHaveTheBitsOfTheWholeByDirectConvolution(_ own: Case) throws {
        try compare(own, .direct) { tiled, whole in
            let isSame = tiled == whole
            #expect(isSame)
            let differences = zip(tiled.values, whole.values).map { abs($0 - $1) }
            #expect(differences.max()! <= 1e-5 * whole.values.map { abs($0) }.max()!)
        }
    }

    /// Another algorithm may be chosen for a tile than for the whole. What Winograd's algorithm rounds is what
    /// MergedNetworkTests allow between two networks that round otherwise.
    @Test func otherAlgorithmsRoundOtherwise() throws {
        try compare(Self.cases[0], .winograd) { tiled, whole in
            let differences = zip(tiled.values, whole.values).map { abs($0 - $1) }
            #expect(differences.max()! <= 1e-4 * whole.values.map { abs($0) }.max()!)
        }
    }

    @Test func picturesThatHaveNoRoomEvenInTilesAreRefused() throws {
        try withTemporaryPath { folder in
            let model = try SmallModel.write(to: folder + "/model", heads: [TaskHead(.depth, channels: 1)])
            let kernels = Kernels(.best, choice: .direct)
            let image = SmallModel.image(height: 300, width: 200)
            let predictor = try Predictor(
                model, tasks: [], kernels: kernels, pool: ThreadPool(threads: 1), memory: 200_000)
            let error = #expect(throws: InferenceError.self) { try predictor.predict(image) }
            #expect("\(error!)".contains("a picture of 300 x 200 pixels needs"))
            #expect("\(error!)".contains("in the smallest tiles, and 0 may be taken"))
        }
    }
}
