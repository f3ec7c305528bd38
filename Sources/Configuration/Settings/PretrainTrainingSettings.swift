/// `training` of pretraining: the keys of all training, and what only classes have.
@dynamicMemberLookup
package struct PretrainTrainingSettings: ConfigurationSection {
    /// The keys that training has too.
    package var common = TrainingSettings()
    /// `label_smoothing`: the share of the truth that is spread evenly over all classes; 0 by default.
    package var labelSmoothing = 0.0

    package init() {}

    package subscript<Value>(dynamicMember key: WritableKeyPath<TrainingSettings, Value>) -> Value {
        get { common[keyPath: key] }
        set { common[keyPath: key] = newValue }
    }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        common.visit(&visitor)
        visitor.value("label_smoothing", &labelSmoothing, .range(0..<1))
    }
}
