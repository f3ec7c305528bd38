/// `model`: which network is trained.
package struct ModelSettings: ConfigurationSection {
    /// `backbone`: the encoder; `resnet18` by default.
    package var backbone = Backbone.resnet18
    /// `width`: channels of the stem, from which those of every stage follow; 64 by default, as in the paper.
    package var width = 64
    /// `output_stride`: image pixels per pixel of the deepest features, 16 (default) or 8.
    package var outputStride = 16
    /// `method`: how tasks share the backbone; `rcm` by default.
    package var method = Method.rcm
    /// `nff`: whether modulators are normalized (the paper's normalized feature fusion, section 3.4); only `rcm` has
    /// modulators to normalize. True by default.
    package var normalizedFeatureFusion = true
    /// `aspp`: channels of the decoder; 256 by default, as in the paper.
    package var aspp = 256
    /// `low`: channels that the low-level features are reduced to; 48 by default, as in the paper.
    package var low = 48
    /// `norm`: what becomes of the backbone's batch norms in training; `batch` by default. A model says nothing of it:
    /// frozen or not, it predicts by the running statistics.
    package var norm = Norm.batch
    /// `decoder_norm`: likewise of the decoder's.
    package var decoderNorm = Norm.batch
    /// `bank`: the absolute path of the filter bank to start from; in a file, it may be relative to that file's folder.
    /// By default there is none, and the bank is random.
    package var bank: String?

    /// `from`: the absolute path of a model, a run or a checkpoint whose weights a new run starts from; in a file, it may be
    /// relative to that file's folder. Network and bank are then that model's.
    package var from: String?

    package enum Backbone: String, ConfigurationChoice {
        case resnet18, resnet34, resnet50
    }

    package enum Method: String, ConfigurationChoice {
        /// Ordinary convolutions, trained: a single-task network, or the joint multi-task baseline.
        case conv
        /// Reparameterized convolutions: a frozen bank and modulators per task.
        case rcm
        /// Residual adapters after each bank convolution.
        case seriesAdapters = "ra_series"
        /// Residual adapters beside each bank convolution.
        case parallelAdapters = "ra_parallel"
    }

    package enum Norm: String, ConfigurationChoice {
        /// Normalizes by the statistics of the batch; scale and shift are trained, running statistics follow.
        case batch
        /// Normalizes by the running statistics; they, scale and shift stay as they were loaded.
        case frozen
    }

    /// What `width` may be.
    package static let widths = 1...4096
    /// What `aspp` and `low` may be.
    package static let decoderWidths = 1...8192

    package init() {}

    package init(
        backbone: Backbone = .resnet18, width: Int = 64, outputStride: Int = 16, method: Method = .rcm,
        normalizedFeatureFusion: Bool = true, aspp: Int = 256, low: Int = 48
    ) {
        self.backbone = backbone
        self.width = width
        self.outputStride = outputStride
        self.method = method
        self.normalizedFeatureFusion = normalizedFeatureFusion
        self.aspp = aspp
        self.low = low
    }

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("backbone", &backbone)
        visitor.value("width", &width, .range(Self.widths))
        visitor.value("output_stride", &outputStride, .oneOf([16, 8]))
        visitor.value("method", &method)
        visitor.value("nff", &normalizedFeatureFusion)
        visitor.value("aspp", &aspp, .range(Self.decoderWidths))
        visitor.value("low", &low, .range(Self.decoderWidths))
        visitor.value("norm", &norm)
        visitor.value("decoder_norm", &decoderNorm)
        visitor.inputPath("bank", &bank)
        visitor.inputPath("from", &from)
    }
}
