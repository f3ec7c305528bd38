import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Inference
import Networks
import ProgramTesting
import TensorCore
import Testing

@Suite struct PredictorTests {
    private let kernels = Kernels(.best, choice: .auto)

    /// Every picture is answered at its own size, and whatever was answered before.
    @Test func answersDependOnThePictureAlone() throws {
        try withTemporaryPath { folder in
            let model = try SmallModel.write(to: folder + "/model")
            let together = try Predictor(model, tasks: [], kernels: kernels, pool: ThreadPool(threads: 3))
            #expect(together.heads.map(\.name) == ["depth", "edge", "normals", "semseg"])
            for (height, width) in [(40, 56), (56, 40), (1, 1), (40, 56), (33, 7), (40, 56)] {
                let image = SmallModel.image(height: height, width: width)
                let maps = try together.predict(image).maps
                for (head, map) in maps {
                    #expect(map.height == height && map.width == width && map.channels == head.channels)
                    let alone = try Predictor(model, tasks: [head.name], kernels: kernels, pool: ThreadPool(threads: 1))
                    let isSame = try alone.predict(image).maps[0].map == map
                    #expect(isSame, "\(head.name) at \(height) x \(width)")
                }
            }
        }
    }

    @Test func greyIsTheSameInAllColours() throws {
        try withTemporaryPath { folder in
            let model = try SmallModel.write(to: folder + "/model", heads: [TaskHead(.depth, channels: 1)])
            let predictor = try Predictor(model, tasks: [], kernels: kernels, pool: ThreadPool(threads: 1))
            let grey = SmallModel.image(height: 30, width: 20, channels: 1)
            let colored = ImageFile(
                height: 30, width: 20, channels: 3, bytes: grey.bytes.flatMap { [UInt8](repeating: $0, count: 3) })
            let isSame = try predictor.predict(grey).maps[0].map == predictor.predict(colored).maps[0].map
            #expect(isSame)
        }
    }

    @Test func aTaskThatTheModelLacksIsNamed() throws {
        try withTemporaryPath { folder in
            let model = try SmallModel.write(to: folder + "/model", heads: [TaskHead(.depth, channels: 1)])
            let error = #expect(throws: (any Error).self) {
                try Predictor(model, tasks: ["sal"], kernels: kernels, pool: ThreadPool(threads: 1))
            }
            #expect("\(error!)".contains("the model has no task 'sal'; it has depth"))
        }
    }

    @Test func picturesTooLargeForTheMachineAreRefusedBeforeMemoryIsTaken() throws {
        try withTemporaryPath { folder in
            let model = try SmallModel.write(to: folder + "/model", heads: [TaskHead(.depth, channels: 1)])
            let pool = ThreadPool(threads: 1)
            let network = try MergedNetwork(model, task: "depth", kernels: kernels, pool: pool)
            let error = #expect(throws: InferenceError.self) {
                try InferencePass([network], height: 200_000, width: 200_000, kernels: kernels, pool: pool)
            }
            #expect("\(error!)".contains("scale it down"))
            let needed = InferencePass.byteCount([network], height: 32, width: 32, kernels: kernels, threads: 1)
            _ = try InferencePass([network], height: 32, width: 32, kernels: kernels, pool: pool, limit: needed)
            #expect(throws: InferenceError.self) {
                try InferencePass([network], height: 32, width: 32, kernels: kernels, pool: pool, limit: needed - 1)
            }
        }
    }

    @Test func answersDoNotGoAmongThePictures() throws {
        try withTemporaryPath { folder in
            try Data().write(to: URL(fileURLWithPath: "\(folder)/a.png"))
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: folder)
            for pictures in [folder, folder + "/", folder + "/a.png", folder + "/link/a.png"] {
                let list = try PictureList([pictures])
                let error = #expect(throws: InferenceError.self) { try list.checkApart(from: folder + "/") }
                #expect("\(error!)".contains("name another --output"))
                try list.checkApart(from: folder + "/answers")
            }
        }
    }

    @Test func foldersGiveTheirPicturesInOrder() throws {
        try withTemporaryPath { folder in
            for name in ["b.JPG", "a.png", "notes.txt", ".hidden.png", "c.jpeg"] {
                try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            let list = try PictureList([folder, "/elsewhere/x.y.png"])
            #expect(list.entries.map(\.name) == ["a", "b", "c", "x.y"])
            #expect(list.entries[0].path == folder + "/a.png")
            let error = #expect(throws: InferenceError.self) { try PictureList([folder, "/elsewhere/a.jpg"]) }
            #expect("\(error!)".contains("/elsewhere/a.jpg would give files of the same names"))
            let empty = folder + "/empty"
            try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
            #expect(throws: InferenceError.self) { try PictureList([empty]) }
        }
    }
}
