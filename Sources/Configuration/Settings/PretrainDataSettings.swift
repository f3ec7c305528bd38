/// `data` of pretraining: the keys of training's data (`dataset` is `rooms` or `folder`, which is in ImageNet's layout), and
/// how pictures are cut that belong to one class as a whole.
@dynamicMemberLookup
package struct PretrainDataSettings: ConfigurationSection {
    /// The keys that training has too.
    package var common = DataSettings()
    /// `random_crop`: what `augment` does: `resized` takes a rectangle of random area and proportions, as is customary with
    /// ImageNet, `scaled` enlarges by a factor of `scale` and cuts, as for dense predictions, and `auto` (default) is
    /// `scaled` for `rooms`, whose objects stand in the middle, and `resized` for `folder`.
    package var randomCrop = RandomCrop.automatic
    /// `area`: the rectangle's share of the picture, `[smallest, largest]`; [0.08, 1] by default.
    package var area = ScaleRange(smallest: 0.08, largest: 1)
    /// `aspect`: the rectangle's width over its height, `[smallest, largest]`; 3/4 to 4/3 by default.
    package var aspect = ScaleRange(smallest: 3.0 / 4, largest: 4.0 / 3)

    package enum RandomCrop: String, ConfigurationChoice {
        case automatic = "auto"
        case resized, scaled
    }

    package init() {}

    package subscript<Value>(dynamicMember key: WritableKeyPath<DataSettings, Value>) -> Value {
        get { common[keyPath: key] }
        set { common[keyPath: key] = newValue }
    }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        common.visit(&visitor)
        visitor.value("random_crop", &randomCrop)
        visitor.value("area", &area, .ascending(in: 0.0001...1))
        visitor.value("aspect", &aspect, .ascending(in: 0.05...20))
    }
}
