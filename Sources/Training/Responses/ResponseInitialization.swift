import Checkpoints
import Collectives
import Configuration
import ConvolutionEngine
import Networks
import TensorCore

/// Response initialization (section 3.3): the bank's filters become the principal components of what they respond, and
/// every modulator starts as the way back.
///
/// With W a convolution of the pretrained net, r = W ∗ x its response, m the mean of r and U the principal axes of its
/// covariance as columns, largest variance first: Ws ← UᵀW and Wt ← U. The responses of Ws are uncorrelated, and
/// Wt(Ws ∗ x) = UUᵀr. With all axes UUᵀ = I, and the network computes what the pretrained one did.
///
/// With the first K axes alone, the best approximation of r is m + UUᵀ(r − m) = UUᵀr + b, b = (I − UUᵀ)m. The batch norm
/// that follows computes γ(y + b − μ)/σ + β = γ(y − (μ − b))/σ + β of y = UUᵀr, so its running mean μ becomes μ − b, and
/// what the layer makes of its mean response stays, as far as the layers before it are whole: m is taken of the pretrained
/// net, of which nothing was left out yet. (The official code adds b, which is wrong unless it is 0.) With all axes b is 0
/// and nothing is changed.
package struct ResponseInitialization {
    /// How many components of each convolution are kept.
    package enum Truncation: Sendable, Equatable {
        case none
        /// So many, or all there are.
        case components(Int)
        /// The fewest that hold this share of the responses' variance.
        case energy(Double)
    }

    private let bank: any TensorFile
    private let data: ResponseData
    private let truncation: Truncation
    private let network: ResponseNetwork

    /// - Parameter pretrained: a net without modulators and tasks.
    /// - Throws: `UsageError` where it has some.
    package init(_ pretrained: PretrainedNetwork, data: ResponseData, truncation: Truncation = .none) throws {
        let bank = pretrained.bankTensors
        guard pretrained.tasks.isEmpty else {
            throw UsageError(
                "\(bank.path): the file has whole tasks, whose modulators belong to its filters as they are; leave "
                    + "--responses out, or name a pretrained net without tasks")
        }
        var model = pretrained.settings
        model.method = .conv
        network = ResponseNetwork(model, height: data.crop.height, width: data.crop.width)
        if let layer = network.layers.first(where: { bank.tensor($0.modulator) != nil }) {
            throw UsageError(
                "\(bank.path): the bank has modulators already (\(layer.modulator)); name one that was pretrained with "
                    + "model.method conv and not yet initialized with responses")
        }
        self.bank = bank
        self.data = data
        self.truncation = truncation
    }

    /// - Returns: the bank on the first rank, which is the one to write it; nil on others.
    /// - Throws: `InvalidFileError` where a tensor is missing; `SampleError` where an image cannot be read;
    ///   `ResponseError`; `UsageError` where LAPACK is missing; `AgreementError`.
    package func run(
        kernels: Kernels, pool: ThreadPool, team: RankTeam = RankTeam(), observe: (Int, Int) -> Void = { _, _ in }
    ) throws -> InitializedBank? {
        try team.agree(
            on: [
                AgreementItem("filter bank", try SHA256.hexadecimal(ofFile: bank.path)),
                AgreementItem("images", "\(data.count) of \(data.source.count), \(data.crop), seed \(data.seed)"),
            ] + kernels.agreement)
        let parameters = NetworkParameters([network.graph], training: false)
        for storage in parameters.storages {
            try NetworkParameters.read(storage, into: storage.values, from: bank)
        }
        let statistics = try ResponseStatistics.gather(
            network, parameters: parameters, data: data, kernels: kernels, pool: pool, team: team, observe: observe)
        return try team.first { try initialized(statistics!) }
    }

    private func initialized(_ statistics: ResponseStatistics) throws -> InitializedBank {
        var filters: [String: [TensorEntry]] = [:]
        var runningMeans: [String: TensorEntry] = [:]
        var layers: [InitializedBank.Layer] = []
        for (layer, statistics) in zip(network.layers, statistics.layers) {
            let geometry = layer.geometry
            let outputs = geometry.outputChannels
            let components = try PrincipalComponents(
                covariance: statistics.covariance, count: outputs, of: layer.filter)
            let kept =
                switch truncation {
                case .none: outputs
                case .components(let count): min(count, outputs)
                case .energy(let share): components.count(holding: share)
                }
            let shape = [geometry.inputChannels, geometry.kernelSize, geometry.kernelSize]
            let weights = try bank.floats(layer.filter, shape: [outputs] + shape)
            filters[layer.filter] = [
                TensorEntry(
                    layer.filter, shape: [kept] + shape, values: components.projected(weights, onto: kept)),
                TensorEntry(layer.modulator, shape: [outputs, kept, 1, 1], values: components.matrix(of: kept)),
            ]
            if kept < outputs {
                let mean = try bank.floats(layer.runningMean, shape: [outputs])
                let residual = components.residual(of: statistics.mean, beyond: kept)
                runningMeans[layer.runningMean] = TensorEntry(
                    layer.runningMean, shape: [outputs], values: zip(mean, residual).map { Float(Double($0) - $1) })
            }
            layers.append(
                InitializedBank.Layer(
                    name: layer.name, geometry: geometry, components: kept,
                    varianceShare: components.share(heldBy: kept)))
        }
        let tensors = try bank.tensors.flatMap { stored in
            if let own = filters[stored.name] { return own }
            if let own = runningMeans[stored.name] { return [own] }
            let values = try bank.floats(stored.name, shape: stored.shape)
            return [TensorEntry(stored.name, shape: stored.shape, values: values)]
        }
        let own = ["method": ModelSettings.Method.rcm.rawValue, "response_images": String(data.count)]
        return InitializedBank(
            tensors: tensors, metadata: bank.metadata.merging(own) { $1 }, layers: layers, imageCount: data.count)
    }
}

extension PrincipalComponents {
    /// The first `kept` components of filters [output][input × tap]: each a sum over outputs, in their order, in double.
    func projected(_ filters: [Float], onto kept: Int) -> [Float] {
        let length = filters.count / count
        var projected: [Float] = []
        projected.reserveCapacity(kept * length)
        var row = [Double](repeating: 0, count: length)
        for axis in 0..<kept {
            row.withUnsafeMutableBufferPointer { row in
                row.update(repeating: 0)
                filters.withUnsafeBufferPointer { filters in
                    for output in 0..<count {
                        let weight = axes[axis * count + output]
                        let filter = filters.baseAddress! + output * length
                        for index in 0..<length { row[index] += weight * Double(filter[index]) }
                    }
                }
            }
            projected += row.map { Float($0) }
        }
        return projected
    }

    /// U: [output][axis], of the first `kept` axes.
    func matrix(of kept: Int) -> [Float] {
        (0..<count).flatMap { output in (0..<kept).map { Float(axes[$0 * count + output]) } }
    }

    /// (I − UUᵀ) of a vector: what the first `kept` axes do not reach.
    func residual(of vector: [Double], beyond kept: Int) -> [Double] {
        var residual = vector
        for axis in 0..<kept {
            let own = axes[axis * count..<(axis + 1) * count]
            let length = zip(own, vector).reduce(0) { $0 + $1.0 * $1.1 }
            for (index, coordinate) in own.enumerated() { residual[index] -= length * coordinate }
        }
        return residual
    }
}
