import CConvolution
import ConvolutionEngine
import Foundation
import TensorCore
import Testing

@Suite(.ownMemory) struct PassesLossTests {
    /// A loss, what its labels look like, and how far a vectorized kernel may be from the reference.
    struct Loss: CustomStringConvertible, Sendable {
        let kind: mdl_loss_kind
        let kernel: @Sendable (mdl_passes) -> mdl_kernel
        let labelChannels: Int
        var smoothing = 0.0
        /// The label of a pixel; a quarter of the pixels is unknown.
        let label: @Sendable (RandomStream, Int, Int) -> Float
        /// Bits, not closeness, where nothing but rounding to nearest is involved.
        let exact: Bool

        var description: String { "\(kind.rawValue)" + (smoothing > 0 ? " smoothed" : "") }

        static let all: [Loss] = [
            Loss(
                kind: mdl_loss_cross_entropy, kernel: { $0.loss_cross_entropy }, labelChannels: 1,
                label: { stream, index, channels in
                    unknown(stream, index) ? 255 : Float(stream.integer(UInt64(index), below: channels))
                }, exact: false),
            Loss(
                kind: mdl_loss_edge, kernel: { $0.loss_edge }, labelChannels: 1,
                label: { stream, index, _ in
                    unknown(stream, index) ? 255 : Float(stream.integer(UInt64(index), below: 2))
                }, exact: false),
            Loss(
                kind: mdl_loss_saliency, kernel: { $0.loss_saliency }, labelChannels: 1,
                label: { stream, index, _ in unknown(stream, index) ? 255 : stream.unit(UInt64(index)) },
                exact: false),
            Loss(
                kind: mdl_loss_depth, kernel: { $0.loss_depth }, labelChannels: 1,
                label: { stream, index, _ in unknown(stream, index) ? 0 : stream.unit(UInt64(index)) + 0.1 },
                exact: true),
            Loss(
                kind: mdl_loss_normals, kernel: { $0.loss_normals }, labelChannels: 3,
                label: { stream, index, _ in unknown(stream, index / 3) ? 0 : stream.signed(UInt64(index)) },
                exact: true),
            Loss(
                kind: mdl_loss_cross_entropy, kernel: { $0.loss_cross_entropy }, labelChannels: 1, smoothing: 0.1,
                label: { stream, index, channels in
                    unknown(stream, index) ? 255 : Float(stream.integer(UInt64(index), below: channels))
                }, exact: false),
        ]

        static func unknown(_ stream: RandomStream, _ pixel: Int) -> Bool {
            stream.substream("unknown").integer(UInt64(pixel), below: 4) == 0
        }

        func channels(_ pass: PassCase) -> Int {
            kind == mdl_loss_cross_entropy ? pass.channels : labelChannels
        }
    }

    struct Result {
        let partial: Memory<Double>
        let gradient: Tensor
    }

    /// Runs one loss; the labels of the samples 0 and 2 are equal too.
    func compute(
        _ loss: Loss, _ passes: mdl_passes, output: Tensor, labels: Memory<Float>, slice: Bool,
        gradient wanted: Bool = true, scale value: Float = 0.375
    ) -> Result {
        let rows = PassCase.rows(Int(output.extent.height))
        let items = output.samples * Int(rows.chunks)
        let gradient = Tensor.random("gradient", output.samples, output.extent, slice: slice)
        let partial = Memory<Double>(items) { _ in -1 }
        let scale = Memory<Float>(1) { _ in value }
        run(
            loss.kernel(passes),
            mdl_loss(
                output: output.view, gradient: wanted ? gradient.view : Tensor.none, labels: labels.pointer,
                extent: output.extent, rows: rows, scale: scale.pointer, partial: partial.pointer,
                smoothing: loss.smoothing),
            items: items)
        return Result(partial: partial, gradient: gradient)
    }

