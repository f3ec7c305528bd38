import CConvolution
import TensorCore
import Testing

@Suite(.ownMemory) struct PassesMapTests {
    @Test(arguments: PassCase.all) func additionHasTheBitsOfTheReference(_ pass: PassCase) {
        let a = pass.tensor("a")
        let b = pass.tensor("b")
        for flags in 0..<8 {
            expectBitsOfReference("\(pass), flags \(flags)") { passes in
                let y = pass.tensor("y")
                let mask = pass.mask("before")
                run(
                    passes.add,
                    mdl_add(
                        a: a.view, b: flags & 1 != 0 ? b.view : Tensor.none, y: y.view, extent: pass.extent,
                        rows: pass.rows, relu: flags & 2 != 0 ? 1 : 0, mask: flags & 4 != 0 ? mask.pointer : nil),
                    items: pass.items)
                expectSameSamples(y)
                return [y.bytes, mask.bytes]
            }
        }
    }

    @Test(arguments: PassCase.all) func reluBackwardHasTheBitsOfTheReference(_ pass: PassCase) {
        let dy = pass.tensor("dy")
        let mask = pass.mask("mask")
        for accumulate in [Int32(0), 1] {
            expectBitsOfReference("\(pass)") { passes in
                let dx = pass.tensor("dx")
                run(
                    passes.relu_backward,
                    mdl_relu_backward(
                        dy: dy.view, dx: dx.view, extent: pass.extent, rows: pass.rows, mask: mask.pointer,
                        accumulate: accumulate),
                    items: pass.items)
                expectSameSamples(dx)
                return [dx.bytes]
            }
        }
    }

    @Test(arguments: PassCase.all) func maximumPoolingHasTheBitsOfTheReference(_ pass: PassCase) {
        for (size, stride, padding) in [(3, 2, 1), (2, 2, 0), (3, 1, 1), (2, 3, 0)] {
            let output = mdl_extent(
                height: Int32((pass.height + 2 * padding - size) / stride + 1),
                width: Int32((pass.width + 2 * padding - size) / stride + 1), channels: pass.extent.channels)
            let rows = PassCase.rows(Int(output.height))
            let elements = Int(output.height * output.width) * pass.channels
            // Few different values, so that there are ties; a NaN here and there; one sample of -infinity.
            let stream = RandomStream("pool")
            let x = Tensor(pass.samples, pass.extent, slice: pass.slice) { sample, index in
                let choice = stream.integer(UInt64(index), below: 20)
                return sample == 1 ? -.infinity : choice == 0 ? .nan : Float(choice % 4)
            }
            let dy = Tensor.random("dy", pass.samples, output, slice: pass.slice)
            expectBitsOfReference("\(pass), window \(size), stride \(stride)") { passes in
                let y = Tensor.random("y", pass.samples, output, slice: pass.slice)
                let choice = Memory<UInt8>(pass.samples * elements) { _ in 99 }
                run(
                    passes.max_pool,
                    mdl_max_pool(
                        x: x.view, y: y.view, input: pass.extent, output: output, rows: rows, size: Int32(size),
                        stride: Int32(stride), padding: Int32(padding), choice: choice.pointer),
                    items: pass.samples * Int(rows.chunks))
                var outputs = [y.bytes, choice.bytes]
                for accumulate in [Int32(0), 1] {
                    let dx = pass.tensor("dx")
                    run(
                        passes.max_pool_backward,
                        mdl_max_pool_backward(
                            dy: dy.view, dx: dx.view, input: pass.extent, output: output, rows: pass.rows,
                            size: Int32(size), stride: Int32(stride), padding: Int32(padding),
                            choice: choice.pointer, accumulate: accumulate),
                        items: pass.items)
                    expectSameSamples(y)
                    expectSameSamples(dx)
                    outputs.append(dx.bytes)
                }
                return outputs
            }
        }
    }

    @Test func theFirstOfEqualValuesWinsAndNaNWinsOverAll() {
        let input = mdl_extent(height: 2, width: 4, channels: 1)
        let output = mdl_extent(height: 1, width: 2, channels: 1)
        let x = Tensor(1, input) { _, index in [3, 5, 1, .nan, 5, 5, 7, .infinity][index] }
        for isa in [mdl_isa_scalar] + fastSets {
            let y = Tensor(1, output) { _, _ in 0 }
            let choice = Memory<UInt8>(2) { _ in 99 }
            run(
                passes(isa).max_pool,
                mdl_max_pool(
                    x: x.view, y: y.view, input: input, output: output, rows: PassCase.rows(1), size: 2, stride: 2,
                    padding: 0, choice: choice.pointer),
                items: 1)
            #expect(y.at(0, 0, 0, 0) == 5 && y.at(0, 0, 1, 0).isNaN)
            #expect(choice.values == [1, 1])
        }
    }

    @Test(arguments: PassCase.all) func globalAveragePoolingHasTheBitsOfTheReference(_ pass: PassCase) {
        let x = pass.tensor("x")
        let one = mdl_extent(height: 1, width: 1, channels: pass.extent.channels)
        let dy = Tensor.random("dy", pass.samples, one, slice: pass.slice)
        for accumulate in [Int32(0), 1] {
            expectBitsOfReference("\(pass)") { passes in
                let y = Tensor.random("y", pass.samples, one, slice: pass.slice)
                let dx = pass.tensor("dx")
                run(
                    passes.global_average_pool,
                    mdl_global_average_pool(x: x.view, y: y.view, extent: pass.extent),
                    items: pass.samples * ((pass.channels + 15) / 16))
                run(
                    passes.global_average_pool_backward,
                    mdl_global_average_pool_backward(
                        dy: dy.view, dx: dx.view, extent: pass.extent, rows: pass.rows, accumulate: accumulate),
                    items: pass.items)
                expectSameSamples(y)
                expectSameSamples(dx)
                return [y.bytes, dx.bytes]
            }
        }
    }

