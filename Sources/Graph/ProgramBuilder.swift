import CConvolution
import CThreadPool
import ConvolutionEngine
import TensorCore

/// Lowers a graph to a program: chooses fusions, gives every tensor a buffer, and writes the steps of the forward
/// and, for training, of the backward pass.
///
/// Steps are planned first, each with the buffers that it uses; their order gives every buffer its lifetime. Only then
/// are buffers placed and the steps' arguments written with real addresses.
struct ProgramBuilder {
    /// Where an activation or its gradient lies.
    struct Placement: Equatable {
        /// nil for an input of the network, which the caller owns.
        var buffer: MemoryPlan.Buffer?
        /// Which of the inputs it is.
        var input = 0
        var channelOffset = 0
        var pixelStride: Int
    }

    /// What addresses are written from, once buffers are placed.
    struct Emission {
        let arena: UnsafeMutableRawPointer
        let memory: MemoryPlan
        let inputs: [UnsafeMutablePointer<Float>]
        let convolution: ConvolutionSteps
        let fold: mdl_fold
        let normalizationFold: mdl_fold

        var arguments: ArgumentStore { convolution.arguments }
        var kernels: Kernels { convolution.kernels }

        func raw(_ buffer: MemoryPlan.Buffer) -> UnsafeMutableRawPointer { arena + memory.offset(of: buffer) }
        func floats(_ buffer: MemoryPlan.Buffer) -> UnsafeMutablePointer<Float> {
            raw(buffer).assumingMemoryBound(to: Float.self)
        }
        func doubles(_ buffer: MemoryPlan.Buffer) -> UnsafeMutablePointer<Double> {
            raw(buffer).assumingMemoryBound(to: Double.self)
        }
        func step<Arguments: BitwiseCopyable>(_ kernel: mdl_kernel!, _ arguments: Arguments, items: Int) -> mdl_step {
            mdl_step(
                kernel: kernel, arguments: UnsafeRawPointer(self.arguments.keep(arguments)), items: Int32(items), tag: 0
            )
        }
    }

    let graph: Graph
    let samples: Int
    let tree: ReductionTree?
    /// The samples whose statistics batch normalization takes.
    let normalizationTree: ReductionTree?
    let kernels: Kernels
    let threads: Int
    let bank: PreparedBank
    let trained: ParameterStorage
    let statistics: ParameterStorage
    /// Where the backward pass leaves the gradients of this rank's subtrees; nil in an evaluation.
    let gradients: AlignedMemory?

    var memory = MemoryPlan()
    /// The memory of the last stage: when gradients are finished, the passes of another graph may be under way in theirs.
    private var finishMemory = MemoryPlan()
    /// Small values that outlast the pass: other graphs run in the same arena before the gradients are finished.
    let kept = ArgumentStore()
    var forward: [PlannedStep] = []
    var backward: [PlannedStep] = []
    var finish: [PlannedStep] = []
    var stage = Stage.forward
    var steps = 0
    /// The node whose steps are being planned.
    var node = 0
    var placements: [Graph.Value: Placement] = [:]
    var valueGradients: [Graph.Value: Placement] = [:]
    /// How values that are cheap to compute are computed again for the backward pass, so that they need not be kept.
    var replays: [Graph.Value: (inout ProgramBuilder) -> Placement] = [:]
    /// Backward lowering of the nodes lowered so far, with the node; run in reverse.
    private var backwardWork: [(node: Int, lower: (inout ProgramBuilder) -> Void)] = []
    private var finishWork: [(node: Int, lower: (inout ProgramBuilder) -> Void)] = []
    private(set) var consumers: [Graph.Value: [Int]] = [:]
    private let learningValues: Set<Graph.Value>
    let storage: [ParameterStorage]

    /// - Parameters:
    ///   - tree: the samples' tree for training; nil plans an evaluation.
    ///   - normalization: of the samples whose statistics are taken; with `tree`.
    ///   - gradients: where the backward pass leaves those of this rank's subtrees.
    init(
        graph: Graph, samples: Int, tree: ReductionTree?, normalization: ReductionTree?, kernels: Kernels,
        threads: Int, bank: PreparedBank, trained: ParameterStorage, statistics: ParameterStorage,
        gradients: AlignedMemory?
    ) {
        self.graph = graph
        self.samples = samples
        self.tree = tree
        normalizationTree = normalization
        self.gradients = gradients
        self.kernels = kernels
        self.threads = threads
        self.bank = bank
        self.trained = trained
        self.statistics = statistics
        storage = [trained, statistics, bank.storage]
        learningValues = graph.learningValues
        var learned: Set<Graph.ParameterID> = []
        for (index, node) in graph.nodes.enumerated() {
            for input in node.inputs { consumers[input, default: []].append(index) }
            for parameter in graph.parameters(of: node)
            where tree != nil && graph.parameter(parameter).role == .trained {
                precondition(
                    learned.insert(parameter).inserted,
                    "\(graph.parameter(parameter).name) is trained at two places, whose gradients nobody adds up")
            }
        }
        // An output is consumed by the loss, so nothing may be fused past it.
        for output in graph.outputs { consumers[output.value, default: []].append(graph.nodes.count) }
    }

    var isTraining: Bool { tree != nil }

    // MARK: Buffers

    mutating func buffer<Element>(of type: Element.Type, count: Int) -> MemoryPlan.Buffer {
        memory.add(byteCount: count * MemoryLayout<Element>.stride)
    }

