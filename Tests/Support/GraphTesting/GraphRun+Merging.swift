import ConvolutionEngine
import Graph
import TensorCore

extension GraphRun {
    /// The graph merged with the values of this run.
    package func merged(outputs: Set<String>? = nil, kernels: Kernels = Kernels(.best)) -> MergedGraph {
        MergedGraph(
            merging: graph, outputs: outputs, parameters: [bank, trained, statistics], kernels: kernels,
            pool: ThreadPool(threads: 2))
    }

    /// What a merged graph gives for this run's images, or for the first pixels of them where it is smaller.
    package func outputs(
        of graph: Graph, parameters: ParameterStorage, kernels: Kernels = Kernels(.best), threads: Int = 2
    ) -> [String: [Float]] {
        let pool = ThreadPool(threads: threads)
        let plan = ProgramPlan(
            inferring: graph, samples: samples, kernels: kernels, threads: threads,
            bank: PreparedBank(storage: parameters, kernels: kernels, pool: pool))
        let program = plan.bind(arena: AlignedMemory(byteCount: plan.arenaByteCount), inputs: [input])
        program.runForward(on: pool)
        return Dictionary(
            uniqueKeysWithValues: program.outputs.map { output in
                let view = output.value
                let pixels = view.samples * view.height * view.width
                return (
                    output.name,
                    (0..<pixels * view.channels).map {
                        view.data[$0 / view.channels * view.pixelStride + $0 % view.channels]
                    }
                )
            })
    }
}
