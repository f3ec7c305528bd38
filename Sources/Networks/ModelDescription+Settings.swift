import Checkpoints
import Configuration

extension ModelDescription {
    /// What a model of these settings says of itself.
    package init(_ settings: ModelSettings) {
        self.init(
            backbone: settings.backbone.rawValue, width: settings.width, outputStride: settings.outputStride,
            method: settings.method.rawValue, normalizedFusion: settings.normalizedFeatureFusion,
            asppChannels: settings.aspp, lowLevelChannels: settings.low)
    }
}
