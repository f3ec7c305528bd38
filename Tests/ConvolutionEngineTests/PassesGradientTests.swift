import CConvolution
import ConvolutionEngine
import TensorCore
import Testing

/// The backward references against differences of the forward references: of f = Σ w · y along a direction of signs.
///
/// Differences over h and 2h are combined so that the truncation falls with h⁴. Inputs lie on a grid that the steps
/// respect, so x ± h is exact. Each y is off by a few roundings, 2⁻²² of itself at most, which the difference divides
/// by h: Σ |w y| · 2⁻²² · 1.5 / h. What a sign or a missing term changes is of the size of the derivative.
@Suite(.ownMemory) struct PassesGradientTests {
    let step = 0x1p-5

    /// Values on the grid of 2⁻¹⁰.
    func grid(_ name: String, _ count: Int, scale: Float = 1, around: Float = 0) -> [Float] {
        let stream = RandomStream(name)
        return (0..<count).map { around + scale * (stream.signed(UInt64($0)) * 1024).rounded() / 1024 }
    }

    /// - Parameters:
    ///   - forward: the loss at displaced inputs, as Σ w y, and the sum of its magnitudes.
    ///   - gradients: one per input.
    func expectGradients(
        of inputs: [[Float]], _ gradients: [[Float]], truncation: Double = 0x1p-12,
        sourceLocation: SourceLocation = #_sourceLocation, forward: ([[Float]]) -> (sum: Double, magnitude: Double)
    ) {
        for (which, input) in inputs.enumerated() {
            for trial in 0..<3 {
                let stream = RandomStream("direction").substream(UInt64(trial))
                let direction = input.indices.map { stream.bits(UInt64($0)) & 1 == 0 ? Float(1) : -1 }
                func at(_ distance: Double) -> Double {
                    var displaced = inputs
                    displaced[which] = zip(input, direction).map { $0 + Float(distance) * $1 }
                    return forward(displaced).sum
                }
                let near = at(step) - at(-step)
                let far = at(2 * step) - at(-2 * step)
                let numeric = (8 * near - far) / (12 * step)
                let terms = zip(direction, gradients[which]).map { Double($0) * Double($1) }
                let analytic = terms.reduce(0, +)
                let rounding = forward(inputs).magnitude * 0x1p-22 * 1.5 / step
                let tolerance = rounding + truncation * terms.map(abs).reduce(0, +)
                #expect(
                    abs(numeric - analytic) <= tolerance, "input \(which): \(numeric) against \(analytic)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    func tensor(_ samples: Int, _ extent: mdl_extent, _ values: [Float]) -> Tensor {
        let count = Int(extent.height * extent.width * extent.channels)
        return Tensor(samples, extent) { sample, index in values[sample * count + index] }
    }

    func weighted(_ y: [Float], _ w: [Float]) -> (sum: Double, magnitude: Double) {
        let terms = zip(y, w).map { Double($0) * Double($1) }
        return (terms.reduce(0, +), terms.map(abs).reduce(0, +))
    }

    let extent = mdl_extent(height: 4, width: 5, channels: 3)
    let samples = 2
    var count: Int { 4 * 5 * 3 * samples }

    /// Batch normalization in training, with the residual and the ReLU, through the whole chain of kernels.
    struct Normalization {
        let extent: mdl_extent
        let x: Tensor
        let y: Tensor
        let mask: Memory<UInt16>
        let floats: [Memory<Float>]  // gamma, beta, mean, inverse, scale, running mean, running variance
        let count = Memory<Double>(1) { _ in 0 }
        let merges: Memory<UInt8>
        let ends: Memory<UInt8>
        let fold: mdl_fold

        init(_ x: Tensor, gamma: [Float], beta: [Float], residual: Tensor) {
            self.x = x
            let extent = x.extent
            self.extent = extent
            let channels = Int(extent.channels)
            let rows = PassCase.rows(Int(extent.height))
            let items = x.samples * Int(rows.chunks)
            let tree = ReductionTree(samples: x.samples)
            merges = Memory(x.samples) { tree.merges[$0] }
            ends = Memory(x.samples) { tree.ends[$0] }
            fold = mdl_fold(
                merges: merges.pointer, ends: ends.pointer, samples: Int32(x.samples), subtrees: 1,
                levels: Int32(tree.levels))
            floats =
                [Memory(channels) { gamma[$0] }, Memory(channels) { beta[$0] }]
                + (0..<5).map { _ in Memory(channels) { _ in 1 } }
            y = Tensor(x.samples, extent) { _, _ in 0 }
            mask = Memory(x.samples * Int(extent.height * extent.width)) { _ in 0 }
            let partial = Memory<Double>(items * 2 * channels) { _ in 0 }
            let folded = Memory<Double>(3 * channels) { _ in 0 }
            run(
                scalar.statistics, mdl_statistics(x: x.view, extent: extent, rows: rows, partial: partial.pointer),
                items: items)
            run(
                scalar.fold_statistics,
                mdl_fold_statistics(
                    partial: partial.pointer, extent: extent, chunks: rows.chunks, fold: fold, out: folded.pointer),
                items: 1)
            run(
                scalar.finish_statistics,
                mdl_finish_statistics(
                    moments: folded.pointer, channels: extent.channels, gamma: floats[0].pointer, epsilon: 1e-2,
                    momentum: 0.1, running_mean: floats[5].pointer, running_variance: floats[6].pointer,
                    mean: floats[2].pointer,
                    inverse: floats[3].pointer, scale: floats[4].pointer, count: count.pointer),
                items: 1)
            run(
                scalar.normalize,
                mdl_normalize(
                    x: x.view, residual: residual.view, y: y.view, extent: extent, rows: rows,
                    mean: floats[2].pointer, scale: floats[4].pointer, beta: floats[1].pointer, relu: 1,
                    mask: mask.pointer),
                items: items)
        }

        /// The gradients with respect to x, gamma, beta and the residual.
        func backward(_ dy: Tensor) -> [[Float]] {
            let channels = Int(extent.channels)
            let rows = PassCase.rows(Int(extent.height))
            let items = x.samples * Int(rows.chunks)
            let partial = Memory<Double>(items * 2 * channels) { _ in 0 }
            let folded = Memory<Double>(2 * channels) { _ in 0 }
            let results = (0..<4).map { _ in Memory<Float>(channels) { _ in 0 } }
            let dx = Tensor(x.samples, extent) { _, _ in 0 }
            let residual = Tensor(x.samples, extent) { _, _ in 0 }
            run(
                scalar.gradient_sums,
                mdl_gradient_sums(
                    x: x.view, dy: dy.view, extent: extent, rows: rows, mean: floats[2].pointer,
                    inverse: floats[3].pointer, mask: mask.pointer, partial: partial.pointer),
                items: items)
            run(
                scalar.fold_sums,
                mdl_fold_sums(
                    partial: partial.pointer, channels: extent.channels, chunks: rows.chunks, fold: fold,
                    out: folded.pointer),
                items: 1)
            run(
                scalar.finish_gradient_sums,
                mdl_finish_gradient_sums(
                    sums: folded.pointer, channels: extent.channels, count: count.pointer,
                    gradient_gamma: results[0].pointer,
                    gradient_beta: results[1].pointer, mean_g: results[2].pointer, mean_gx: results[3].pointer),
                items: 1)
            run(
                scalar.normalize_backward,
                mdl_normalize_backward(
                    x: x.view, dy: dy.view, dx: dx.view, residual: residual.view, extent: extent, rows: rows,
                    mean: floats[2].pointer, inverse: floats[3].pointer, scale: floats[4].pointer,
                    mean_g: results[2].pointer, mean_gx: results[3].pointer, mask: mask.pointer, accumulate: 0,
                    accumulate_residual: 0),
                items: items)
            return [dx.values, results[0].values, results[1].values, residual.values]
        }
    }

    @Test func batchNormalization() {
        // The residual keeps the ReLU's argument away from 0, where it has no derivative: |xhat gamma + beta| < 7.
        let signs = RandomStream("signs")
        let residual = (0..<count).map { signs.bits(UInt64($0)) & 1 == 0 ? Float(8) : -8 }
        let inputs = [
            grid("x", count, scale: 2), grid("gamma", 3, around: 1.5), grid("beta", 3), residual,
        ]
        let w = grid("w", count)
        func forward(_ inputs: [[Float]]) -> Normalization {
            Normalization(
                tensor(samples, extent, inputs[0]), gamma: inputs[1], beta: inputs[2],
                residual: tensor(samples, extent, inputs[3]))
        }
        let gradients = forward(inputs).backward(tensor(samples, extent, w))
        expectGradients(of: inputs, gradients) { weighted(forward($0).y.values, w) }
    }

    @Test func additionAndReLU() {
        // Off the grid of 1/4 by 1/8, so that no step of 1/16 reaches 0.
        let a = grid("a", count, scale: 2).map { ($0 * 4).rounded() / 4 + 0.125 }
        let b = grid("b", count, scale: 2).map { ($0 * 4).rounded() / 4 }
        let w = grid("w", count)
        let rows = PassCase.rows(4)
        let mask = Memory<UInt16>(samples * 20) { _ in 0 }
        func forward(_ inputs: [[Float]]) -> [Float] {
            let y = tensor(samples, extent, w)
            let (a, b) = (tensor(samples, extent, inputs[0]), tensor(samples, extent, inputs[1]))
            run(
                scalar.add,
                mdl_add(
                    a: a.view, b: b.view, y: y.view, extent: extent, rows: rows, relu: 1, mask: mask.pointer),
                items: 4)
            return y.values
        }
        _ = forward([a, b])
        let dx = tensor(samples, extent, w)
        run(
            scalar.relu_backward,
            mdl_relu_backward(
                dy: dx.view, dx: dx.view, extent: extent, rows: rows, mask: mask.pointer, accumulate: 0),
            items: 4)
        let gradient = dx.values
        expectGradients(of: [a, b], [gradient, gradient]) { weighted(forward($0), w) }
    }

    @Test func maximumPooling() {
        // All values of a sample differ by 1/4 or more, so that no step changes a choice.
        let places = (0..<60).sorted { RandomStream("order").bits(UInt64($0)) < RandomStream("order").bits(UInt64($1)) }
        let x = (0..<count).map { Float(places[$0 % 60]) / 4 - 7 }
        let output = mdl_extent(height: 2, width: 3, channels: 3)
        let w = grid("w", samples * 18)
        let choice = Memory<UInt8>(samples * 18) { _ in 0 }
        func forward(_ inputs: [[Float]]) -> [Float] {
            let (x, y) = (tensor(samples, extent, inputs[0]), tensor(samples, output, w))
            run(
                scalar.max_pool,
                mdl_max_pool(
                    x: x.view, y: y.view, input: extent, output: output, rows: PassCase.rows(2), size: 3, stride: 2,
                    padding: 1, choice: choice.pointer),
                items: samples)
            return y.values
        }
        _ = forward([x])
        let (dy, dx) = (tensor(samples, output, w), tensor(samples, extent, x))
        run(
            scalar.max_pool_backward,
            mdl_max_pool_backward(
                dy: dy.view, dx: dx.view, input: extent, output: output, rows: PassCase.rows(4), size: 3, stride: 2,
                padding: 1, choice: choice.pointer, accumulate: 0),
            items: 2 * samples)
        expectGradients(of: [x], [dx.values]) { weighted(forward($0), w) }
    }

    @Test func globalAveragePooling() {
        let x = grid("x", count)
        let one = mdl_extent(height: 1, width: 1, channels: 3)
        let w = grid("w", samples * 3)
        let (dy, dx) = (tensor(samples, one, w), tensor(samples, extent, x))
        run(
            scalar.global_average_pool_backward,
            mdl_global_average_pool_backward(
                dy: dy.view, dx: dx.view, extent: extent, rows: PassCase.rows(4), accumulate: 0),
            items: 2 * samples)
        expectGradients(of: [x], [dx.values]) { inputs in
            let (x, y) = (tensor(samples, extent, inputs[0]), tensor(samples, one, w))
            run(
                scalar.global_average_pool, mdl_global_average_pool(x: x.view, y: y.view, extent: extent),
                items: samples)
            return weighted(y.values, w)
        }
    }

    @Test(arguments: [(9, 13), (2, 3), (4, 7)]) func resizing(_ height: Int, _ width: Int) {
        let x = grid("x", count)
        let output = mdl_extent(height: Int32(height), width: Int32(width), channels: 3)
        let axes = (ResizeAxis(4, height), ResizeAxis(5, width))
        let w = grid("w", samples * height * width * 3)
        let (dy, dx) = (tensor(samples, output, w), tensor(samples, extent, x))
        let scratch = Memory<Float>(width * 3) { _ in 0 }
        run(
            scalar.resize_backward,
            mdl_resize_backward(
                dy: dy.view, dx: dx.view, input: extent, output: output, rows: PassCase.rows(4),
                vertical: axes.0.sources.pointer, horizontal: axes.1.sources.pointer,
                vertical_weights: axes.0.weights.pointer, horizontal_weights: axes.1.weights.pointer,
                scratch: scratch.pointer, scratch_stride: 0, accumulate: 0),
            items: 2 * samples)
        expectGradients(of: [x], [dx.values]) { inputs in
            let (x, y) = (tensor(samples, extent, inputs[0]), tensor(samples, output, w))
            let rows = PassCase.rows(height)
            run(
                scalar.resize,
                mdl_resize(
                    x: x.view, y: y.view, input: extent, output: output, rows: rows,
                    vertical: axes.0.taps.pointer, horizontal: axes.1.taps.pointer),
                items: samples * Int(rows.chunks))
            return weighted(y.values, w)
        }
    }

    @Test(arguments: [1e-12, 64]) func unitLength(_ epsilon: Double) {
        // Vectors no shorter than 3, where steps of 1/16 are small; all are shorter than the larger epsilon.
        let signs = RandomStream("signs")
        let x = zip(grid("x", count), 0..<count).map { $0 + (signs.bits(UInt64($1)) & 1 == 0 ? 3 : -3) }
        let w = grid("w", count)
        let (dy, dx, at) = (tensor(samples, extent, w), tensor(samples, extent, x), tensor(samples, extent, x))
        run(
            scalar.unit_length_backward,
            mdl_unit_length_backward(
                x: at.view, dy: dy.view, dx: dx.view, extent: extent, rows: PassCase.rows(4), epsilon: epsilon,
                accumulate: 0),
            items: 2 * samples)
        expectGradients(of: [x], [dx.values]) { inputs in
            let (x, y) = (tensor(samples, extent, inputs[0]), tensor(samples, extent, w))
            run(
                scalar.unit_length,
                mdl_unit_length(
                    x: x.view, y: y.view, extent: extent, rows: PassCase.rows(4), epsilon: epsilon),
                items: 2 * samples)
            return weighted(y.values, w)
        }
    }

    @Test func normalizedRows() {
        let (inputs, outputs) = (9, 5)
        let v = grid("v", inputs * outputs, around: 1)
        let gain = grid("gain", outputs)
        let w = grid("w", inputs * outputs)
        let length = Memory<Double>(outputs) { _ in 0 }
        func forward(_ values: [[Float]]) -> [Float] {
            let (v, gain) = (Memory(inputs * outputs) { values[0][$0] }, Memory(outputs) { values[1][$0] })
            let weight = Memory<Float>(inputs * outputs) { _ in 0 }
            run(
                scalar.normalized_rows,
                mdl_normalized_rows(
                    v: v.pointer, gain: gain.pointer, inputs: Int32(inputs), outputs: Int32(outputs),
                    weight: weight.pointer, length: length.pointer),
                items: 1)
            return weight.values
        }
        _ = forward([v, gain])
        let memories = [v, gain, w].map { values in Memory(values.count) { values[$0] } }
        let gradients = [Memory<Float>(inputs * outputs) { _ in 0 }, Memory<Float>(outputs) { _ in 0 }]
        run(
            scalar.normalized_rows_backward,
            mdl_normalized_rows_backward(
                v: memories[0].pointer, gain: memories[1].pointer, length: length.pointer,
                gradient: memories[2].pointer, inputs: Int32(inputs), outputs: Int32(outputs),
                gradient_v: gradients[0].pointer, gradient_gain: gradients[1].pointer),
            items: 1)
        expectGradients(of: [v, gain], gradients.map(\.values)) { weighted(forward($0), w) }
    }

    @Test(arguments: PassesLossTests.Loss.all) func losses(_ loss: PassesLossTests.Loss) {
        let channels = loss.channels ?? (loss.isOfClasses ? 5 : 2)
        let extent = mdl_extent(height: 4, width: 5, channels: Int32(channels))
        // Errors keep away from 0 and vectors from the origin: outputs lie on the grid of 1/4, labels of errors beside it
        // by 1/8.
        var x = grid("x", samples * 20 * channels, scale: 3).map { ($0 * 4).rounded() / 4 }
        if case .cosine = loss.family { x = x.map { abs($0) + 1 } }
        let drawn = PassesLossTests().labels(loss, extent, samples: samples)
        let labels = Memory<Float>(drawn.all.count) { index in
            let value = drawn.values[index]
            guard case .error = loss.family, value != 0 else { return value }
            return (value * 4).rounded() / 4 + 0.125
        }
        let gradient = PassesLossTests().compute(
            loss, scalar, output: tensor(samples, extent, x), labels: labels, slice: false
        ).gradient.values
        expectGradients(of: [x], [gradient]) { inputs in
            // Formed in double from exact steps: no rounding to speak of.
            (PassesLossTests().objective(loss, output: tensor(samples, extent, inputs[0]), labels: labels), 0)
        }
    }
}