    /// The gradient may be written over the output, and is the same.
    @Test(arguments: Loss.all, InstructionSet.allCases.filter(\.isAvailable))
    func gradientMayTakeTheOutputsPlace(_ loss: Loss, _ set: InstructionSet) {
        let pass = PassCase.all[0]
        let extent = mdl_extent(
            height: pass.extent.height, width: 21,
            channels: loss.kind == mdl_loss_cross_entropy ? 21 : Int32(loss.labelChannels))
        let output = Tensor.random("output", pass.samples, extent, slice: false, scale: 6)
        let labels = labels(loss, extent, samples: pass.samples)
        let expected = compute(loss, Kernels(set).passes, output: output, labels: labels, slice: false)
        let rows = PassCase.rows(Int(extent.height))
        let items = output.samples * Int(rows.chunks)
        let partial = Memory<Double>(items) { _ in -1 }
        let scale = Memory<Float>(1) { _ in 0.375 }
        run(
            loss.kernel(Kernels(set).passes),
            mdl_loss(
                output: output.view, gradient: output.view, labels: labels.pointer, extent: extent, rows: rows,
                scale: scale.pointer, partial: partial.pointer, smoothing: loss.smoothing), items: items)
        expectEqual(output.memory.bytes, expected.gradient.memory.bytes, "gradient")
        expectEqual(partial.bytes, expected.partial.bytes, "partial")
    }

    func labels(_ loss: Loss, _ extent: mdl_extent, samples: Int) -> Memory<Float> {
        let stream = RandomStream("labels")
        let count = Int(extent.height * extent.width) * loss.labelChannels
        return Memory(samples * count) { index in
            loss.label(stream.substream(UInt64(index / count % 2)), index % count, Int(extent.channels))
        }
    }

    @Test(arguments: Loss.all, PassCase.all)
    func fastLossesAreThoseOfTheReference(_ loss: Loss, _ pass: PassCase) {
        let extent = mdl_extent(
            height: pass.extent.height, width: pass.extent.width, channels: Int32(loss.channels(pass)))
        let output = Tensor.random("output", pass.samples, extent, slice: pass.slice, scale: 6)
        let labels = labels(loss, extent, samples: pass.samples)
        let expected = compute(loss, scalar, output: output, labels: labels, slice: pass.slice)
        for isa in fastSets {
            let actual = compute(loss, passes(isa), output: output, labels: labels, slice: pass.slice)
            expectSameSamples(actual.gradient)
            expectSameSamples(actual.partial)
            if loss.exact {
                expectEqual(actual.partial.bytes, expected.partial.bytes, "partial")
                expectEqual(actual.gradient.bytes, expected.gradient.bytes, "gradient")
                continue
            }
            // Exponentials are 1 ulp off, 2⁻²³ of themselves. A pixel's loss is the logarithm of their sum, or
            // log(1 + e) with e <= 1: off by 2⁻²³ at most; a chunk has two rows.
            for (a, b) in zip(actual.partial.values, expected.partial.values) {
                #expect(abs(a - b) <= Double(2 * pass.width) * 0x1p-23)
            }
            // A probability is a quotient of two of them, rounded three times by 2⁻²⁴: 3.5 · 2⁻²³ of a value up to 1.
            for (a, b) in zip(actual.gradient.memory.values, expected.gradient.memory.values) {
                #expect(abs(a - b) <= 0x1p-21 * 0.375)
            }
            let validation = compute(
                loss, passes(isa), output: output, labels: labels, slice: pass.slice, gradient: false)
            expectEqual(validation.partial.bytes, actual.partial.bytes, "partial without gradient")
            let untouched = Tensor.random("gradient", pass.samples, extent, slice: pass.slice)
            expectEqual(validation.gradient.bytes, untouched.bytes, "gradient not asked for")
        }
    }

