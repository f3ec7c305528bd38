import CConvolution
import ConvolutionEngine
import TensorCore
import Testing

@Suite(.ownMemory) struct PassesNormalizationTests {
    @Test(arguments: PassCase.all) func sumsHaveTheBitsOfTheReference(_ pass: PassCase) {
        let x = pass.tensor("x")
        let dy = pass.tensor("dy")
        let mask = pass.mask("mask")
        let mean = Memory.random("mean", pass.channels)
        let inverse = Memory.random("inverse", pass.channels, around: 2)
        for masked in [false, true] {
            expectBitsOfReference("\(pass), masked \(masked)") { passes in
                let statistics = Memory<Double>(pass.items * 2 * pass.channels) { _ in 5 }
                let gradients = Memory<Double>(pass.items * 2 * pass.channels) { _ in 5 }
                run(
                    passes.statistics,
                    mdl_statistics(x: x.view, extent: pass.extent, rows: pass.rows, partial: statistics.pointer),
                    items: pass.items)
                run(
                    passes.gradient_sums,
                    mdl_gradient_sums(
                        x: x.view, dy: dy.view, extent: pass.extent, rows: pass.rows, mean: mean.pointer,
                        inverse: inverse.pointer, mask: masked ? mask.pointer : nil, partial: gradients.pointer),
                    items: pass.items)
                expectSameSamples(statistics)
                expectSameSamples(gradients)
                return [statistics.bytes, gradients.bytes]
            }
        }
    }

    @Test(arguments: PassCase.all) func normalizationHasTheBitsOfTheReference(_ pass: PassCase) {
        let x = pass.tensor("x")
        let residual = pass.tensor("residual")
        let parameters = (0..<3).map { Memory.random("parameter\($0)", pass.channels) }
        for flags in 0..<8 {
            expectBitsOfReference("\(pass), flags \(flags)") { passes in
                let y = pass.tensor("y")
                let mask = pass.mask("before")
                run(
                    passes.normalize,
                    mdl_normalize(
                        x: x.view, residual: flags & 1 != 0 ? residual.view : Tensor.none, y: y.view,
                        extent: pass.extent, rows: pass.rows, mean: parameters[0].pointer,
                        scale: parameters[1].pointer, beta: parameters[2].pointer, relu: flags & 2 != 0 ? 1 : 0,
                        mask: flags & 4 != 0 ? mask.pointer : nil),
                    items: pass.items)
                expectSameSamples(y)
                return [y.bytes, mask.bytes]
            }
        }
    }

    @Test(arguments: PassCase.all) func backwardHasTheBitsOfTheReference(_ pass: PassCase) {
        let x = pass.tensor("x")
        let dy = pass.tensor("dy")
        let mask = pass.mask("mask")
        let parameters = (0..<5).map { Memory.random("parameter\($0)", pass.channels) }
        for flags in 0..<16 {
            expectBitsOfReference("\(pass), flags \(flags)") { passes in
                let dx = pass.tensor("dx")
                let residual = pass.tensor("residual")
                run(
                    passes.normalize_backward,
                    mdl_normalize_backward(
                        x: x.view, dy: dy.view, dx: dx.view, residual: flags & 1 != 0 ? residual.view : Tensor.none,
                        extent: pass.extent, rows: pass.rows, mean: parameters[0].pointer,
                        inverse: parameters[1].pointer, scale: parameters[2].pointer, mean_g: parameters[3].pointer,
                        mean_gx: parameters[4].pointer, mask: flags & 2 != 0 ? mask.pointer : nil,
                        accumulate: flags & 4 != 0 ? 1 : 0, accumulate_residual: flags & 8 != 0 ? 1 : 0),
                    items: pass.items)
                expectSameSamples(dx)
                expectSameSamples(residual)
                return [dx.bytes, residual.bytes]
            }
        }
    }

    @Test func aMaskSaysWhereTheOutputIsPositiveAndNaNSurvivesTheReLU() {
        let extent = mdl_extent(height: 1, width: 1, channels: 18)
        let x = Tensor(1, extent) { _, index in index == 4 ? .nan : index % 3 == 0 ? 1 : -1 }
        let zero = Memory<Float>(18) { _ in 0 }
        let one = Memory<Float>(18) { _ in 1 }
        for isa in [mdl_isa_scalar] + fastSets {
            let y = Tensor(1, extent) { _, _ in 9 }
            let mask = Memory<UInt16>(2) { _ in 0xFFFF }
            run(
                passes(isa).normalize,
                mdl_normalize(
                    x: x.view, residual: Tensor.none, y: y.view, extent: extent, rows: PassCase.rows(1),
                    mean: zero.pointer, scale: one.pointer, beta: zero.pointer, relu: 1, mask: mask.pointer),
                items: 1)
            #expect(mask.values == [0b1001_0010_0100_1001, 0b00])
            #expect(y.at(0, 0, 0, 4).isNaN)
            #expect(y.at(0, 0, 0, 3) == 1 && y.at(0, 0, 0, 5) == 0)
        }
    }

