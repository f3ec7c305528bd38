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

    /// A convolution of the backbone and the batch normalization behind it.
    package struct Unit: Sendable {
        /// As torchvision names them, such as `layer1.0.downsample.0` and `layer1.0.downsample.1`.
        package let convolution: String
        package let norm: String
        /// Whether it is a block's shortcut, which has no filter in a bank.
        package let isShortcut: Bool
        /// The module of the batch norm in networks here, without the task.
        package let normModule: String
    }

    /// The convolutions, a block's shortcut behind its others; the first blocks of stages alone have one here.
    package var units: [Unit] {
        func unit(_ stem: String, _ place: Int) -> Unit {
            Unit(
                convolution: "\(stem)conv\(place)", norm: "\(stem)bn\(place)", isShortcut: false,
                normModule: "\(stem)bn\(place).bnorm")
        }
        return [unit("", 1)]
            + blocks.enumerated().flatMap { stage, blocks in
                (0..<blocks).flatMap { block in
                    let stem = "layer\(stage + 1).\(block)."
                    let shortcut = Unit(
                        convolution: stem + "downsample.0", norm: stem + "downsample.1", isShortcut: true,
                        normModule: stem + "downsample.bnorm.bnorm")
                    return (1...(expansion == 1 ? 2 : 3)).map { unit(stem, $0) } + (block == 0 ? [shortcut] : [])
                }
            }
    }
}

extension ModelSettings.Method {
    /// Whether the backbone's filters are a frozen bank, so that everything trained belongs to one task.
    package var hasBank: Bool { self != .conv }
}
