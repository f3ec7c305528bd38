import Foundation
import ProgramTesting
import Testing

/// The recipes of the paper's benchmarks train on small trees in the benchmarks' layouts, at the paper's sizes, from a
/// network under torchvision's names.
@Suite struct BenchmarkRecipeTests {
    private static let isLong = ProcessInfo.processInfo.environment["MODULOR_LONG_TESTS"] != nil

    /// Every row of the tables, made small: a ResNet-34 of width 8, pictures of 64 × 64, from banks of all methods.
    @Test func everyRowTrains() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            func recipe(_ name: String) -> String {
                Program.repository.appendingPathComponent("launch/recipes/\(name).yaml").path
            }
            func set(_ settings: [String]) -> [String] { settings.flatMap { ["--set", $0] } }
            let fixtures = Program.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures").path
            let small = ["model.backbone=resnet34", "model.width=8", "training.iterations=1", "data.workers=1"]
            for method in ["conv", "ra_series", "ra_parallel", "rcm"] {
                let options = set(
                    small + [
                        "model.method=\(method)", "training.batch=2", "training.learning_rate=1e-6",
                        "training.validate_every=0", "data.crop=[32, 32]",
                        "data.rooms.size=[32, 32]", "data.rooms.train=4", "data.rooms.validation=2",
                    ])
                try Program.succeed(["pretrain", recipe("rooms-bank"), "--output", path(method)] + options)
            }
            try Program.succeed([
                "initialize", path("ri"), "--from", path("conv/bank.safetensors"), "--responses",
                fixtures + "/PASCAL_MT/JPEGImages", "--images", "4", "--crop", "64x64",
            ])
            for (dataset, tree) in [("pascal", "PASCAL_MT"), ("nyud", "NYUD_MT")] {
                for (row, bank) in [
                    ("single", "conv"), ("joint", "conv"), ("series", "ra_series"), ("parallel", "ra_parallel"),
                    ("rc", "rcm"), ("rc-ri", "ri"), ("rc-ri-nff", "ri"),
                ] {
                    let options = set(
                        small + [
                            "model.bank=\(path(bank))/bank.safetensors", "model.aspp=8", "model.low=4",
                            "data.root=\(fixtures)/\(tree)", "data.crop=[64, 64]", "training.batch=2",
                        ])
                    let run = path("\(dataset)-\(row)")
                    try Program.succeed(["train", recipe("\(dataset)/\(row)"), "--output", run] + options)
                    let files = try FileManager.default.contentsOfDirectory(atPath: run + "/model/tasks")
                    #expect(files.count == (row == "single" ? 1 : dataset == "pascal" ? 5 : 4), "\(dataset) \(row)")
                }
            }
        }
    }

    @Test func theRecipesTrainFromATorchvisionCheckpoint() throws {
        try withTemporaryFolder { folder in
            func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
            try PretrainedFile.write(to: folder.appendingPathComponent("resnet18.pth"))
            let fixtures = Program.repository.appendingPathComponent("Tests/DatasetsTests/Fixtures").path
            let made = try Program.run(
                "initialize", path("ri"), "--from", path("resnet18.pth"), "--responses",
                fixtures + "/PASCAL_MT/JPEGImages", "--images", "4", "--crop", "96x96")
            try #require(made.status == 0, "\(made.errors)")

            for (recipe, tree, tasks) in [
                ("pascal", "PASCAL_MT", ["edge", "human_parts", "normals", "sal", "semseg"]),
                ("nyud", "NYUD_MT", ["depth", "edge", "normals", "semseg"]),
            ] {
                let settings = [
                    "model.bank=" + path("ri/bank.safetensors"), "data.root=\(fixtures)/\(tree)", "data.workers=2",
                    "training.iterations=\(Self.isLong ? 20 : 2)", "training.batch=\(Self.isLong ? 8 : 2)",
                ]
                let trained = try Program.run(
                    [
                        "train",
                        Program.repository.appendingPathComponent("launch/recipes/\(recipe)/rc-ri-nff.yaml").path,
                        "--output", path(recipe),
                    ] + settings.flatMap { ["--set", $0] }, seconds: Self.isLong ? 3600 : 300)
                try #require(trained.status == 0, "\(trained.errors)")
                let files = try FileManager.default.contentsOfDirectory(atPath: path("\(recipe)/model/tasks"))
                #expect(files.sorted() == tasks.map { $0 + ".safetensors" })
            }
        }
    }
}
