import Configuration
import ConvolutionEngine
import Datasets
import Foundation
import Graph
import Networks
import Tasks
import TensorCore

/// The figures that this trainer gives for a case: the same keys as the file of expected figures.
package struct GoldenDigests: Encodable, Sendable {
    package var loss: [[String: Double]] = []
    package var gradient: [String: TensorDigest] = [:]
    package var updateFirst: [String: TensorDigest] = [:]
    package var update: [String: TensorDigest] = [:]
    package var running: [String: TensorDigest] = [:]
    package var output: [String: TensorDigest] = [:]

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case loss, gradient, updateFirst = "update_first", update, running, output
    }

    /// Writes the figures of several cases, by name, as one JSON object.
    package static func write(_ cases: [String: GoldenDigests], to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try encoder.encode(cases).write(to: URL(fileURLWithPath: path))
    }
}

/// Runs the steps of a golden case with the step that trains.
package struct GoldenRun {
    package let description: GoldenCase.Description
    package let network: MultiTaskNetwork
    /// The rules of the steps; a test that changes one must see the case fail.
    package var settings = TrainingSettings()

    package init(_ description: GoldenCase.Description) throws(VerificationError) {
        self.description = description
        network = MultiTaskNetwork(
            try description.model(), heads: try description.heads(), height: description.imageHeight,
            width: description.imageWidth)
        settings.batch = description.batch
        settings.iterations = description.maxIter
        settings.learningRate = description.lr
        settings.optimizer = OptimizerSettings(
            SGD(momentum: description.momentum, weightDecay: description.weightDecay))
    }

    /// Runs the steps and one evaluation.
    ///
    /// - Throws: where the case cannot be trained as it asks.
    package func run(kernels: Kernels, pool: ThreadPool) throws -> GoldenDigests {
        let step = try TrainingStep(
            network.graphs,
            heads: try network.heads.map {
                TrainedHead(
                    $0.name, loss: try LossKind(presetOf: $0.task, channels: $0.channels),
                    weight: description.weight[$0.name] ?? 1)
            }, settings: settings, kernels: kernels, pool: pool, start: .everyRank { $0.fill(Self.initialValue) })
        let parameters = step.parameters
        let initial = parameters.groups.map { group in
            group.trained.layout.entries.map { group.trained.read($0, from: group.trained.values) }
        }
        var digests = GoldenDigests()
        for index in 0..<description.steps {
            fill(step, index)
            try step.run(rate: settings.learningRate(at: index)) { unit in
                guard index == 0 else { return }
                let storage = parameters.groups[unit].trained
                digest(storage, storage.gradient!, into: &digests.gradient)
            }
            digests.loss.append(
                Dictionary(uniqueKeysWithValues: zip(network.heads.map(\.name), step.losses)))
            if index == 0 { digestUpdate(parameters, initial, into: &digests.updateFirst) }
        }
        digestUpdate(parameters, initial, into: &digests.update)
        for group in parameters.groups { digest(group.statistics, group.statistics.values, into: &digests.running) }
        let evaluation = try EvaluationPass(
            graphs: network.graphs, parameters: parameters, samples: description.batch, kernels: kernels, pool: pool)
        randomBatch.fill(evaluation.input, named: "input.eval")
        evaluation.run()
        for output in evaluation.outputs {
            let name = "output." + output.name
            let view = output.value
            digests.output[name] = TensorDigest(
                name: name, shape: [view.samples, view.channels, view.height, view.width],
                values: channelsFirst(view))
        }
        return digests
    }

    // MARK: Values that are functions of names

    private static func initialValue(_ parameter: Graph.Parameter) -> [Float] {
        let stream = RandomStream(parameter.name)
        let (offset, scale): (Double, Double) =
            switch (parameter.start, parameter.kind) {
            case (.rowLengths, _): (1, 0.1)
            case (_, .filter), (_, .modulator), (_, .shortcut):
                (0, (3 / Double(parameter.shape.dropFirst().reduce(1, *))).squareRoot())
            case (_, .bias): (0, 0.01)
            case (.ones, .norm): (1, parameter.role == .statistic ? 0.2 : 0.1)
            case (_, .norm): (0, 0.1)
            }
        return (0..<parameter.count).map { Float(offset + scale * Double(stream.signed(UInt64($0)))) }
    }

    private func fill(_ step: TrainingStep, _ index: Int) {
        randomBatch.fill(step.input, named: "input.\(index)")
        for head in network.heads { randomBatch.fill(step.labels(of: head.name), of: head, step: index) }
    }

    private var randomBatch: RandomBatch {
        RandomBatch(samples: description.batch, height: description.imageHeight, width: description.imageWidth)
    }

    // MARK: Digests

    private func digest(_ storage: ParameterStorage, _ memory: AlignedMemory, into group: inout [String: TensorDigest])
    {
        for entry in storage.layout.entries {
            let parameter = entry.parameter
            group[parameter.name] = TensorDigest(
                name: parameter.name, shape: parameter.shape, values: storage.read(entry, from: memory).map(Double.init)
            )
        }
    }

    private func digestUpdate(
        _ parameters: NetworkParameters, _ initial: [[[Float]]], into group: inout [String: TensorDigest]
    ) {
        for (own, before) in zip(parameters.groups, initial) {
            for (entry, old) in zip(own.trained.layout.entries, before) {
                let new = own.trained.read(entry, from: own.trained.values)
                group[entry.parameter.name] = TensorDigest(
                    name: entry.parameter.name, shape: entry.parameter.shape,
                    values: zip(new, old).map { Double($0) - Double($1) })
            }
        }
    }

    private func channelsFirst(_ view: TensorView) -> [Double] {
        var values: [Double] = []
        values.reserveCapacity(view.samples * view.channels * view.height * view.width)
        for sample in 0..<view.samples {
            for channel in 0..<view.channels {
                for pixel in 0..<view.height * view.width {
                    values.append(
                        Double(view.data[sample * view.sampleStride + pixel * view.pixelStride + channel]))
                }
            }
        }
        return values
    }
}
