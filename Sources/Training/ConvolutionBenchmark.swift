import Configuration
import ConvolutionEngine
import CThreadPool
import Graph
import Networks
import TensorCore

/// The convolutions of a configuration's networks, one by one: by the algorithm that a training step takes and, in
/// turns, by OpenBLAS over gathered patches. Layers that do the same are measured once.
package final class ConvolutionBenchmark {
    /// One pass over one layer.
    package struct Row: Encodable, Sendable {
        /// After the first such layer.
        package let layer: String
        /// How many such layers there are.
        package let layers: Int
        package let inputChannels: Int
        package let outputChannels: Int
        package let kernelSize: Int
        package let stride: Int
        package let dilation: Int
        /// Height and width of the output.
        package let outputSize: [Int]
        package let pass: String
        package let algorithm: String
        /// The median of the rounds, as the next.
        package let seconds: Double
        /// By direct counting, of all samples.
        package let gflopPerSecond: Double
        package let shareOfPeak: Double
        /// nil where there is no OpenBLAS.
        package let openblasSeconds: Double?
    }

    package struct Measurement: Encodable, Sendable {
        package let peakGflopPerSecond: Double
        package let threads: Int
        package let isa: String
        package let batch: Int
        package let rounds: Int
        package let rows: [Row]
    }

    private struct Layer: Hashable {
        let geometry: ConvolutionGeometry
        let height: Int
        let width: Int
    }

    private let kernels: Kernels
    /// The same instruction set with OpenBLAS, where there is one.
    private let blasKernels: Kernels?
    private let pool: ThreadPool
    private let samples: Int
    private var layers: [(layer: Layer, name: String, passes: Set<ConvolutionPass>, count: Int)] = []

    package init(_ configuration: RunConfiguration, kernels: Kernels) {
        self.kernels = kernels
        pool = configuration.parallel.threadPool()
        samples = configuration.training.batch
        let isThere = (try? MatrixProducts.openblas.load()) != nil
        blasKernels =
            isThere ? Kernels(kernels.instructionSet, choice: .direct, matrixProducts: .openblas) : nil
        let crop = configuration.data.crop
        let network = MultiTaskNetwork(
            configuration.model,
            heads: configuration.tasks.map { TaskHead($0.name, channels: configuration.data.channels(of: $0.name)) },
            height: crop.height, width: crop.width)
        for graph in network.graphs { add(graph) }
    }

    private func add(_ graph: Graph) {
        let costs = graph.cost.nodes
        for (node, flop) in zip(graph.nodes, costs) {
            guard case .convolution(let geometry, _, _) = node.operation else { continue }
            let shape = graph.shape(of: node.inputs[0])
            let layer = Layer(geometry: geometry, height: shape.height, width: shape.width)
            var passes: Set<ConvolutionPass> = [.forward]
            if flop.backwardToData > 0 { passes.insert(.backwardToData) }
            if flop.backwardToFilter > 0 { passes.insert(.backwardToFilter) }
            if let known = layers.firstIndex(where: { $0.layer == layer }) {
                layers[known].count += 1
                layers[known].passes.formUnion(passes)
            } else {
                layers.append((layer, graph.name(of: node), passes, 1))
            }
        }
    }

    /// Measures `rounds` paired rounds of every pass after one that does not count, then the machine's peak.
    ///
    /// - Parameter watch: told how many layers are done, of how many.
    package func run(rounds: Int, watch: (Int, Int) -> Void = { _, _ in }) -> Measurement {
        precondition(rounds > 0, "a benchmark needs a round")
        let peak = MeasuredPeak(kernels: kernels, pool: pool)
        var rows: [Row] = []
        for (place, entry) in layers.enumerated() {
            let own = ConvolutionTrial(
                entry.layer.geometry, samples: samples, height: entry.layer.height, width: entry.layer.width)
            for pass in ConvolutionPass.allCases where entry.passes.contains(pass) {
                let candidates = [kernels, blasKernels].compactMap { $0 }.map { own.steps(pass, $0, pool: pool) }
                var seconds: [[Double]] = candidates.map { _ in [] }
                for round in 0...rounds {
                    for (index, candidate) in candidates.enumerated() {
                        let start = ContinuousClock.now
                        pool.run(candidate.steps, count: candidate.count)
                        if round > 0 { seconds[index].append((ContinuousClock.now - start).seconds) }
                    }
                }
                let geometry = entry.layer.geometry
                let output = [geometry.outputLength(entry.layer.height), geometry.outputLength(entry.layer.width)]
                let flop = samples * geometry.flop(outputHeight: output[0], outputWidth: output[1])
                let rate = Double(flop) / seconds[0].median / 1e9
                rows.append(
                    Row(
                        layer: entry.name, layers: entry.count, inputChannels: geometry.inputChannels,
                        outputChannels: geometry.outputChannels, kernelSize: geometry.kernelSize,
                        stride: geometry.stride, dilation: geometry.dilation, outputSize: output, pass: pass.name,
                        algorithm: kernels.algorithm(
                            geometry, height: entry.layer.height, width: entry.layer.width, pass: pass
                        ).description, seconds: seconds[0].median, gflopPerSecond: rate,
                        shareOfPeak: rate / peak.gflopPerSecond,
                        openblasSeconds: seconds.count > 1 ? seconds[1].median : nil))
            }
            watch(place + 1, layers.count)
        }
        return Measurement(
            peakGflopPerSecond: peak.gflopPerSecond, threads: pool.threads, isa: kernels.instructionSet.rawValue,
            batch: samples, rounds: rounds, rows: rows)
    }
}

extension ConvolutionPass {
    /// As profiles call it.
    package var name: String {
        switch self {
        case .forward: "forward"
        case .backwardToData: "backward to data"
        case .backwardToFilter: "backward to filter"
        }
    }
}