    func shape(_ value: Graph.Value) -> Graph.Shape { graph.shape(of: value) }

    func needsGradient(_ value: Graph.Value) -> Bool { isTraining && learningValues.contains(value) }

    /// Adds what the backward pass must do with the gradient of `output`, if anything learns from it.
    mutating func inBackward(of output: Graph.Value, _ lower: @escaping (inout ProgramBuilder) -> Void) {
        if needsGradient(output) { backwardWork.append((node, lower)) }
    }

    /// Adds what must be done with the gradients once they are summed over all samples.
    mutating func inFinish(_ lower: @escaping (inout ProgramBuilder) -> Void) {
        finishWork.append((node, lower))
    }

    // MARK: The walk

    /// Lets inputs of concatenations be made in their slices. The last concatenation comes first, because an earlier one
    /// may lie in a slice of it.
    private mutating func placeSlices() {
        for node in graph.nodes.reversed() where node.operation == .concatenate {
            let whole = placement(node.output)
            var channel = whole.channelOffset
            for input in node.inputs {
                if mayShare(input) {
                    placements[input] = Placement(
                        buffer: whole.buffer, channelOffset: channel, pixelStride: whole.pixelStride)
                }
                channel += shape(input).channels
            }
        }
    }

    /// Whether the concatenation that uses `value` is its only use, so that it can be made in place.
    func mayShare(_ value: Graph.Value) -> Bool {
        consumers[value]?.count == 1 && graph.nodes.contains { $0.output == value && $0.operation != .input }
    }

    /// Lowers the graph and places the buffers: those of the passes, and those that finishing the gradients takes.
    mutating func lower() -> (
        memory: MemoryPlan, finishMemory: MemoryPlan, emit: (Emission, _ finishing: Emission) -> Program.Steps
    ) {
        placeSlices()
        var done: Set<Int> = []
        for index in graph.nodes.indices where !done.contains(index) {
            node = index
            done.formUnion(lowerNode(index))
        }
        if isTraining {
            var lossBuffers: [MemoryPlan.Buffer?] = []
            for output in graph.outputs {
                let place = placement(output.value)
                // What only the loss reads gives its memory to the gradient.
                if consumers[output.value]?.count == 1, place.buffer != nil { shareGradient(output.value, place) }
                lossBuffers.append(place.buffer)
                lossBuffers.append(gradientTarget(output.value).placement.buffer)
            }
            plan(lossBuffers) { _ in [] }
            stage = .backward
            for work in backwardWork.reversed() {
                node = work.node
                work.lower(&self)
            }
            stage = .finish
            swap(&memory, &finishMemory)
            for work in finishWork {
                node = work.node
                work.lower(&self)
            }
            swap(&memory, &finishMemory)
        } else {
            plan(graph.outputs.map { placements[$0.value]!.buffer }) { _ in [] }
        }
        memory.place()
        finishMemory.place()
        let (forward, backward, finish) = (forward, backward, finish)
        let outputs = graph.outputs.map { ($0, placements[$0.value]!, valueGradients[$0.value]) }
        let builder = self
        return (
            memory, finishMemory,
            { emission, finishing in
                return Program.Steps(
                    forward: builder.part(forward, emission), backward: builder.part(backward, emission),
                    finish: builder.part(finish, finishing),
                    outputs: outputs.map { output, placement, gradient in
                        Program.Output(
                            name: output.name,
                            value: builder.view(placement, builder.shape(output.value), emission),
                            gradient: gradient.map { builder.view($0, builder.shape(output.value), emission) })
                    })
            }
        )
    }

    /// Lowers one node, with those that are fused into it; returns the places of all of them.
    private mutating func lowerNode(_ index: Int) -> [Int] {
        let node = graph.nodes[index]
        switch node.operation {
        case .input:
            placements[node.output] = Placement(
                buffer: nil, input: graph.nodes[..<index].count { $0.operation == .input },
                pixelStride: shape(node.output).channels)
        case .convolution(let geometry, let filter, let bias):
            if let fused = lowerProduct(index) { return fused }
            lowerConvolution(node, geometry, filter, bias)
        case .batchNormalization(let parameters):
            return lowerNormalization(index, parameters)
        case .relu, .add:
            return lowerAddition(index)
        case .maxPool(let size, let stride, let padding):
            lowerMaxPool(node, size: size, stride: stride, padding: padding)
        case .globalAveragePool: lowerGlobalAveragePool(node)
        case .resize:
            let (from, to) = (shape(node.inputs[0]), shape(node.output))
            lowerResize(
                node, vertical: ResizeAxis(inputs: from.height, outputs: to.height),
                horizontal: ResizeAxis(inputs: from.width, outputs: to.width))
        case .resizePart(let part):
            let (from, to) = (shape(node.inputs[0]), shape(node.output))
            lowerResize(
                node, vertical: part.rows.axis(inputs: from.height, outputs: to.height),
                horizontal: part.columns.axis(inputs: from.width, outputs: to.width))
        case .concatenate: lowerConcatenation(node)
        case .unitLength: lowerUnitLength(node)
        }
        return [index]
    }

    /// The node that uses `value` if there is just one, with its place.
    func onlyConsumer(_ value: Graph.Value) -> (index: Int, node: Graph.Node)? {
        guard let all = consumers[value], all.count == 1, all[0] < graph.nodes.count else { return nil }
        return (all[0], graph.nodes[all[0]])
    }
}
