import CConvolution
import TensorCore
import Testing

@Suite(.ownMemory) struct PassesParameterTests {
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
