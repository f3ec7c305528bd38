import ArgumentParser
import Checkpoints
import Configuration
import ConvolutionEngine
import Networks
import Training

/// Response initialization on the command line.
struct ResponseOptions: ParsableArguments {
    @Option(
        help: .init(
            "Replace the bank's filters by the principal components of their responses to these images: a "
                + "configuration, whose training images are taken, or a folder of images.", valueName: "data"))
    var responses: String?

    @Option(help: "Number of images whose responses are taken, chosen at random (default: 256).")
    var images: Int?

    @Option(
        help: "The size at which images are seen, HEIGHTxWIDTH (default: the configuration's data.crop, or 224x224).")
    var crop: PixelSize?

    @Option(help: .init("Keep at most so many components of each convolution.", valueName: "k"))
    var components: Int?

    @Option(
        help: .init(
            "Keep the fewest components that hold this share of the variance, such as 0.99.", valueName: "share"))
    var energy: Double?

    func validate() throws {
        if let components, components < 1 { throw ValidationError("--components is at least 1") }
        if let energy, !(energy > 0 && energy <= 1) { throw ValidationError("--energy is above 0 and at most 1") }
        guard components == nil || energy == nil else {
            throw ValidationError("give --components or --energy, not both")
        }
        guard images ?? 1 > 0 else { throw ValidationError("--images is at least 1") }
        guard responses != nil || (components == nil && energy == nil && crop == nil && images == nil) else {
            throw ValidationError("--components, --energy, --images and --crop need --responses")
        }
    }

    private var truncation: ResponseInitialization.Truncation {
        components.map { .components($0) } ?? energy.map { .energy($0) } ?? .none
    }

    var areAsked: Bool { responses != nil }

    /// The initialized bank, on the first rank; nil where none is asked for, and on other ranks.
    func initialize(
        _ pretrained: PretrainedNetwork, kernels: Kernels, team: RankTeam, observe: (Int, Int) -> Void
    ) throws -> InitializedBank? {
        guard let responses else { return nil }
        let data = try ResponseData(path: responses, images: images ?? 256, crop: crop)
        return try ResponseInitialization(pretrained, data: data, truncation: truncation).run(
            kernels: kernels, pool: ParallelSettings().threadPool(on: team.processors), team: team,
            observe: observe)
    }
}
