import Configuration
import Datasets
import Foundation
import Testing

/// The recipes of the paper's tables (Kanakis et al., ECCV 2020, section 4 and appendix).
@Suite struct RecipeTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("launch/recipes")

    private static let rows: [(name: String, method: ModelSettings.Method)] = [
        ("single", .conv), ("joint", .conv), ("series", .seriesAdapters), ("parallel", .parallelAdapters),
        ("rc", .rcm), ("rc-ri", .rcm), ("rc-ri-nff", .rcm),
    ]

    @Test func everyRecipeIsRead() throws {
        func path(_ name: String) -> String { Self.folder.appendingPathComponent(name).path }
        for name in ["demo", "study"] { _ = try RunConfiguration.load(path: path(name + ".yaml")) }
        for name in ["rooms-bank", "imagenet-bank"] { _ = try PretrainConfiguration.load(path: path(name + ".yaml")) }
        for dataset in ["pascal", "nyud"] {
            let files = try FileManager.default.contentsOfDirectory(atPath: path(dataset))
            #expect(files.sorted() == Self.rows.map { $0.name + ".yaml" }.sorted())
        }
    }

    /// Every layout says where the labels of all its tasks are, and where the data is, one key of the command line.
    @Test func everyLayoutIsRead() throws {
        let folder = Self.folder.appendingPathComponent("layouts")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count >= 14)
        for name in names {
            let path = folder.appendingPathComponent(name).path
            let recipe = try RunConfiguration.load(path: path, overrides: ["data.root=elsewhere"])
            #expect(recipe.data.root?.hasSuffix("/elsewhere") == true)
            guard recipe.data.dataset == .files else { continue }
            #expect(recipe.data.layout.labels.count == recipe.tasks.count, "\(name)")
            #expect(recipe.tasks.allSatisfy { recipe.data.layout.labels[$0.name] != nil }, "\(name)")
            #expect(recipe.data.list(ofSplit: "val") != nil && recipe.data.list(ofSplit: "none") == nil)
            // What a run keeps is the same layout.
            #expect(try RunConfiguration.parse(recipe.yaml(), file: "config.yaml") == recipe, "\(name)")
        }
    }

    @Test(arguments: ["pascal", "nyud"], Self.rows.indices)
    func eachRowFollowsTheProtocol(_ dataset: String, _ row: Int) throws {
        let (name, method) = Self.rows[row]
        let recipe = try RunConfiguration.load(path: Self.folder.appendingPathComponent("\(dataset)/\(name).yaml").path)
        let isPascal = dataset == "pascal"
        #expect(recipe.model.method == method)
        #expect(recipe.model.width == 64 && recipe.model.outputStride == 16)
        #expect(method != .rcm || recipe.model.normalizedFeatureFusion == name.hasSuffix("nff"))
        #expect(
            recipe.model.bank?.hasSuffix(name.hasPrefix("rc-ri") ? "resnet18-ri.safetensors" : ".safetensors") == true)
        #expect(recipe.data.dataset == (isPascal ? .pascalContext : .nyud))
        #expect(
            recipe.data.crop == (isPascal ? PixelSize(height: 512, width: 512) : PixelSize(height: 425, width: 560)))
        let training = recipe.training
        #expect(training.iterations == (isPascal ? 37_500 : 19_875))
        #expect(training.batch == 8 && training.learningRate == 0.005)
        #expect(training.optimizer == OptimizerSettings(SGD(momentum: 0.9, weightDecay: 1e-4)))
        #expect(training.schedule == .polynomial && training.power == 0.9)
        let weights: [LearningTask: Double] =
            isPascal
            ? [.edge: 50, .semseg: 1, .humanParts: 2, .normals: 10, .sal: 5]
            : [.edge: 50, .semseg: 1, .normals: 10, .depth: 1]
        #expect(name == "single" ? recipe.tasks.count == 1 : recipe.tasks.count == weights.count)
        for task in recipe.tasks { #expect(task.weight == weights[task.task]) }
    }
}
