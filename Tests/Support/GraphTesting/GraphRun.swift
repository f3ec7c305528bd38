import ConvolutionEngine
import Graph
import TensorCore

/// A graph planned and bound, with parameters, images and gradients of the outputs that are functions of their names.
package final class GraphRun {
    package let graph: Graph
    package let samples: Int
    package let plan: ProgramPlan
    package let program: Program
    package let bank: ParameterStorage
    package let trained: ParameterStorage
    package let statistics: ParameterStorage
    package let input: UnsafeMutablePointer<Float>
    /// The outputs' values, samples × height × width × channels, as they were before the backward pass took their
    /// memory.
    package private(set) var outputs: [String: [Float]] = [:]
    private let isTraining: Bool
    private let inputMemory: AlignedMemory
    private let pool: ThreadPool

    package init(
        _ graph: Graph, samples: Int, isTraining: Bool, kernels: Kernels = Kernels(.best), threads: Int = 2
    ) throws {
        self.graph = graph
        self.samples = samples
        self.isTraining = isTraining
        pool = ThreadPool(threads: threads)
        func storage(_ role: Graph.Parameter.Role, trained: Bool = false) -> ParameterStorage {
            ParameterStorage(graph.parameters.filter { $0.role == role }, trained: trained)
        }
        bank = storage(.frozen)
        trained = storage(.trained, trained: true)
        statistics = storage(.statistic)
        for own in [bank, trained, statistics] {
            for entry in own.layout.entries {
                own.write(Self.initialValue(entry.parameter), to: entry, in: own.values)
            }
        }
        let prepared = PreparedBank(storage: bank, kernels: kernels, pool: pool)
        plan =
            isTraining
            ? try ProgramPlan(
                training: graph, samples: samples, tree: ReductionTree(samples: samples), kernels: kernels,
                threads: threads, bank: prepared, trained: trained, statistics: statistics)
            : ProgramPlan(
                evaluating: graph, samples: samples, kernels: kernels, threads: threads, bank: prepared,
                trained: trained, statistics: statistics)
        let count = samples * graph.shapes[0].count
        inputMemory = AlignedMemory(byteCount: count * MemoryLayout<Float>.stride)
        input = inputMemory.floats()
        let stream = RandomStream("image")
        for index in 0..<count { input[index] = 1.5 * stream.signed(UInt64(index)) }
        program = plan.bind(arena: AlignedMemory(byteCount: plan.arenaByteCount), inputs: [input])
    }

    private static func initialValue(_ parameter: Graph.Parameter) -> [Float] {
        let stream = RandomStream(parameter.name)
        let (offset, scale): (Float, Float)
        if parameter.shape.count == 4, parameter.shape[1] > 1 || parameter.role == .frozen {
            (offset, scale) = (0, (3 / Float(parameter.shape.dropFirst().reduce(1, *))).squareRoot())
        } else {
            (offset, scale) = (parameter.name.hasSuffix("bias") || parameter.name.hasSuffix("mean") ? 0 : 1, 0.2)
        }
        return (0..<parameter.count).map { offset + scale * stream.signed(UInt64($0)) }
    }

    /// Forward and, in training, backward from gradients of the outputs that are named after them; 0 of those that
    /// are not asked for.
    package func run(gradientOf isAsked: (String) -> Bool = { _ in true }) {
        program.runForward(on: pool)
        outputs = readOutputs()
        guard isTraining else { return }
        for output in program.outputs {
            let values = cotangent(output)
            write(isAsked(output.name) ? values : values.map { _ in 0 }, to: output.gradient!)
        }
        program.runBackward(on: pool)
    }

    /// The gradient given to an output: values in [-1, 1).
    private func cotangent(_ output: Program.Output) -> [Float] {
        let stream = RandomStream("gradient of " + output.name)
        let view = output.value
        return (0..<view.samples * view.height * view.width * view.channels).map { stream.signed(UInt64($0)) }
    }

    private func write(_ values: [Float], to view: TensorView) {
        for (index, value) in values.enumerated() {
            view.data[index / view.channels * view.pixelStride + index % view.channels] = value
        }
    }

    private func readOutputs() -> [String: [Float]] {
        Dictionary(
            uniqueKeysWithValues: program.outputs.map { output in
                let view = output.value
                return (
                    output.name,
                    (0..<view.samples * view.height * view.width * view.channels).map {
                        view.data[$0 / view.channels * view.pixelStride + $0 % view.channels]
                    }
                )
            })
    }

    /// The gradients of all trained parameters, in the order of files.
    package var gradients: [String: [Float]] { read(trained, trained.gradient!) }

    package var runningStatistics: [String: [Float]] { read(statistics, statistics.values) }

    private func read(_ storage: ParameterStorage, _ memory: AlignedMemory) -> [String: [Float]] {
        Dictionary(
            uniqueKeysWithValues: storage.layout.entries.map { ($0.parameter.name, storage.read($0, from: memory)) })
    }

    /// The same graph with the values that this run holds now, in double precision.
    package func interpreter() -> GraphInterpreter {
        var parameters: [String: [Double]] = [:]
        for storage in [bank, trained, statistics] {
            for (name, values) in read(storage, storage.values) { parameters[name] = values.map(Double.init) }
        }
        return GraphInterpreter(
            graph, samples: samples, isTraining: isTraining, parameters: parameters,
            input: (0..<samples * graph.shapes[0].count).map { Double(input[$0]) })
    }

    /// The names of the trained tensors whose gradient strays from the interpreter's differences along a random
    /// direction by more than `tolerance`, in proportion to the length of the gradient, or to a thousandth of the
    /// longest (a filter before batch normalization has gradients that cancel to nearly nothing).
    ///
    /// Along a random direction of length 1 a gradient's component is some 1/√n of its length, 0.01 and more here, so
    /// one wrong element in a hundred is seen. Float32 strays by some 10⁻⁶ per operation that a gradient passes.
    package func strayingGradients(_ interpreter: GraphInterpreter, tolerance: Double) -> [String] {
        let own = gradients
        let cotangents = Dictionary(
            uniqueKeysWithValues: program.outputs.map { ($0.name, cotangent($0).map(Double.init)) })
        func length(_ values: [Float]) -> Double {
            values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        let longest = own.values.map(length).max() ?? 0
        var straying: [String] = []
        for (name, gradient) in own.sorted(by: { $0.key < $1.key }) {
            let stream = RandomStream("direction of " + name)
            var direction = (0..<gradient.count).map { Double(stream.signed(UInt64($0))) }
            let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
            direction = direction.map { $0 / norm }
            let expected = interpreter.derivative(of: name, along: direction, cotangents: cotangents)
            let actual = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * $1.1 }
            let allowed = tolerance * max(length(gradient), 1e-3 * longest)
            if !(abs(actual - expected) <= allowed) {
                straying.append("\(name): \(actual) instead of \(expected), allowed \(allowed)")
            }
        }
        return straying
    }
}
