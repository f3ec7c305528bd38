/// Everything that `modulor pretrain` can be told in a file: a classifier is trained, whose convolutions become the
/// filter bank.
package struct PretrainConfiguration: ConfigurationDocument {
    package var model = PretrainModelSettings()
    package var data = PretrainDataSettings()
    package var training = PretrainTrainingSettings()
    package var parallel = ParallelSettings()
    package var output = OutputSettings(directory: "runs/pretrain")

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.section("model", &model)
        visitor.section("data", &data)
        visitor.section("training", &training)
        visitor.section("parallel", &parallel)
        visitor.section("output", &output)
    }
}

/// `model` of pretraining: the part of a network that a bank stores.
package struct PretrainModelSettings: ConfigurationSection {
    /// `backbone`: `resnet18` by default.
    package var backbone = ModelSettings.Backbone.resnet18
    /// `width`: channels of the stem; 64 by default.
    package var width = 64
    /// `method`: what stands in the network while it is pretrained, all of it trained: `conv` (default), or the modulators
    /// (`rcm`) or adapters (`ra_series`, `ra_parallel`) of the networks that the bank is for.
    package var method = ModelSettings.Method.conv

    package init() {}

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("backbone", &backbone)
        visitor.value("width", &width, .range(ModelSettings.widths))
        visitor.value("method", &method)
    }
}
