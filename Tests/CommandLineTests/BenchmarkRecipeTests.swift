import Foundation
import Testing

/// The recipes of the paper's benchmarks train on small trees in the benchmarks' layouts, at the paper's sizes, from a
/// network under torchvision's names.
@Suite struct BenchmarkRecipeTests {
    private static let isLong = ProcessInfo.processInfo.environment["MODULOR_LONG_TESTS"] != nil

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
