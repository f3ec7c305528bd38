import ConvolutionEngine
import TensorCore
import Testing
import Training

/// The golden cases hold the rules of a training step in place: a step that breaks one fails.
@Suite struct GoldenBreakTests {
    private func verdict(_ name: String, _ change: (inout GoldenRun) -> Void) throws -> Verdict {
        let golden = try GoldenFixtures.read(name)
        var run = try GoldenRun(golden.case)
        change(&run)
        return Verdict(golden, try run.run(kernels: Kernels(.best), pool: ThreadPool(threads: 2)))
    }

    private func failed(_ verdict: Verdict) -> Set<String> {
        Set(verdict.rows.filter { !$0.passes }.map(\.group))
    }

    @Test func weightDecayIsNeeded() throws {
        let verdict = try verdict("r18-conv-parts") { $0.weightDecay = 0 }
        // The gradient is that of the loss alone.
        #expect(failed(verdict).isSuperset(of: ["update_first", "update"]))
        #expect(failed(verdict).isDisjoint(with: ["gradient"]))
    }

    @Test func momentumIsNeeded() throws {
        let verdict = try verdict("r18-conv-parts") { $0.momentum = 0 }
        #expect(failed(verdict).contains("update"))
        #expect(failed(verdict).isDisjoint(with: ["gradient", "update_first"]))
    }

    @Test func scheduleIsNeeded() throws {
        let verdict = try verdict("r18-conv-parts") { $0.schedule = .constant }
        // The first step has the full rate in any case.
        #expect(failed(verdict).contains("update"))
        #expect(failed(verdict).isDisjoint(with: ["gradient", "update_first"]))
    }

    /// A step of one task that also lets weight decay, or the momentum of the past, move the others' parameters.
    @Test(arguments: [true, false])
    func otherTasksStayUntouched(byDecay: Bool) throws {
        let verdict = try verdict("r18-rcm-normals-depth-os8") { run in
            let (momentum, decay) = (Float(run.momentum), byDecay ? Float(run.weightDecay) : 0)
            let rate = Float(run.description.lr)
            run.afterUpdate = { step, updated in
                for (index, group) in step.parameters.groups.enumerated() where index != updated {
                    let (values, velocity) = (group.trained.values.floats(), group.trained.velocity!.floats())
                    for place in 0..<group.trained.layout.count {
                        velocity[place] = momentum * velocity[place] + decay * values[place]
                        values[place] -= rate * velocity[place]
                    }
                }
            }
        }
        #expect(failed(verdict).contains("update"))
    }
}
