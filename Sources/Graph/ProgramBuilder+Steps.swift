import CThreadPool
import ConvolutionEngine

/// Steps as they are planned, before addresses are known.
extension ProgramBuilder {
    /// When steps are run: before the losses, after them, or once gradients are summed over all samples.
    enum Stage {
        case forward, backward, finish
    }

    /// A class, because the closures that write steps hold copies of the builder, each with its list of steps.
    final class PlannedStep {
        let work: Program.Work
        let emit: (Emission) -> [mdl_step]
        /// What ranks have to do after the steps.
        let pause: ((Emission) -> ProgramPart.Pause)?
        /// What the last of the steps writes, where that is a convolution.
        let written: WrittenTensor?
        /// What the first of the steps passes over, where the steps before have just written it.
        let passedOver: PlacedTensor?

        init(
            work: Program.Work, emit: @escaping (Emission) -> [mdl_step], pause: ((Emission) -> ProgramPart.Pause)?,
            written: WrittenTensor?, passedOver: PlacedTensor?
        ) {
            self.work = work
            self.emit = emit
            self.pause = pause
            self.written = written
            self.passedOver = passedOver
        }
    }

    /// A tensor with its shape.
    struct PlacedTensor: Equatable {
        let place: Placement
        let shape: Graph.Shape
    }

    /// What a convolution writes.
    struct WrittenTensor {
        let tensor: PlacedTensor
        let cut: ConvolutionCut
    }

    /// Plans steps that use `buffers`; `emit` writes them once addresses are known.
    ///
    /// - Parameters:
    ///   - pass: what the steps compute of the node; by default what their place says.
    ///   - pause: what ranks have to do after the steps.
    ///   - writing: what the last of the steps writes, where that is a convolution.
    ///   - tensor: what the first of the steps passes over, a chunk of rows in each item. Where the convolution before has
    ///     written it, the two become one loop that takes the rows while they are in cache; its time is told as the
    ///     convolution's.
    mutating func plan(
        _ buffers: [MemoryPlan.Buffer?], as pass: Program.Pass? = nil,
        pause: ((Emission) -> ProgramPart.Pause)? = nil, writing: WrittenTensor? = nil,
        passingOver tensor: PlacedTensor? = nil, _ emit: @escaping (Emission) -> [mdl_step]
    ) {
        let before = planned.last
        let follows = tensor != nil && before?.pause == nil && before?.written?.tensor == tensor
        for case let buffer? in buffers {
            memory.use(buffer, at: steps)
            if follows { memory.use(buffer, at: steps - 1) }
        }
        planned.append(
            PlannedStep(
                work: Program.Work(node: node, pass: pass ?? (stage == .forward ? .forward : .backwardToData)),
                emit: emit, pause: pause, written: writing, passedOver: follows ? tensor : nil))
        steps += 1
    }

    /// The steps of the present stage.
    private var planned: [PlannedStep] {
        get {
            switch stage {
            case .forward: forward
            case .backward: backward
            case .finish: finish
            }
        }
        set {
            switch stage {
            case .forward: forward = newValue
            case .backward: backward = newValue
            case .finish: finish = newValue
            }
        }
    }

    /// Writes planned steps.
    func part(_ planned: [PlannedStep], _ emission: Emission) -> ProgramPart {
        var steps: [mdl_step] = []
        var pauses: [(step: Int, pause: ProgramPart.Pause)] = []
        var written: WrittenTensor?
        for step in planned {
            var own = step.emit(emission)
            for place in own.indices { own[place].tag = step.work.tag }
            if let tensor = step.passedOver, let written,
                let chain = chain(steps.last!, written, with: own[0], over: tensor, emission)
            {
                steps[steps.count - 1] = chain
                own.removeFirst()
            }
            steps += own
            written = step.written
            if let pause = step.pause { pauses.append((steps.count, pause(emission))) }
        }
        return ProgramPart(steps, pauses: pauses, in: emission.arguments)
    }

    /// A convolution and a pass over what it writes as one step, if that can be.
    private func chain(
        _ step: mdl_step, _ written: WrittenTensor, with pass: mdl_step, over tensor: PlacedTensor,
        _ emission: Emission
    ) -> mdl_step? {
        let output = view(tensor.place, tensor.shape, emission)
        var chain = written.cut.chain(
            step, writing: output, with: RowPass(pass, over: output), in: emission.arguments)
        chain?.tag = step.tag
        return chain
    }
}