    /// Sixteen neighbouring pixels of few channels are computed side by side; each has the bits that it has alone.
    @Test(arguments: [1, 5, 16, 21, 40, 64, 65], Loss.all.filter { $0.kind == mdl_loss_cross_entropy })
    func pixelsSideBySideHaveTheBitsOfPixelsAlone(channels: Int32, _ loss: Loss) {
        let extent = mdl_extent(height: 1, width: 19, channels: channels)
        let output = Tensor.random("output", 1, extent, slice: true, scale: 6)
        let labels = labels(loss, extent, samples: 1)
        for isa in fastSets {
            let together = compute(loss, passes(isa), output: output, labels: labels, slice: true)
            var sum = 0.0
            var gradient: [Float] = []
            for pixel in 0..<19 {
                let own = Tensor(1, mdl_extent(height: 1, width: 1, channels: channels)) { _, channel in
                    output.at(0, 0, pixel, channel)
                }
                let label = Memory<Float>(1) { _ in labels.values[pixel] }
                let alone = compute(loss, passes(isa), output: own, labels: label, slice: false)
                sum += alone.partial.values[0]
                gradient += alone.gradient.values
            }
            expectEqual(together.partial.values.map(\.bitPattern), [sum.bitPattern], "sum")
            expectEqual(together.gradient.values.map(\.bitPattern), gradient.map(\.bitPattern), "gradient")
        }
    }

    @Test(arguments: Loss.all) func unknownPixelsHaveNoGradient(_ loss: Loss) {
        let extent = mdl_extent(height: 3, width: 6, channels: Int32(loss.labelChannels == 3 ? 3 : 1))
        let output = Tensor.random("output", 3, extent, scale: 40)
        let unknown: Float = loss.kind == mdl_loss_depth || loss.kind == mdl_loss_normals ? 0 : 255
        let labels = Memory<Float>(3 * 18 * loss.labelChannels) { _ in unknown }
        for isa in [mdl_isa_scalar] + fastSets {
            let result = compute(loss, passes(isa), output: output, labels: labels, slice: false)
            #expect(result.gradient.values.allSatisfy { $0 == 0 })
            // Two chunks per sample: 12 pixels and 6. Only saliency counts the unknown ones, with log 2 each.
            let logarithm = loss.kind == mdl_loss_saliency ? 0.693147180559945 : 0
            for (index, partial) in result.partial.values.enumerated() {
                #expect(abs(partial - logarithm * (index % 2 == 0 ? 12 : 6)) <= 1e-11)
            }
        }
    }

    @Test(arguments: Loss.all) func aNaNReachesTheSum(_ loss: Loss) {
        let channels = loss.kind == mdl_loss_cross_entropy ? 21 : loss.labelChannels
        let extent = mdl_extent(height: 1, width: 20, channels: Int32(channels))
        for place in [0, channels * 17 + channels - 1] {
            let output = Tensor(3, extent) { _, index in index == place ? .nan : 0.5 }
            let labels = Memory<Float>(3 * 20 * loss.labelChannels) { _ in 1 }
            for isa in [mdl_isa_scalar] + fastSets {
                let result = compute(loss, passes(isa), output: output, labels: labels, slice: false)
                #expect(result.partial.values.allSatisfy { $0.isNaN }, "instruction set \(isa.rawValue)")
            }
        }
    }

    @Test func aLabelThatIsNoClassMakesTheLossNaN() {
        let extent = mdl_extent(height: 1, width: 2, channels: 3)
        let output = Tensor.random("output", 1, extent)
        for bad in [3, -1, 254, Float.nan] {
            let labels = Memory<Float>(2) { $0 == 0 ? 1 : bad }
            for isa in [mdl_isa_scalar] + fastSets {
                let result = compute(Loss.all[0], passes(isa), output: output, labels: labels, slice: false)
                #expect(result.partial.values[0].isNaN)
            }
        }
    }

