import CConvolution
import ConvolutionEngine

/// What a loss computes, with all its constants; every one is a mean over what the global batch knows.
///
/// The paper's losses (section 4.1) are `crossEntropy` for classes, `binaryCrossEntropy` for edges (0.95 and 0.05) and
/// saliency, and the absolute `error` of directions. Formulas and their sources: the article Losses.
package enum LossKind: Sendable, Hashable {
    /// Cross-entropy of the softmax over channels; label 255 is unknown.
    case crossEntropy(CrossEntropyLoss = CrossEntropyLoss())
    /// Binary cross-entropy with logits, each channel for itself; label 255 is unknown.
    case binaryCrossEntropy(BinaryCrossEntropyLoss)
    /// A function of the error of each element.
    case error(ErrorFunction, LabelEncoding)
    /// 1 - the cosine of the angle between two vectors of 3 channels; label (0, 0, 0) is unknown.
    case cosine
}

/// How labels of numbers say that they are unknown.
package enum LabelEncoding: Sendable, Hashable {
    /// A pixel with 0 in all channels: directions and distances.
    case zeroIsUnknown
    /// NaN, each channel for itself: values.
    case nanIsUnknown
}

/// Cross-entropy over the known pixels, divided by the sum of the weights of their classes, as
/// `torch.nn.CrossEntropyLoss(weight, label_smoothing)` does; with `gamma` the focal loss (Lin et al. 2017).
package struct CrossEntropyLoss: Sendable, Hashable {
    /// A factor for each class; nil: all are 1.
    package var classWeights: [Double]?
    /// The share of the truth that is spread evenly over all classes; 0 where `gamma` is not.
    package var smoothing = 0.0
    package var gamma = 0.0
    package var dice: DiceTerm?

    package init(classWeights: [Double]? = nil, smoothing: Double = 0, gamma: Double = 0, dice: DiceTerm? = nil) {
        precondition(gamma == 0 || smoothing == 0, "the focal loss has no label smoothing")
        self.classWeights = classWeights
        self.smoothing = smoothing
        self.gamma = gamma
        self.dice = dice
    }
}

/// Binary cross-entropy over the known elements, divided by their count, as `torch.nn.BCEWithLogitsLoss(pos_weight)` does;
/// with `gamma` the focal loss (Lin et al. 2017).
package struct BinaryCrossEntropyLoss: Sendable, Hashable {
    package enum Weights: Sendable, Hashable {
        case fixed(positive: Double, negative: Double)
        /// Of positives the share of the batch's negatives, and of negatives that of its positives (Xie and Tu 2015,
        /// equation 2, there for one image). Positive is a label above 0.5.
        case balanced
    }

    package var weights: Weights
    package var gamma = 0.0
    /// Whether an unknown element counts as a logit 0 with label 0, and so adds the negative weight times log 2 to the
    /// sum, but nothing to the gradient and the count.
    package var unknownAddsLog2 = false
    package var dice: DiceTerm?

    package init(
        weights: Weights = .fixed(positive: 1, negative: 1), gamma: Double = 0, unknownAddsLog2: Bool = false,
        dice: DiceTerm? = nil
    ) {
        self.weights = weights
        self.gamma = gamma
        self.unknownAddsLog2 = unknownAddsLog2
        self.dice = dice
    }
}

/// 1 - the mean over all channels of the Dice coefficient (2 Σ p t + smooth) / (Σ p + Σ t + smooth) of one image, over its
/// known elements; the mean over the images of the batch that have some (Milletari et al. 2016, without the squares, as
/// MONAI's `DiceLoss`).
package struct DiceTerm: Sendable, Hashable {
    /// The factor of the term.
    package var weight: Double
    package var smooth: Double

    package init(weight: Double, smooth: Double) {
        self.weight = weight
        self.smooth = smooth
    }
}

/// A function of the error of one element; `mdl_error` of the kernels has the formulas.
package enum ErrorFunction: Sendable, Hashable {
    case absolute
    case squared
    case huber(delta: Double)
    /// berHu with c = `factor` times the largest error of the image, which the gradient takes as a constant (Laina et al.
    /// 2016, section 3.3).
    case reverseHuber(factor: Double)
    /// |log o - log t|, where the logarithm goes on as its tangent below `smallest`.
    case absoluteLog(smallest: Double)
    /// Σ d² / n - lambda (Σ d)² / n² of one image with d = log o - log t; the mean over the images of the batch that have a
    /// known pixel (Eigen et al. 2014, equation 4).
    case scaleInvariantLog(lambda: Double, smallest: Double)
}

extension LossKind {
    /// Values per pixel of a label, for an output of so many channels.
    package func labelChannels(_ channels: Int) -> Int {
        switch self {
        case .crossEntropy: 1
        case .binaryCrossEntropy, .error, .cosine: channels
        }
    }

    /// What stands for "unknown" in every channel of a label.
    package var unknownLabel: Float {
        switch self {
        case .crossEntropy, .binaryCrossEntropy: 255
        case .error(_, .zeroIsUnknown), .cosine: 0
        case .error(_, .nanIsUnknown): .nan
        }
    }

    /// The same as kernels are given it.
    var unknown: mdl_unknown {
        switch self {
        case .crossEntropy, .binaryCrossEntropy: mdl_unknown_255
        case .error(_, .zeroIsUnknown), .cosine: mdl_unknown_zero
        case .error(_, .nanIsUnknown): mdl_unknown_nan
        }
    }

    var dice: DiceTerm? {
        switch self {
        case .crossEntropy(let loss): loss.dice
        case .binaryCrossEntropy(let loss): loss.dice
        case .error, .cosine: nil
        }
    }
}

extension ErrorFunction {
    /// The function as kernels are given it.
    var kind: mdl_error {
        switch self {
        case .absolute: mdl_error_absolute
        case .squared: mdl_error_squared
        case .huber: mdl_error_huber
        case .reverseHuber: mdl_error_reverse_huber
        case .absoluteLog: mdl_error_absolute_log
        case .scaleInvariantLog: mdl_error_scale_invariant_log
        }
    }

    /// What kernels call `constant`.
    var constant: Double {
        switch self {
        case .absolute, .squared, .reverseHuber: 0
        case .huber(let delta): delta
        case .absoluteLog(let smallest), .scaleInvariantLog(_, let smallest): smallest
        }
    }
}
