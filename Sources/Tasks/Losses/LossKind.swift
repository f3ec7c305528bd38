import CConvolution
import ConvolutionEngine
import Datasets

/// The losses of the paper (section 4.1); every one is a mean over the known pixels of the global batch.
package enum LossKind: Sendable, Hashable {
    /// Cross-entropy of the softmax over channels; label 255 is unknown.
    case crossEntropy
    /// The same with a share of the truth spread evenly over all channels (label smoothing).
    case smoothedCrossEntropy(smoothing: Double)
    /// Binary cross-entropy with logits, positives weighted 0.95 and negatives 0.05; label 255 is unknown.
    case edge
    /// Binary cross-entropy with logits in which an unknown pixel (label 255) adds log 2.
    case saliency
    /// Mean absolute error; label 0 is unknown.
    case depth
    /// Mean absolute error over the three components of unit vectors; label (0, 0, 0) is unknown.
    case normals

    /// Values per pixel of a label.
    package var labelChannels: Int { self == .normals ? 3 : 1 }

    /// What stands for "unknown" in every channel of a label.
    package var unknownLabel: Float {
        switch self {
        case .crossEntropy, .smoothedCrossEntropy, .edge, .saliency: 255
        case .depth, .normals: 0
        }
    }

    var smoothing: Double {
        if case .smoothedCrossEntropy(let smoothing) = self { smoothing } else { 0 }
    }

    /// The kernel, and how it is told apart where known pixels are counted.
    func kernel(_ kernels: Kernels) -> (mdl_loss_kind, mdl_kernel?) {
        switch self {
        case .crossEntropy, .smoothedCrossEntropy: (mdl_loss_cross_entropy, kernels.passes.loss_cross_entropy)
        case .edge: (mdl_loss_edge, kernels.passes.loss_edge)
        case .saliency: (mdl_loss_saliency, kernels.passes.loss_saliency)
        case .depth: (mdl_loss_depth, kernels.passes.loss_depth)
        case .normals: (mdl_loss_normals, kernels.passes.loss_normals)
        }
    }
}

extension LearningTask {
    /// The loss that the task is trained with.
    package var loss: LossKind {
        switch kind {
        case .classes: .crossEntropy
        case .score: scoreRule == .boundaries ? .edge : .saliency
        case .direction: .normals
        case .distance, .value: .depth
        }
    }
}
