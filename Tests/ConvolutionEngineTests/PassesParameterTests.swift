import CConvolution
import TensorCore
import Testing

@Suite(.ownMemory) struct PassesParameterTests {
    @Test(arguments: [1, 15, 16, 100, 16384, 16385, 40000]) func descentHasTheBitsOfTheReference(_ count: Int) {
        let gradient = Memory.random("gradient", count)
        let rate = Memory<Float>(1) { _ in 0.1 }
        expectBitsOfReference("\(count) values") { passes in
            let value = Memory.random("value", count + 16)
            let velocity = Memory.random("velocity", count + 16)
            run(
                passes.descent,
                mdl_descent(
                    value: value.pointer, velocity: velocity.pointer, gradient: gradient.pointer, count: count,
                    rate: rate.pointer, momentum: 0.9, decay: 1e-4),
                items: (count + 16383) / 16384)
            return [value.bytes, velocity.bytes]
        }
    }

    @Test func descentAddsDecayToTheGradientAndKeepsMomentum() {
        let value = Memory<Float>(1) { _ in 1 }
        let velocity = Memory<Float>(1) { _ in 0 }
        let gradient = Memory<Float>(1) { _ in 0.5 }
        let rate = Memory<Float>(1) { _ in 0.25 }
        let arguments = mdl_descent(
            value: value.pointer, velocity: velocity.pointer, gradient: gradient.pointer, count: 1,
            rate: rate.pointer, momentum: 0.5, decay: 0.5)
        run(scalar.descent, arguments, items: 1)
        #expect(velocity.values == [1] && value.values == [0.75])
        run(scalar.descent, arguments, items: 1)
        #expect(velocity.values == [1.375] && value.values == [0.40625])
    }

    @Test(arguments: [1, 3, 7, 12, 16, 21, 33, 64], [1, 5, 33])
    func normalizedRowsHaveTheBitsOfTheReference(_ outputs: Int, _ inputs: Int) {
        let v = Memory.random("v", inputs * outputs)
        let gain = Memory.random("gain", outputs)
        let gradient = Memory.random("gradient", inputs * outputs)
        let items = (outputs + 15) / 16
        expectBitsOfReference("\(inputs) to \(outputs)") { passes in
            let weight = Memory.random("weight", inputs * outputs + 16)
            let length = Memory<Double>(outputs + 16) { _ in 3 }
            let gradients = (0..<2).map { Memory.random("gradient\($0)", inputs * outputs + 16) }
            run(
                passes.normalized_rows,
                mdl_normalized_rows(
                    v: v.pointer, gain: gain.pointer, inputs: Int32(inputs), outputs: Int32(outputs),
                    weight: weight.pointer, length: length.pointer),
                items: items)
            run(
                passes.normalized_rows_backward,
                mdl_normalized_rows_backward(
                    v: v.pointer, gain: gain.pointer, length: length.pointer, gradient: gradient.pointer,
                    inputs: Int32(inputs), outputs: Int32(outputs), gradient_v: gradients[0].pointer,
                    gradient_gain: gradients[1].pointer),
                items: items)
            return [weight.bytes, length.bytes] + gradients.map(\.bytes)
        }
    }

    @Test(arguments: [1, 7, 16, 37], [1, 13, 75])
    func doubleProductsHaveTheBitsOfTheReference(_ outputs: Int, _ rows: Int) {
        let inner = 19
        let left = Memory<Double>(rows * inner) { 1 / Double($0 + 3) }
        let right = Memory<Double>(inner * outputs) { Double($0 % 7) - 2.75 }
        expectBitsOfReference("\(rows) rows to \(outputs)") { passes in
            let product = Memory<Double>(rows * outputs + 16) { _ in 3 }
            run(
                passes.double_product,
                mdl_double_product(
                    left: left.pointer, right: right.pointer, rows: Int32(rows), inner: Int32(inner),
                    outputs: Int32(outputs), product: product.pointer),
                items: (rows + Int(mdl_rows_per_item) - 1) / Int(mdl_rows_per_item))
            return [product.bytes]
        }
    }

    @Test func theRowsHaveTheLengthOfTheGain() {
        let v = Memory.random("v", 9 * 4)
        let gain = Memory<Float>(4) { Float($0) - 1 }
        let weight = Memory<Float>(9 * 4) { _ in 0 }
        let length = Memory<Double>(4) { _ in 0 }
        run(
            scalar.normalized_rows,
            mdl_normalized_rows(
                v: v.pointer, gain: gain.pointer, inputs: 9, outputs: 4, weight: weight.pointer,
                length: length.pointer),
            items: 1)
        for output in 0..<4 {
            let row = (0..<9).map { Double(weight.values[$0 * 4 + output]) }
            let actual = row.map { $0 * $0 }.reduce(0, +).squareRoot()
            // Each weight is rounded once, by 2⁻²⁴ of itself.
            #expect(abs(actual - abs(Double(gain.values[output]))) <= 0x1p-24 * abs(Double(gain.values[output])))
        }
        #expect(v.values[2] * weight.values[2] >= 0, "a positive gain keeps the direction")
    }
}
