import ArgumentParser
import Configuration
import Networks
import Training

/// What a pretrained network leaves open about the model that is made of it.
struct NetworkOptions: ParsableArguments {
    @Option(help: "How tasks share the backbone (default: rcm, or what the file's tasks have).")
    var method: ModelSettings.Method?

    @Flag(
        inversion: .prefixedNo, help: "Normalize the modulators of method rcm (default: yes, or as the file's tasks).")
    var nff: Bool?

    @Option(help: "Image pixels per pixel of the deepest features, 16 or 8.")
    var outputStride = ModelSettings().outputStride

    @Option(help: "Channels of the decoders (default: \(ModelSettings().aspp), or what the file's tasks have).")
    var aspp: Int?

    @Option(help: "Channels of the decoders' low-level path (default: \(ModelSettings().low), or as the file's tasks).")
    var low: Int?

    func validate() throws {
        guard [8, 16].contains(outputStride) else { throw ValidationError("--output-stride is 16 or 8") }
        let widths = ModelSettings.decoderWidths
        guard widths.contains(aspp ?? 1), widths.contains(low ?? 1) else {
            throw ValidationError("--aspp and --low are \(widths.lowerBound) to \(widths.upperBound)")
        }
    }

    /// - Throws: `UsageError` where the file's tasks need something else than what was asked for.
    func settings(for network: PretrainedNetwork) throws -> ModelSettings {
        let found = network.settings
        var settings = found
        settings.outputStride = outputStride
        settings.method = method ?? found.method
        settings.normalizedFeatureFusion = nff ?? found.normalizedFeatureFusion
        settings.aspp = aspp ?? found.aspp
        settings.low = low ?? found.low
        var tasks = settings
        tasks.outputStride = found.outputStride
        guard network.tasks.isEmpty || tasks == found else {
            throw UsageError(
                "the tasks in the file are of method \(found.method.rawValue), nff \(found.normalizedFeatureFusion), "
                    + "aspp \(found.aspp), low \(found.low); leave these options out")
        }
        return settings
    }
}

extension ModelSettings.Method: ExpressibleByArgument {}
