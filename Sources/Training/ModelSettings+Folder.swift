import Checkpoints
import Configuration
import Graph
import Networks

extension ModelSettings {
    /// The model folder at `path`: made, with its bank, where there is none; opened and compared where there is one.
    ///
    /// Without `bank` the filters are drawn from `seed`.
    package func modelFolder(at path: String, graphs: [Graph], seed: Int) throws -> ModelFolder {
        let description = ModelDescription(
            backbone: backbone.rawValue, width: width, outputStride: outputStride, method: method.rawValue,
            normalizedFusion: normalizedFeatureFusion, asppChannels: aspp, lowLevelChannels: low)
        if let bank { return try ModelFolder.create(at: path, describedBy: description, copyingBank: bank) }
        let filters = graphs[0].parameters.filter { $0.role == .bank }
        return try ModelFolder.create(
            at: path, describedBy: description,
            bank: filters.map { filter in
                TensorEntry(
                    filter.name, shape: filter.shape, values: Initialization.draw(filter, method: method, seed: seed))
            })
    }
}
