import Configuration

extension ModelSettings.Backbone {
    /// Residual blocks in each of the four stages.
    package var blocks: [Int] {
        switch self {
        case .resnet18: [2, 2, 2, 2]
        case .resnet34, .resnet50: [3, 4, 6, 3]
        }
    }

    /// Output channels of a block over its inner channels.
    package var expansion: Int { self == .resnet50 ? 4 : 1 }
}

extension ModelSettings.Method {
    /// Whether the backbone's filters are a frozen bank, so that everything trained belongs to one task.
    package var hasBank: Bool { self != .conv }
}
