import Configuration
import ConvolutionEngine
import Datasets
import Networks
import TensorCore

extension RunConfiguration {
    /// The merged networks of a configuration with random parameters, for measurements: neither a data set nor a bank
    /// is read.
    ///
    /// - Parameter asked: names of tasks; all of the configuration where there is none.
    /// - Throws: `InferenceError` where the configuration lacks one.
    package func randomNetworks(
        tasks asked: [String], kernels: Kernels, pool: ThreadPool
    ) throws -> [MergedNetwork] {
        let known = tasks.map(\.name)
        if let stranger = asked.first(where: { !known.contains($0) }) {
            throw InferenceError(
                "the configuration has no task \(stranger); it has \(known.joined(separator: ", "))")
        }
        return try tasks.map(\.task).filter { asked.isEmpty || asked.contains($0.name) }.map { task in
            let head = TaskHead(task, channels: data.channels(of: task))
            let network = MultiTaskNetwork(model, heads: [head], height: 64, width: 64)
            let parameters = NetworkParameters(network.graphs, training: false)
            try Initialization(bank: nil, method: model.method, seed: training.seed)
                .fill(parameters)
            return MergedNetwork(
                head: head, graph: network.graphs[0], parameters: parameters.storages, kernels: kernels, pool: pool)
        }
    }
}