    @Test(arguments: PassCase.all) func resizingHasTheBitsOfTheReference(_ pass: PassCase) {
        for (height, width) in [(11, 15), (pass.height, pass.width), (2, 3), (1, 20)] {
            let output = mdl_extent(height: Int32(height), width: Int32(width), channels: pass.extent.channels)
            let axes = (ResizeAxis(pass.height, height), ResizeAxis(pass.width, width))
            let rows = PassCase.rows(height)
            let x = pass.tensor("x")
            let dy = Tensor.random("dy", pass.samples, output, slice: pass.slice)
            for accumulate in [Int32(0), 1] {
                expectBitsOfReference("\(pass) to \(height)x\(width)") { passes in
                    let y = Tensor.random("y", pass.samples, output, slice: pass.slice)
                    run(
                        passes.resize,
                        mdl_resize(
                            x: x.view, y: y.view, input: pass.extent, output: output, rows: rows,
                            vertical: axes.0.taps.pointer, horizontal: axes.1.taps.pointer),
                        items: pass.samples * Int(rows.chunks))
                    let dx = pass.tensor("dx")
                    let scratch = Memory<Float>(width * pass.channels) { _ in 55 }
                    run(
                        passes.resize_backward,
                        mdl_resize_backward(
                            dy: dy.view, dx: dx.view, input: pass.extent, output: output, rows: pass.rows,
                            vertical: axes.0.sources.pointer, horizontal: axes.1.sources.pointer,
                            vertical_weights: axes.0.weights.pointer, horizontal_weights: axes.1.weights.pointer,
                            scratch: scratch.pointer, scratch_stride: 0, accumulate: accumulate),
                        items: pass.items)
                    expectSameSamples(y)
                    expectSameSamples(dx)
                    return [y.bytes, dx.bytes]
                }
            }
        }
    }

    @Test func resizingUsesHalfPixelCentres() {
        let input = mdl_extent(height: 1, width: 2, channels: 1)
        let output = mdl_extent(height: 1, width: 4, channels: 1)
        let x = Tensor(1, input) { _, index in Float(index) }
        let axes = (ResizeAxis(1, 1), ResizeAxis(2, 4))
        for isa in [mdl_isa_scalar] + fastSets {
            let y = Tensor(1, output) { _, _ in 9 }
            run(
                passes(isa).resize,
                mdl_resize(
                    x: x.view, y: y.view, input: input, output: output, rows: PassCase.rows(1),
                    vertical: axes.0.taps.pointer, horizontal: axes.1.taps.pointer),
                items: 1)
            #expect(y.values == [0, 0.25, 0.75, 1])
        }
    }

    @Test(arguments: PassCase.all) func unitLengthHasTheBitsOfTheReference(_ pass: PassCase) {
        let stream = RandomStream("unit")
        // One pixel is 0 and another one shorter than epsilon.
        let x = Tensor(pass.samples, pass.extent, slice: pass.slice) { sample, index in
            let pixel = index / pass.channels
            let value = stream.substream(UInt64(sample % 2)).signed(UInt64(index))
            return pixel == 0 ? 0 : pixel == 3 ? value * 1e-5 : value
        }
        let dy = pass.tensor("dy")
        for accumulate in [Int32(0), 1] {
            expectBitsOfReference("\(pass)") { passes in
                let y = pass.tensor("y")
                let dx = pass.tensor("dx")
                run(
                    passes.unit_length,
                    mdl_unit_length(x: x.view, y: y.view, extent: pass.extent, rows: pass.rows, epsilon: 1e-3),
                    items: pass.items)
                run(
                    passes.unit_length_backward,
                    mdl_unit_length_backward(
                        x: x.view, dy: dy.view, dx: dx.view, extent: pass.extent, rows: pass.rows, epsilon: 1e-3,
                        accumulate: accumulate),
                    items: pass.items)
                expectSameSamples(y)
                expectSameSamples(dx)
                return [y.bytes, dx.bytes]
            }
        }
    }
}

/// One axis of a bilinear resize and its transpose.
struct ResizeAxis {
    let taps: Memory<mdl_resize_tap>
    let sources: Memory<mdl_resize_source>
    let weights: Memory<Float>

    init(_ inputs: Int, _ outputs: Int) {
        let list = (0..<outputs).map { output in
            let position = max(0, (Double(output) + 0.5) * Double(inputs) / Double(outputs) - 0.5)
            return mdl_resize_tap(low: Int32(position), weight: Float(position - position.rounded(.down)))
        }
        var sourceList: [mdl_resize_source] = []
        var weightList: [Float] = []
        for input in 0..<inputs {
            let shares = list.map { tap in
                let low = Int(tap.low)
                let high = min(low + 1, inputs - 1)
                return (low == input ? 1 - tap.weight : 0) + (high == input ? tap.weight : 0)
            }
            let first = shares.firstIndex { $0 != 0 } ?? 0
            let count = (shares.lastIndex { $0 != 0 } ?? -1) + 1 - first
            sourceList.append(
                mdl_resize_source(first: Int32(first), count: Int32(max(count, 0)), offset: Int32(weightList.count)))
            if count > 0 { weightList += shares[first..<first + count] }
        }
        taps = Memory(outputs) { list[$0] }
        sources = Memory(inputs) { sourceList[$0] }
        weights = Memory(weightList.count) { weightList[$0] }
    }
}