    @Test func lossesOfLargeLogitsAreFinite() {
        let logits: [Float] = [-1e30, -1000, -100, -20, -1e-3, 0, 1e-3, 20, 100, 1000, 1e30]
        let extent = mdl_extent(height: 1, width: 22, channels: 1)
        let output = Tensor(1, extent) { _, index in logits[index / 2] }
        let labels = Memory<Float>(22) { Float($0 % 2) }
        for isa in [mdl_isa_scalar] + fastSets {
            for loss in Loss.all[1...2] {
                let result = compute(loss, passes(isa), output: output, labels: labels, slice: false, scale: 1)
                // The softplus of one sign or the other; those of small logits are at most log 2.
                let positive = loss.kind == mdl_loss_edge ? 0.95 : 1
                let negative = loss.kind == mdl_loss_edge ? 0.05 : 1
                let sum = (positive + negative) * (1e30 + 1120 + 2 * 0.6931)
                #expect(abs(result.partial.values[0] - sum) <= 0x1p-22 * sum)
                let gradient = result.gradient.values
                #expect(gradient.allSatisfy { $0.isFinite })
                // Label 0 pulls down with the sigmoid, label 1 pulls up with its complement.
                #expect(gradient[0] == 0 && gradient[20] == Float(negative))
                #expect(gradient[1] == -Float(positive) && gradient[21] == 0)
                // At 20 the small side is 2.06e-9, and keeps its relative accuracy.
                let small = 2.061153618190e-9
                #expect(abs(Double(gradient[6]) - negative * small) <= 0x1p-21 * small)
                #expect(abs(Double(gradient[15]) + positive * small) <= 0x1p-21 * small)
            }
            let pair = mdl_extent(height: 1, width: 2, channels: 3)
            let extreme = Tensor(1, pair) { _, index in [1e30, -1e30, 0, 90, 100, -200][index] }
            let classes = Memory<Float>(2) { _ in 1 }
            let result = compute(Loss.all[0], passes(isa), output: extreme, labels: classes, slice: false, scale: 1)
            #expect(abs(result.partial.values[0] - 2e30) <= 0x1p-22 * 2e30)
            // exp(-10) / (1 + exp(-10)), and its negative at the class.
            let small = 4.5397868702e-5
            let gradient = result.gradient.values
            #expect(Array(gradient[0..<3]) == [1, -1, 0])
            #expect(abs(Double(gradient[3]) - small) <= 0x1p-21 * small)
            #expect(abs(Double(gradient[4]) + small) <= 0x1p-21 * small)
        }
    }

    @Test(arguments: Loss.all) func knownElementsAreCounted(_ loss: Loss) {
        let extent = mdl_extent(height: 5, width: 7, channels: Int32(loss.labelChannels == 3 ? 3 : 4))
        let labels = labels(loss, extent, samples: 2)
        let rows = PassCase.rows(5)
        for isa in [mdl_isa_scalar] + fastSets {
            let count = Memory<Int64>(6) { _ in -1 }
            run(
                passes(isa).known_count,
                mdl_known_count(
                    labels: labels.pointer, extent: extent, rows: rows, kind: loss.kind, count: count.pointer),
                items: 6)
            for item in 0..<6 {
                let pixels = item % 3 == 2 ? 28..<35 : item % 3 * 14..<(item % 3 + 1) * 14
                let stream = RandomStream("labels").substream(UInt64(item / 3))
                let known = pixels.count { !Loss.unknown(stream, $0) }
                #expect(count.values[item] == Int64(known * loss.labelChannels))
            }
        }
    }

    /// With truth t = 0.9 on the own class and 0.1 spread over four: the loss is −Σ t log p, the gradient p − t.
    @Test func smoothedTruthIsSpreadOverAllClasses() {
        let extent = mdl_extent(height: 1, width: 1, channels: 4)
        let logits: [Double] = [0.5, -1, 2, 0.25]
        let output = Tensor(1, extent) { _, index in Float(logits[index]) }
        let labels = Memory<Float>(1) { _ in 2 }
        let sum = logits.reduce(0) { $0 + exp($1) }
        let truth = [0.025, 0.025, 0.925, 0.025]
        let loss = zip(truth, logits).reduce(0) { $0 - $1.0 * ($1.1 - log(sum)) }
        for isa in [mdl_isa_scalar] + fastSets {
            let result = compute(Loss.all.last!, passes(isa), output: output, labels: labels, slice: false, scale: 1)
            #expect(abs(result.partial.values[0] - loss) <= 1e-6)
            for channel in 0..<4 {
                let slope = exp(logits[channel]) / sum - truth[channel]
                #expect(abs(Double(result.gradient.values[channel]) - slope) <= 1e-6)
            }
        }
    }
}
