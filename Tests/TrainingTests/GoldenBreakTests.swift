import Configuration
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
        let verdict = try verdict("r18-conv-parts") { run in
            run.settings.optimizer = OptimizerSettings(SGD(momentum: run.description.momentum, weightDecay: 0))
        }
        // The gradient is that of the loss alone.
        #expect(failed(verdict).isSuperset(of: ["update_first", "update"]))
        #expect(failed(verdict).isDisjoint(with: ["gradient"]))
    }

    @Test func momentumIsNeeded() throws {
        let verdict = try verdict("r18-conv-parts") { run in
            run.settings.optimizer = OptimizerSettings(SGD(momentum: 0, weightDecay: run.description.weightDecay))
        }
        #expect(failed(verdict).contains("update"))
        #expect(failed(verdict).isDisjoint(with: ["gradient", "update_first"]))
    }

    @Test func scheduleIsNeeded() throws {
        let verdict = try verdict("r18-conv-parts") { $0.settings.schedule = .constant }
        // The first step has the full rate in any case.
        #expect(failed(verdict).contains("update"))
        #expect(failed(verdict).isDisjoint(with: ["gradient", "update_first"]))
    }
}