    /// Mean, inverse deviation, running values and count of a batch that is folded as one shard or as several.
    func batchStatistics(_ x: Tensor, shards: [Range<Int>]) -> [[UInt8]] {
        let channels = Int(x.extent.channels)
        let rows = PassCase.rows(Int(x.extent.height))
        let chunks = Int(rows.chunks)
        let groups = (channels + 15) / 16
        let partial = Memory<Double>(x.samples * chunks * 2 * channels) { _ in 0 }
        run(
            scalar.statistics,
            mdl_statistics(x: x.view, extent: x.extent, rows: rows, partial: partial.pointer),
            items: x.samples * chunks)
        var subtrees: [Double] = []
        for (index, shard) in shards.enumerated() {
            let tree = ReductionTree(shard: index, of: shards)
            let merges = Memory(tree.merges.count) { tree.merges[$0] }
            let ends = Memory(tree.ends.count) { tree.ends[$0] }
            let out = Memory<Double>(tree.subtrees * 3 * channels) { _ in 0 }
            run(
                scalar.fold_statistics,
                mdl_fold_statistics(
                    partial: partial.pointer + shard.lowerBound * chunks * 2 * channels, extent: x.extent,
                    chunks: rows.chunks,
                    fold: mdl_fold(
                        merges: merges.pointer, ends: ends.pointer, samples: Int32(shard.count),
                        subtrees: Int32(tree.subtrees), levels: Int32(tree.levels)),
                    out: out.pointer),
                items: groups)
            subtrees += out.values
        }
        let all = ReductionTree(shard: 0, of: shards).subtreeMerges
        var open = 0
        var stack: [[Double]] = []
        ReductionTree.fold(
            all.indices, merges: all, open: &open,
            push: { subtree, _ in stack.append(Array(subtrees[subtree * 3 * channels..<(subtree + 1) * 3 * channels]))
            },
            add: { left in
                let right = stack.removeLast()
                ReductionElement.moments.combine(right, into: &stack[left], count: channels)
            })
        let moments = Memory(3 * channels) { stack[0][$0] }
        let gamma = Memory.random("gamma", channels)
        let floats = (0..<3).map { _ in Memory<Float>(channels) { _ in 0 } }
        let running = (0..<2).map { Memory.random("running\($0)", channels, around: 2) }
        let count = Memory<Double>(1) { _ in 0 }
        run(
            scalar.finish_statistics,
            mdl_finish_statistics(
                moments: moments.pointer, channels: Int32(channels), gamma: gamma.pointer, epsilon: 1e-5,
                momentum: 0.1, running_mean: running[0].pointer, running_variance: running[1].pointer,
                mean: floats[0].pointer, inverse: floats[1].pointer, scale: floats[2].pointer, count: count.pointer),
            items: groups)
        return floats.map(\.bytes) + running.map(\.bytes) + [count.bytes]
    }

    @Test func shardsOfABatchHaveTheStatisticsOfTheWhole() {
        let x = Tensor.random("x", 7, mdl_extent(height: 5, width: 3, channels: 17))
        let whole = batchStatistics(x, shards: [0..<7])
        #expect(batchStatistics(x, shards: [0..<4, 4..<7]) == whole)
        #expect(batchStatistics(x, shards: [0..<3, 3..<5, 5..<7]) == whole)
        #expect(batchStatistics(x, shards: (0..<7).map { $0..<$0 + 1 }) == whole)
    }

    @Test func statisticsAreThoseOfAllValues() {
        let extent = mdl_extent(height: 4, width: 3, channels: 2)
        let x = Tensor(3, extent) { sample, index in 1000 + Float((sample * 37 + index * 11) % 64) / 8 }
        let bytes = batchStatistics(x, shards: [0..<3])
        let floats = bytes.prefix(5).map { $0.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }
        for channel in 0..<2 {
            var values: [Double] = []
            for sample in 0..<3 {
                values += x.values(of: sample).enumerated().filter { $0.offset % 2 == channel }
                    .map { Double($0.element) }
            }
            let mean = values.reduce(0, +) / 36
            let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
            let running = (0..<2).map { Double(Memory.random("running\($0)", 2, around: 2).values[channel]) }
            let inverse = 1 / (squares / 36 + 1e-5).squareRoot()
            // One rounding to float32; the doubles before it lose 12 000² / 5 · 2⁻⁵³ of the variance at most.
            let rounding = 0x1p-23
            #expect(abs(Double(floats[0][channel]) - mean) <= rounding * mean)
            #expect(abs(Double(floats[1][channel]) - inverse) <= rounding * inverse)
            let gamma = Double(Memory.random("gamma", 2).values[channel])
            #expect(abs(Double(floats[2][channel]) - gamma * inverse) <= rounding * abs(gamma * inverse))
            let runningMean = 0.9 * running[0] + 0.1 * mean
            let runningVariance = 0.9 * running[1] + 0.1 * squares / 35
            #expect(abs(Double(floats[3][channel]) - runningMean) <= rounding * runningMean)
            #expect(abs(Double(floats[4][channel]) - runningVariance) <= rounding * runningVariance)
        }
    }

    @Test func theEvaluationUsesTheRunningStatistics() {
        let gamma = Memory<Float>(20) { Float($0) }
        let mean = Memory<Float>(20) { Float($0) + 0.5 }
        let variance = Memory<Float>(20) { _ in 0.25 - 0x1p-10 }
        let results = (0..<2).map { _ in Memory<Float>(20) { _ in -1 } }
        run(
            scalar.running_statistics,
            mdl_running_statistics(
                gamma: gamma.pointer, running_mean: mean.pointer, running_variance: variance.pointer,
                epsilon: 0x1p-10, channels: 20, mean: results[0].pointer, scale: results[1].pointer),
            items: 2)
        #expect(results[0].values == mean.values)
        #expect(results[1].values == (0..<20).map { 2 * Float($0) })
    }
}
