/// The residual networks of the paper (He et al., CVPR 2016, arXiv 1512.03385), named as in configurations.
package enum Backbone: String, CaseIterable, Sendable {
    case resnet18, resnet34, resnet50

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

/// How a backbone's convolutions serve a task.
package enum Method: String, CaseIterable, Sendable {
    /// Every weight is trained: a single-task network, or the joint multi-task baseline.
    case conv
    /// Reparameterized convolutions, y = Wt (Ws ∗ x) (section 3.2).
    case rcm
    /// Series residual adapters, y + Wt BN(y) with y = Ws ∗ x (Rebuffi et al., NeurIPS 2017).
    case seriesAdapters = "ra_series"
    /// Parallel residual adapters, Ws ∗ x + Wt x (Rebuffi et al., CVPR 2018).
    case parallelAdapters = "ra_parallel"

    /// Whether the backbone's filters are a frozen bank and everything trained belongs to one task.
    package var hasBank: Bool { self != .conv }
}

/// Everything that decides a network's shape but the image and the tasks.
package struct NetworkDescription: Hashable, Sendable {
    package var backbone: Backbone
    /// Channels of the stem; the stages have 1, 2, 4 and 8 times as many (times the expansion).
    package var width: Int
    /// Pixels of the image per pixel of the deepest features, 16 or 8.
    package var outputStride: Int
    package var method: Method
    /// Normalized feature fusion of the modulators (section 3.4); `rcm` only.
    package var normalizedFusion: Bool
    /// Channels of the decoder and of each branch of its spatial pyramid.
    package var asppChannels: Int
    /// Channels that the decoder keeps of the low-level features.
    package var lowLevelChannels: Int

    package init(
        backbone: Backbone = .resnet18, width: Int = 64, outputStride: Int = 16, method: Method = .rcm,
        normalizedFusion: Bool = true, asppChannels: Int = 256, lowLevelChannels: Int = 48
    ) {
        precondition(outputStride == 16 || outputStride == 8, "the output stride is 16 or 8")
        self.backbone = backbone
        self.width = width
        self.outputStride = outputStride
        self.method = method
        self.normalizedFusion = normalizedFusion
        self.asppChannels = asppChannels
        self.lowLevelChannels = lowLevelChannels
    }
}

/// One task's head: its name in parameters, and the channels that it predicts.
package struct TaskHead: Hashable, Sendable {
    package var name: String
    package var channels: Int
    /// Whether the prediction is a direction: each pixel is given unit length.
    package var isDirection: Bool

    package init(name: String, channels: Int, isDirection: Bool = false) {
        self.name = name
        self.channels = channels
        self.isDirection = isDirection
    }
}
