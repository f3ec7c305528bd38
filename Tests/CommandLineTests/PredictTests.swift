import Datasets
import Foundation
import ProgramTesting
import Testing

/// `modulor predict` against `modulor evaluate`, which comes to its answers by another way: not by the merged network, but
/// by the one that was trained.
@Suite struct PredictTests {
    private let tasks = ["edge", "normals", "depth"]
    private let pictures = [(name: "across", height: 40, width: 56), (name: "upright", height: 48, width: 41)]

    /// Both save what the network gives before any activation: scores before the sigmoid, unit normals, metres. Of classes,
    /// evaluation saves the winners alone, which may differ where scores are close.
    @Test func answersAreThoseThatAreEvaluated() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try """
            model: {width: 4, method: rcm, aspp: 8, low: 4}
            tasks: {edge: {}, normals: {}, depth: {}}
            data: {crop: [32, 32], workers: 1, rooms: {train: 4, validation: 2, size: [32, 32]}}
            training: {iterations: 1, batch: 2}
            """.write(toFile: path("train.yaml"), atomically: true, encoding: .utf8)
            try Program.succeed("train", path("train.yaml"), "--output", path("run"))
            try drawPictures(path)
            try """
            tasks: {edge: {}, normals: {}, depth: {}}
            data: {dataset: folder, root: \(path("data")), workers: 1}
            """.write(toFile: path("evaluate.yaml"), atomically: true, encoding: .utf8)
            try Program.succeed(
                "evaluate", path("run"), path("evaluate.yaml"), "--save-predictions", path("evaluated"))
            try Program.succeed("predict", path("run"), path("data/images"), "--output", path("answers"))

            for (name, height, width) in pictures {
                for task in tasks {
                    let answer = try NumPyArray(path("answers/\(name)-\(task).npy"))
                    let evaluated = try NumPyArray(path("evaluated/\(task)/\(name).npy"))
                    let channels = task == "normals" ? 3 : 1
                    try #require(answer.shape == [height, width, channels])
                    try #require(evaluated.shape == (channels == 1 ? [height, width] : [3, height, width]))
                    // The channels of a pixel stand together in an answer, and apart in what evaluation saves.
                    let pixels = height * width
                    let differences = evaluated.values.indices.map {
                        abs(evaluated.values[$0] - answer.values[$0 % pixels * channels + $0 / pixels])
                    }
                    let largest = evaluated.values.map { abs($0) }.max()!
                    // As float32 lets the two networks differ: see MergedNetworkTests.answersAreThoseOfTheUnmergedNetwork.
                    #expect(
                        largest > 0 && differences.allSatisfy { $0 <= 1e-4 * largest },
                        "\(name) \(task): \(differences.max()!) of \(largest)")
                }
            }
        }
    }

    /// `data`: two rooms of different sizes, with labels that are there and no more.
    private func drawPictures(_ path: (String) -> String) throws {
        for name in ["images"] + tasks {
            try FileManager.default.createDirectory(
                atPath: path("data/\(name)"), withIntermediateDirectories: true)
        }
        for (index, (name, height, width)) in pictures.enumerated() {
            let drawn = path("drawn-\(name)")
            try Program.succeed(
                "data", "rooms", "--index", "\(index)", "--size", "\(height)x\(width)", "--output", drawn)
            try FileManager.default.moveItem(
                atPath: "\(drawn)/rooms-1-\(index)-image.png", toPath: path("data/images/\(name).png"))
            let pixels = 0..<height * width
            let labels: [(task: String, shape: [Int], values: [Float])] = [
                ("edge", [height, width], pixels.map { $0 % width == width / 2 ? 1 : 0 }),
                ("normals", [height, width, 3], pixels.flatMap { _ -> [Float] in [0, 0, 1] }),
                ("depth", [height, width], pixels.map { _ in 2 }),
            ]
            for (task, shape, values) in labels {
                try Data(NumPyArray.encoded(values, shape: shape))
                    .write(to: URL(fileURLWithPath: path("data/\(task)/\(name).npy")))
            }
        }
        try pictures.map { $0.name + "\n" }.joined()
            .write(toFile: path("data/val.txt"), atomically: true, encoding: .utf8)
    }
}
