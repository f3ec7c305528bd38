import CConvolution
import TensorCore
import Testing

@Suite(.ownMemory) struct PassesOptimizerTests {
    private static let optimizers = ["sgd", "adamw"]

    /// Pieces of lengths that do not divide by the lanes, with gaps that nothing may write to.
    private func pieces() -> (memory: Memory<mdl_piece>, count: Int, values: Int) {
        var (pieces, first): ([mdl_piece], Int) = ([], 3)
        for (place, count) in [1, 15, 16, 17, 100, Int(mdl_piece_length)].enumerated() {
            pieces.append(mdl_piece(first: first, count: Int32(count), group: Int32(place % 2)))
            first += count + place % 3
        }
        return (Memory(pieces.count) { pieces[$0] }, pieces.count, first + 16)
    }

    @Test("an optimizer's step has the bits of its reference", arguments: optimizers, [Float(1), 0.37])
    func step(name: String, scale: Float) {
        #expect(Int(mdl_optimizer_count) == Self.optimizers.count)
        let (pieces, items, count) = pieces()
        let gradient = Memory.random("gradient", count)
        let scale = Memory<Float>(1) { _ in scale }
        // The second group's are those of Nesterov's rule, and of a mean that keeps less than half.
        let coefficients = Memory<Float>(2 * Int(mdl_optimizer_coefficients)) {
            [0.9, 0.1, 0.95, 0, 1.5, 1e-3, 0.01, 0, 0.5, 0.6, 0.8, 1, 1.2, 1e-8, 0.02, 0][$0]
        }
        expectBitsOfReference(name) { passes in
            let value = Memory.random("value", count)
            // Second moments are not negative.
            let states = (0..<2).map { state in Memory<Float>(count) { Float(($0 * 7 + state) % 11) / 16 } }
            let kernel = withUnsafePointer(to: passes) { mdl_optimizer_named($0, name)! }
            run(
                kernel,
                mdl_optimizer_step(
                    value: value.pointer, gradient: gradient.pointer,
                    states: (states[0].pointer, states[1].pointer, nil, nil), pieces: pieces.pointer,
                    coefficients: coefficients.pointer, scale: scale.pointer),
                items: items)
            return [value.bytes] + states.map(\.bytes)
        }
    }

    @Test("sums of squares and averages have the bits of their references", arguments: [Float(0.001), 0.7, 1])
    func sumsAndAverages(weight: Float) {
        let (pieces, items, count) = pieces()
        let value = Memory.random("value", count)
        let weight = Memory<Float>(1) { _ in weight }
        expectBitsOfReference("weight \(weight.values[0])") { passes in
            let sums = Memory<Double>(items + 1) { _ in 3 }
            let average = Memory.random("average", count)
            run(
                passes.square_sums,
                mdl_square_sums(gradient: value.pointer, pieces: pieces.pointer, sums: sums.pointer),
                items: items)
            run(
                passes.average,
                mdl_average_step(
                    average: average.pointer, value: value.pointer, pieces: pieces.pointer, weight: weight.pointer),
                items: items)
            return [sums.bytes, average.bytes]
        }
    }

    @Test("SGD adds decay to the gradient and keeps momentum, and Nesterov's rule looks ahead")
    func sgd() {
        func steps(isNesterov: Bool) -> [Float] {
            let value = Memory<Float>(1) { _ in 1 }
            let velocity = Memory<Float>(1) { _ in 0 }
            let gradient = Memory<Float>(1) { _ in 0.5 }
            let piece = Memory<mdl_piece>(1) { _ in mdl_piece(first: 0, count: 1, group: 0) }
            let coefficients = Memory<Float>(Int(mdl_optimizer_coefficients)) {
                [0.25, 0.5, 0.5, isNesterov ? 1 : 0, 0, 0, 0, 0][$0]
            }
            let scale = Memory<Float>(1) { _ in 1 }
            let arguments = mdl_optimizer_step(
                value: value.pointer, gradient: gradient.pointer, states: (velocity.pointer, nil, nil, nil),
                pieces: piece.pointer, coefficients: coefficients.pointer, scale: scale.pointer)
            let kernel = withUnsafePointer(to: scalar) { mdl_optimizer_named($0, "sgd")! }
            return (0..<2).flatMap { _ in
                run(kernel, arguments, items: 1)
                return [velocity.values[0], value.values[0]]
            }
        }
        #expect(steps(isNesterov: false) == [1, 0.75, 1.375, 0.40625])
        // 1 − 0.25 · (1 + 0.5 · 1); then g = 0.5 + 0.5 · 0.625, v = 0.5 + g.
        #expect(steps(isNesterov: true) == [1, 0.625, 1.3125, 0.2578125])
    }
}
