import Configuration
import Datasets
import TensorCore

/// A loss that does not fit the task, in one sentence that says what to change.
package struct LossError: RequestError, Equatable {
    package let description: String
}

extension LossKind {
    /// The loss that settings describe.
    ///
    /// - Parameters:
    ///   - task: its name, for complaints.
    ///   - channels: of the network's output: the classes, or values per pixel.
    ///   - frequencies: how often classes are seen; asked for where the weights are `balanced`.
    /// - Throws: `LossError` where the list of class weights has another length than the list of classes.
    package init(
        _ settings: LossSettings, of task: String, channels: Int, frequencies: () throws -> ClassFrequencies
    ) throws {
        let dice = settings.dice > 0 ? DiceTerm(weight: settings.dice, smooth: settings.diceSmooth) : nil
        switch settings.formula {
        case .crossEntropy:
            let weights = try settings.weights(of: task, classes: channels, frequencies)
            self = .crossEntropy(
                CrossEntropyLoss(classWeights: weights, smoothing: settings.labelSmoothing, dice: dice))
        case .focal where settings.kind == .classes:
            let weights = try settings.weights(of: task, classes: channels, frequencies)
            self = .crossEntropy(CrossEntropyLoss(classWeights: weights, gamma: settings.gamma, dice: dice))
        case .focal:
            self = .binaryCrossEntropy(
                BinaryCrossEntropyLoss(weights: settings.binaryWeights, gamma: settings.gamma, dice: dice))
        case .bce:
            self = .binaryCrossEntropy(
                BinaryCrossEntropyLoss(
                    weights: settings.binaryWeights, unknownAddsLog2: settings.unknownAddsLog2, dice: dice))
        case .l1: self = .error(.absolute, settings.encoding)
        case .l2: self = .error(.squared, settings.encoding)
        case .huber: self = .error(.huber(delta: settings.delta), settings.encoding)
        case .berHu: self = .error(.reverseHuber(factor: settings.factor), settings.encoding)
        case .logL1: self = .error(.absoluteLog(smallest: settings.smallest), settings.encoding)
        case .siLog:
            self = .error(
                .scaleInvariantLog(lambda: settings.lambda, smallest: settings.smallest), settings.encoding)
        case .cosine: self = .cosine
        }
    }
}

extension LossKind {
    /// The loss of a task that a configuration says nothing of.
    package init(presetOf task: LearningTask, channels: Int) throws {
        try self.init(LossSettings(presetOf: task), of: task.name, channels: channels) {
            preconditionFailure("no default asks for the frequencies of classes")
        }
    }
}

extension LossSettings {
    fileprivate func weights(
        of task: String, classes: Int, _ frequencies: () throws -> ClassFrequencies
    ) throws -> [Double]? {
        switch classWeights {
        case .even: return nil
        case .balanced: return try frequencies().weights(classFrequency)
        case .list(let weights):
            guard weights.count == classes else {
                throw LossError(
                    description: "tasks.\(task).loss.class_weights has \(weights.count) numbers and the data set "
                        + "\(classes) classes of \(task); give one number for each class")
            }
            return weights
        }
    }

    fileprivate var binaryWeights: BinaryCrossEntropyLoss.Weights {
        switch positiveWeight {
        case .fixed(let weight): .fixed(positive: weight, negative: negativeWeight)
        case .balanced: .balanced
        }
    }

    fileprivate var encoding: LabelEncoding { kind.unknownLabel.isNaN ? .nanIsUnknown : .zeroIsUnknown }
}
