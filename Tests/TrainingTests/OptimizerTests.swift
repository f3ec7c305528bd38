import Configuration
import ConvolutionEngine
import Foundation
import Graph
import TensorCore
import Testing
import Training

/// Updates from known gradients against PyTorch's in float64: as far as four times what its own float32 strays.
@Suite("Optimizers")
struct OptimizerTests {
    /// What `Scripts/optimizers.py` has written.
    struct Fixture: Decodable, Sendable {
        struct Tensor: Decodable, Sendable {
            let name, part, kind: String
            let count: Int
        }

        struct Case: Decodable, Sendable, CustomTestStringConvertible {
            let name, training: String
            let expected: [String: [Double]]
            let float32: [String: Double]

            var testDescription: String { name }
        }

        let steps: Int
        let tensors: [Tensor]
        let cases: [Case]

        static let all: Fixture = {
            let file = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/optimizers.json")
            do { return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file)) } catch {
                preconditionFailure("\(file.path): \(error)")
            }
        }()
    }

    /// Trained values with their gradients, which are functions of names.
    private final class Values {
        let storage: ParameterStorage
        let state: OptimizerState
        private let update: ParameterUpdate
        private let settings: TrainingSettings
        private let pool: ThreadPool

        init(_ parameters: [Graph.Parameter], _ settings: TrainingSettings, _ kernels: Kernels, threads: Int) {
            storage = ParameterStorage(parameters, trained: true)
            state = OptimizerState(settings, for: storage)
            update = ParameterUpdate(storage, state: state, settings: settings, kernels: kernels)
            self.settings = settings
            pool = ThreadPool(threads: threads)
            for entry in storage.layout.entries {
                let stream = RandomStream("value." + entry.parameter.name)
                storage.write(
                    (0..<entry.parameter.count).map { stream.signed(UInt64($0)) }, to: entry, in: storage.values)
            }
        }

        func run(_ steps: Int) {
            for step in 0..<steps {
                for entry in storage.layout.entries {
                    let stream = RandomStream("gradient.\(entry.parameter.name).\(step)")
                    let size = Float(sign: .plus, exponent: step % 4 - 2, significand: 1)
                    storage.write(
                        (0..<entry.parameter.count).map { stream.signed(UInt64($0)) * size }, to: entry,
                        in: storage.gradient!)
                }
                update.run(rate: settings.learningRate(at: step), update: step + 1, on: pool)
            }
        }

        /// The values and states by name, tensor after tensor.
        var results: [String: [Float]] {
            var results = ["value": read(storage.values)]
            for (name, memory) in state.memories { results[name] = read(memory) }
            return results
        }

        private func read(_ memory: AlignedMemory) -> [Float] {
            storage.layout.entries.flatMap { storage.read($0, from: memory) }
        }
    }

    private static let parts: [String: Graph.Parameter.Part] = ["backbone": .backbone, "decoder": .decoder]
    private static let kinds: [String: Graph.Parameter.Kind] = [
        "filter": .filter, "modulator": .modulator, "norm": .norm, "bias": .bias,
    ]

    private static func parameters(_ scale: Int = 1) -> [Graph.Parameter] {
        Fixture.all.tensors.map { tensor in
            Graph.Parameter(
                Graph.Parameter.Module("", owner: .shared), tensor.name, shape: [tensor.count * scale], role: .trained,
                part: parts[tensor.part]!, kind: kinds[tensor.kind]!, start: .zeros)
        }
    }

    private static func settings(_ training: String) throws -> TrainingSettings {
        try RunConfiguration.parse("training: \(training)", file: "test.yaml").training
    }

    @Test("values, states and averages are PyTorch's", arguments: Fixture.all.cases)
    func pytorch(_ own: Fixture.Case) throws {
        let values = Values(Self.parameters(), try Self.settings(own.training), Kernels(.best), threads: 2)
        values.run(Fixture.all.steps)
        let results = values.results
        for (name, expected) in own.expected {
            let found = try #require(results[name], "\(name)")
            let worst = zip(found, expected).map { abs(Double($0) - $1) }.max()!
            let allowed = 4 * own.float32[name]!
            #expect(found.count == expected.count && worst <= allowed, "\(name): \(worst), allowed \(allowed)")
        }
    }

    @Test("every optimizer has the same bits on any number of threads and with any instruction set")
    func bits() throws {
        for type in OptimizerSettings.all {
            let settings = try Self.settings(
                "{optimizer: \(type.name), clip_norm: 3.5, average: ema, warmup: 2, factors: {norms: {weight_decay: 0}}}"
            )
            func results(_ set: InstructionSet, threads: Int) -> [String: [UInt32]] {
                // Tensors of several pieces, the last of which ends within 16 lanes.
                let values = Values(Self.parameters(1000), settings, Kernels(set), threads: threads)
                values.run(3)
                return values.results.mapValues { $0.map(\.bitPattern) }
            }
            let scalar = results(.scalar, threads: 1)
            for set in InstructionSet.allCases.filter(\.isAvailable) {
                for threads in 1...3 {
                    #expect(results(set, threads: threads) == scalar, "\(type.name), \(set), \(threads) threads")
                }
            }
        }
    }

    @Test("a learning rate of no part leaves its values, and the others' go on")
    func aPartThatStays() throws {
        for type in OptimizerSettings.all {
            let settings = try Self.settings(
                "{optimizer: \(type.name), factors: {modulators: {learning_rate: 0}}, learning_rate: 0.1}")
            let values = Values(Self.parameters(), settings, Kernels(.best), threads: 1)
            func read(_ name: String) -> [Float] {
                values.storage.read(values.storage.layout.entry(name)!, from: values.storage.values)
            }
            let before = (read("modulator"), read("filter"))
            values.run(2)
            #expect(read("modulator") == before.0 && read("filter") != before.1, "\(type.name)")
        }
    }
}
