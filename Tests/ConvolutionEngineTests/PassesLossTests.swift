import CConvolution
import ConvolutionEngine
import Foundation
import TensorCore
import Testing

@Suite(.ownMemory) struct PassesLossTests {
    /// A loss, what its labels look like, and how far a vectorized kernel may be from the reference.
    struct Loss: CustomStringConvertible, Sendable {
        enum Family: Sendable {
            case crossEntropy(
                smoothing: Double = 0, gamma: Double = 0, isWeighted: Bool = false, overlaps: Bool = false)
            case binary(
                positive: Double, negative: Double, gamma: Double = 0, unknownCounts: Bool = false,
                overlaps: Bool = false)
            case error(mdl_error, mdl_unknown, constant: Double = 0)
            case cosine
        }

        let description: String
        let family: Family
        /// Channels of the output; nil: those of the case.
        var channels: Int?
        /// Bits, not closeness, where nothing but rounding to nearest is involved.
        var exact = false
        /// How much larger than those of plain cross-entropy the roundings are.
        var rounding = 1.0

        static let all: [Loss] = [
            Loss(description: "cross-entropy", family: .crossEntropy()),
            edge, saliency, depth,
            Loss(
                description: "L1 of directions", family: .error(mdl_error_absolute, mdl_unknown_zero), channels: 3,
                exact: true),
            smoothed,
            // Weights are at most 2.5.
            Loss(description: "weighted", family: .crossEntropy(isWeighted: true), rounding: 2.5),
            Loss(
                description: "weighted, smoothed, Dice",
                family: .crossEntropy(smoothing: 0.1, isWeighted: true, overlaps: true), rounding: 8),
            // (1 - p)² is off by 4 roundings, and multiplies a logarithm of up to 16.
            Loss(description: "focal", family: .crossEntropy(gamma: 2, isWeighted: true), rounding: 160),
            Loss(
                description: "focal of a small gamma, Dice", family: .crossEntropy(gamma: 0.5, overlaps: true),
                rounding: 160),
            Loss(
                description: "binary, channels, Dice", family: .binary(positive: 4, negative: 1, overlaps: true),
                rounding: 8),
            Loss(
                description: "binary, focal", family: .binary(positive: 0.25, negative: 0.75, gamma: 2), channels: 1,
                rounding: 8),
            Loss(
                description: "binary, focal, channels",
                family: .binary(positive: 1, negative: 1, gamma: 1.5, overlaps: true), rounding: 16),
            Loss(
                description: "L2 of values", family: .error(mdl_error_squared, mdl_unknown_nan), exact: true),
            Loss(
                description: "Huber", family: .error(mdl_error_huber, mdl_unknown_nan, constant: 1), channels: 2,
                exact: true),
            Loss(
                description: "berHu", family: .error(mdl_error_reverse_huber, mdl_unknown_zero), channels: 1,
                exact: true
            ),
            Loss(
                description: "log L1", family: .error(mdl_error_absolute_log, mdl_unknown_zero, constant: 0.6),
                channels: 1, rounding: 8),
            Loss(
                description: "SILog", family: .error(mdl_error_scale_invariant_log, mdl_unknown_zero, constant: 0.6),
                channels: 1, rounding: 8),
            Loss(description: "cosine", family: .cosine, channels: 3, exact: true),
        ]
        static let edge = Loss(
            description: "edge", family: .binary(positive: 0.95, negative: 0.05), channels: 1)
        static let saliency = Loss(
            description: "saliency", family: .binary(positive: 1, negative: 1, unknownCounts: true), channels: 1)
        static let depth = Loss(
            description: "L1 of distances", family: .error(mdl_error_absolute, mdl_unknown_zero), channels: 1,
            exact: true)
        static let smoothed = Loss(description: "smoothed", family: .crossEntropy(smoothing: 0.1))

        static let crossEntropies = all.filter(\.isOfClasses)

        var isOfClasses: Bool { if case .crossEntropy = family { true } else { false } }

        /// Whether the losses of unknown elements are added.
        var unknownCounts: Bool {
            if case .binary(_, _, _, let unknownCounts, _) = family { unknownCounts } else { false }
        }

        var overlaps: Bool {
            switch family {
            case .crossEntropy(_, _, _, let overlaps), .binary(_, _, _, _, let overlaps): overlaps
            case .error, .cosine: false
            }
        }

        var unknown: mdl_unknown {
            switch family {
            case .crossEntropy, .binary: mdl_unknown_255
            case .error(_, let unknown, _): unknown
            case .cosine: mdl_unknown_zero
            }
        }

        /// Values per pixel of a label.
        func labelChannels(_ channels: Int) -> Int { isOfClasses ? 1 : channels }

        func kernel(_ passes: mdl_passes) -> mdl_kernel {
            switch family {
            case .crossEntropy: passes.loss_cross_entropy
            case .binary: passes.loss_binary_cross_entropy
            case .error: passes.loss_error
            case .cosine: passes.loss_cosine
            }
        }

        /// The label of an element; a quarter is unknown.
        func label(_ stream: RandomStream, _ index: Int, channels: Int) -> Float {
            let together = unknown == mdl_unknown_zero ? channels : 1
            guard stream.substream("unknown").integer(UInt64(index / together), below: 4) > 0 else {
                return unknownLabel
            }
            switch family {
            case .crossEntropy: return Float(stream.integer(UInt64(index), below: channels))
            case .binary(let positive, let negative, _, _, _):
                return positive == negative
                    ? stream.unit(UInt64(index)) : Float(stream.integer(UInt64(index), below: 2))
            case .error(_, mdl_unknown_zero, _):
                return channels == 1 ? stream.unit(UInt64(index)) + 0.1 : signed(stream, index)
            case .error, .cosine: return signed(stream, index)
            }
        }

        private func signed(_ stream: RandomStream, _ index: Int) -> Float { stream.signed(UInt64(index)) }

        var unknownLabel: Float {
            switch unknown {
            case mdl_unknown_255: 255
            case mdl_unknown_nan: .nan
            default: 0
            }
        }
    }

    struct Result {
        let partial: Memory<Double>
        let gradient: Tensor
    }

    /// Coefficients of the samples, those of 0 and 2 equal: of overlaps, or of errors.
    func coefficients(_ loss: Loss, samples: Int, channels: Int) -> Memory<Double> {
        guard case .error = loss.family else {
            let stream = RandomStream("coefficients")
            return Memory(samples * 2 * channels) { index in
                Double(stream.substream(UInt64(index / (2 * channels) % 2)).signed(UInt64(index % (2 * channels))))
            }
        }
        return Memory(samples * 2) { [0.5, 0.25][$0 % 2] }
    }

    func weights(_ channels: Int) -> Memory<Double> {
        let stream = RandomStream("class weights")
        return Memory(channels) { Double(stream.integer(UInt64($0), below: 6)) / 2 }
    }

    /// Runs one loss; the labels of the samples 0 and 2 are equal too.
    func compute(
        _ loss: Loss, _ passes: mdl_passes, output: Tensor, labels: Memory<Float>, slice: Bool,
        gradient wanted: Bool = true, scale value: Float = 0.375
    ) -> Result {
        let gradient = Tensor.random("gradient", output.samples, output.extent, slice: slice)
        let partial = compute(
            loss, passes, output: output, labels: labels, gradient: wanted ? gradient.view : Tensor.none, scale: value)
        return Result(partial: partial, gradient: gradient)
    }

    func compute(
        _ loss: Loss, _ passes: mdl_passes, output: Tensor, labels: Memory<Float>, gradient: mdl_view,
        scale value: Float = 0.375
    ) -> Memory<Double> {
        let rows = PassCase.rows(Int(output.extent.height))
        let items = output.samples * Int(rows.chunks)
        let channels = Int(output.extent.channels)
        let partial = Memory<Double>(items) { _ in -1 }
        let scale = Memory<Float>(1) { _ in value }
        let common = mdl_loss(
            output: output.view, gradient: gradient, labels: labels.pointer, extent: output.extent, rows: rows,
            scale: scale.pointer, partial: partial.pointer)
        let coefficients = coefficients(loss, samples: output.samples, channels: channels)
        let overlap = loss.overlaps ? UnsafePointer(coefficients.pointer) : nil
        let kernel = loss.kernel(passes)
        switch loss.family {
        case .crossEntropy(let smoothing, let gamma, let isWeighted, _):
            let weights = isWeighted ? UnsafePointer(weights(channels).pointer) : nil
            run(
                kernel,
                mdl_cross_entropy(loss: common, smoothing: smoothing, gamma: gamma, weights: weights, overlap: overlap),
                items: items)
        case .binary(let positive, let negative, let gamma, let unknownCounts, _):
            let weights = Memory<Double>(2) { [positive, negative][$0] }
            run(
                kernel,
                mdl_binary_cross_entropy(
                    loss: common, weights: weights.pointer, gamma: gamma, unknown_counts: unknownCounts ? 1 : 0,
                    overlap: overlap), items: items)
        case .error(let error, let unknown, let constant):
            run(
                kernel,
                mdl_error_loss(
                    loss: common, unknown: unknown, error: error, constant: constant,
                    coefficients: coefficients.pointer), items: items)
        case .cosine: run(kernel, common, items: items)
        }
        return partial
    }

    /// What the gradient of a loss of constant coefficients is the gradient of: 0.375 times the sum of the losses, and with
    /// the Dice term Σ a · Σ p t + b · Σ p; the slope of SILog is that of u d² - 2 v d.
    func objective(_ loss: Loss, output: Tensor, labels: Memory<Float>) -> Double {
        let channels = Int(output.extent.channels)
        let partial = compute(loss, scalar, output: output, labels: labels, gradient: Tensor.none)
        var sum = 0.375 * partial.values.reduce(0, +)
        let coefficients = coefficients(loss, samples: output.samples, channels: channels).values
        if loss.overlaps {
            let sums = overlap(loss, scalar, output: output, labels: labels)
            let chunks = sums.count / (3 * channels * output.samples)
            for (index, value) in sums.enumerated() {
                let (item, which) = (index / (3 * channels), index % (3 * channels))
                if which < 2 * channels { sum += coefficients[item / chunks * 2 * channels + which] * value }
            }
        }
        if case .error(mdl_error_scale_invariant_log, _, _) = loss.family {
            for statistic in statistics(loss, scalar, output: output, labels: labels) {
                sum -= 0.375 * coefficients[1] * statistic[2]
            }
        }
        return sum
    }

    /// Of every item and of every channel.
    func overlap(_ loss: Loss, _ passes: mdl_passes, output: Tensor, labels: Memory<Float>) -> [Double] {
        let rows = PassCase.rows(Int(output.extent.height))
        let items = output.samples * Int(rows.chunks)
        let sums = Memory<Double>(items * 3 * Int(output.extent.channels)) { _ in -1 }
        run(
            loss.isOfClasses ? passes.class_overlap : passes.binary_overlap,
            mdl_overlap(
                output: output.view, labels: labels.pointer, extent: output.extent, rows: rows, sums: sums.pointer),
            items: items)
        return sums.values
    }

    func statistics(_ loss: Loss, _ passes: mdl_passes, output: Tensor, labels: Memory<Float>) -> [[Double]] {
        guard case .error(let error, let unknown, let constant) = loss.family else { return [] }
        let rows = PassCase.rows(Int(output.extent.height))
        let items = output.samples * Int(rows.chunks)
        let statistics = Memory<Double>(items * 3) { _ in -1 }
        run(
            passes.error_statistics,
            mdl_error_statistics(
                output: output.view, labels: labels.pointer, extent: output.extent, rows: rows, unknown: unknown,
                error: error, constant: constant, statistics: statistics.pointer), items: items)
        return (0..<items).map { Array(statistics.values[3 * $0..<3 * $0 + 3]) }
    }

    /// The gradient may be written over the output, and is the same.
    @Test(arguments: Loss.all, InstructionSet.allCases.filter(\.isAvailable))
    func gradientMayTakeTheOutputsPlace(_ loss: Loss, _ set: InstructionSet) {
        let pass = PassCase.all[0]
        let extent = mdl_extent(
            height: pass.extent.height, width: 21, channels: Int32(loss.channels ?? (loss.isOfClasses ? 21 : 5)))
        let output = Tensor.random("output", pass.samples, extent, slice: false, scale: 6)
        let labels = labels(loss, extent, samples: pass.samples)
        let passes = Kernels(set).passes
        let expected = compute(loss, passes, output: output, labels: labels, slice: false)
        let partial = compute(loss, passes, output: output, labels: labels, gradient: output.view)
        expectEqual(output.memory.bytes, expected.gradient.memory.bytes, "gradient")
        expectEqual(partial.bytes, expected.partial.bytes, "partial")
    }

    func labels(_ loss: Loss, _ extent: mdl_extent, samples: Int) -> Memory<Float> {
        let stream = RandomStream("labels")
        let channels = Int(extent.channels)
        let count = Int(extent.height * extent.width) * loss.labelChannels(channels)
        return Memory(samples * count) { index in
            loss.label(stream.substream(UInt64(index / count % 2)), index % count, channels: channels)
        }
    }

    @Test(arguments: Loss.all, PassCase.all)
    func fastLossesAreThoseOfTheReference(_ loss: Loss, _ pass: PassCase) {
        let channels = loss.channels ?? pass.channels
        let extent = mdl_extent(height: pass.extent.height, width: pass.extent.width, channels: Int32(channels))
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
            let elements = Double(2 * pass.width * loss.labelChannels(channels))
            for (a, b) in zip(actual.partial.values, expected.partial.values) {
                #expect(abs(a - b) <= elements * 0x1p-23 * loss.rounding)
            }
            // A probability is a quotient of two of them, rounded three times by 2⁻²⁴: 3.5 · 2⁻²³ of a value up to 1.
            for (a, b) in zip(actual.gradient.memory.values, expected.gradient.memory.values) {
                #expect(abs(a - b) <= 0x1p-21 * 0.375 * Float(loss.rounding))
            }
            let validation = compute(
                loss, passes(isa), output: output, labels: labels, slice: pass.slice, gradient: false)
            expectEqual(validation.partial.bytes, actual.partial.bytes, "partial without gradient")
            let untouched = Tensor.random("gradient", pass.samples, extent, slice: pass.slice)
            expectEqual(validation.gradient.bytes, untouched.bytes, "gradient not asked for")
        }
    }

    /// A sum of probabilities is off by 3.5 · 2⁻²³ for each, those of logarithms by 2⁻⁴⁰; counts and maxima are exact.
    @Test(arguments: Loss.all, PassCase.all)
    func fastStatisticsAreThoseOfTheReference(_ loss: Loss, _ pass: PassCase) {
        let channels = loss.channels ?? pass.channels
        let extent = mdl_extent(height: pass.extent.height, width: pass.extent.width, channels: Int32(channels))
        let output = Tensor.random("output", pass.samples, extent, slice: pass.slice, scale: 6)
        let labels = labels(loss, extent, samples: pass.samples)
        for isa in fastSets {
            if loss.overlaps {
                let expected = overlap(loss, scalar, output: output, labels: labels)
                let actual = overlap(loss, passes(isa), output: output, labels: labels)
                for (a, b) in zip(actual, expected) { #expect(abs(a - b) <= Double(2 * pass.width) * 0x1p-21) }
            }
            let expected = statistics(loss, scalar, output: output, labels: labels)
            let actual = statistics(loss, passes(isa), output: output, labels: labels)
            for (a, b) in zip(actual, expected) {
                #expect(a[0] == b[0] && a[1] == b[1])
                #expect(abs(a[2] - b[2]) <= Double(2 * pass.width) * 0x1p-40)
            }
        }
    }

    /// Sixteen neighbouring pixels of few channels are computed side by side; each has the bits that it has alone.
    @Test(arguments: [1, 5, 16, 21, 40, 64, 65], Loss.crossEntropies)
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

    /// Weights of 1 change nothing but roundings: what is computed without them, is.
    @Test(arguments: [1, 5, 21, 65]) func weightsOfOneAreNone(channels: Int32) {
        let extent = mdl_extent(height: 1, width: 19, channels: channels)
        let output = Tensor.random("output", 1, extent, scale: 6)
        let labels = labels(Loss.smoothed, extent, samples: 1)
        let ones = Memory<Double>(Int(channels)) { _ in 1 }
        let scale = Memory<Float>(1) { _ in 1 }
        for isa in [mdl_isa_scalar] + fastSets {
            let plain = compute(Loss.smoothed, passes(isa), output: output, labels: labels, slice: false, scale: 1)
            let gradient = Tensor.random("gradient", 1, extent)
            let partial = Memory<Double>(1) { _ in -1 }
            run(
                passes(isa).loss_cross_entropy,
                mdl_cross_entropy(
                    loss: mdl_loss(
                        output: output.view, gradient: gradient.view, labels: labels.pointer, extent: extent,
                        rows: PassCase.rows(1), scale: scale.pointer, partial: partial.pointer),
                    smoothing: 0.1, gamma: 0, weights: ones.pointer, overlap: nil), items: 1)
            #expect(abs(partial.values[0] - plain.partial.values[0]) <= 19 * 0x1p-23)
            for (a, b) in zip(gradient.values, plain.gradient.values) { #expect(abs(a - b) <= 0x1p-22) }
        }
    }

    @Test(arguments: Loss.all) func unknownPixelsHaveNoGradient(_ loss: Loss) {
        let channels = loss.channels ?? (loss.isOfClasses ? 4 : 2)
        let extent = mdl_extent(height: 3, width: 6, channels: Int32(channels))
        let output = Tensor.random("output", 3, extent, scale: 40)
        let labels = Memory<Float>(3 * 18 * loss.labelChannels(channels)) { _ in loss.unknownLabel }
        for isa in [mdl_isa_scalar] + fastSets {
            let result = compute(loss, passes(isa), output: output, labels: labels, slice: false)
            #expect(result.gradient.values.allSatisfy { $0 == 0 })
            // Two chunks per sample: 12 pixels and 6. Only saliency counts the unknown ones, with log 2 each.
            let logarithm = loss.unknownCounts ? 0.693147180559945 : 0
            for (index, partial) in result.partial.values.enumerated() {
                #expect(abs(partial - logarithm * (index % 2 == 0 ? 12 : 6)) <= 1e-11)
            }
            if loss.overlaps {
                #expect(overlap(loss, passes(isa), output: output, labels: labels).allSatisfy { $0 == 0 })
            }
            let statistics = statistics(loss, passes(isa), output: output, labels: labels)
            #expect(statistics.allSatisfy { $0 == [0, 0, 0] })
        }
    }

    @Test(arguments: Loss.all) func aNaNReachesTheSum(_ loss: Loss) {
        let channels = loss.channels ?? (loss.isOfClasses ? 21 : 2)
        let extent = mdl_extent(height: 1, width: 20, channels: Int32(channels))
        for place in [0, channels * 17 + channels - 1] {
            let output = Tensor(3, extent) { _, index in index == place ? .nan : 0.5 }
            let labels = Memory<Float>(3 * 20 * loss.labelChannels(channels)) { _ in 1 }
            for isa in [mdl_isa_scalar] + fastSets {
                let result = compute(loss, passes(isa), output: output, labels: labels, slice: false)
                #expect(result.partial.values.allSatisfy { $0.isNaN }, "instruction set \(isa.rawValue)")
            }
        }
    }

    @Test(arguments: Loss.crossEntropies) func aLabelThatIsNoClassMakesTheLossNaN(_ loss: Loss) {
        let extent = mdl_extent(height: 1, width: 2, channels: 3)
        let output = Tensor.random("output", 1, extent)
        for bad in [3, -1, 254, Float.nan] {
            let labels = Memory<Float>(2) { $0 == 0 ? 1 : bad }
            for isa in [mdl_isa_scalar] + fastSets {
                let result = compute(loss, passes(isa), output: output, labels: labels, slice: false)
                #expect(result.partial.values[0].isNaN)
            }
        }
    }

    /// Where the prediction is sure, right or wrong: nothing overflows, and a focal loss vanishes with its gradient.
    @Test(arguments: Loss.all) func lossesOfLargeOutputsAreFinite(_ loss: Loss) {
        let values: [Float] = [-1e6, 1e6, 0, 100, -100]
        let channels = loss.channels ?? 3
        let extent = mdl_extent(height: 1, width: 35, channels: Int32(channels))
        let output = Tensor(1, extent) { _, index in values[(index * 7 + index / 5) % 5] }
        let labels = labels(loss, extent, samples: 1)
        for isa in [mdl_isa_scalar] + fastSets {
            let result = compute(loss, passes(isa), output: output, labels: labels, slice: false, scale: 1)
            #expect(result.partial.values.allSatisfy { $0.isFinite })
            #expect(result.gradient.values.allSatisfy { $0.isFinite })
        }
    }

    @Test func lossesOfLargeLogitsAreFinite() {
        let logits: [Float] = [-1e30, -1000, -100, -20, -1e-3, 0, 1e-3, 20, 100, 1000, 1e30]
        let extent = mdl_extent(height: 1, width: 22, channels: 1)
        let output = Tensor(1, extent) { _, index in logits[index / 2] }
        let labels = Memory<Float>(22) { Float($0 % 2) }
        for isa in [mdl_isa_scalar] + fastSets {
            for loss in [Loss.edge, Loss.saliency] {
                let result = compute(loss, passes(isa), output: output, labels: labels, slice: false, scale: 1)
                // The softplus of one sign or the other; those of small logits are at most log 2.
                let positive = loss.unknownCounts ? 1 : 0.95
                let negative = loss.unknownCounts ? 1 : 0.05
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

    @Test(arguments: Loss.all) func labelsAreCounted(_ loss: Loss) {
        let channels = loss.channels ?? 4
        let extent = mdl_extent(height: 5, width: 7, channels: Int32(channels))
        let labels = labels(loss, extent, samples: 2)
        let labelChannels = loss.labelChannels(channels)
        let labelExtent = mdl_extent(height: 5, width: 7, channels: Int32(labelChannels))
        let classes = loss.isOfClasses ? channels : 0
        for isa in [mdl_isa_scalar] + fastSets {
            let counts = Memory<Int64>(6 * (2 + classes)) { _ in -1 }
            run(
                passes(isa).label_counts,
                mdl_label_counts(
                    labels: labels.pointer, extent: labelExtent, rows: PassCase.rows(5), unknown: loss.unknown,
                    classes: Int32(classes), counts: counts.pointer), items: 6)
            for item in 0..<6 {
                let pixels = item % 3 == 2 ? 28..<35 : item % 3 * 14..<(item % 3 + 1) * 14
                var expected = [Int64](repeating: 0, count: 2 + classes)
                for pixel in pixels.map({ $0 + 35 * (item / 3) }) {
                    let own = (0..<labelChannels).map { labels.values[pixel * labelChannels + $0] }
                    let isKnown = own.map { value in
                        loss.unknown == mdl_unknown_zero
                            ? own.contains { $0 != 0 } : !(value.isNaN || (value == 255 && !loss.exact))
                    }
                    expected[0] += Int64(isKnown.count { $0 })
                    expected[1] += Int64(zip(own, isKnown).count { $1 && $0 > 0.5 })
                    if classes > 0, isKnown[0] { expected[2 + Int(own[0])] += 1 }
                }
                #expect(Array(counts.values[item * (2 + classes)..<(item + 1) * (2 + classes)]) == expected)
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
            let result = compute(Loss.smoothed, passes(isa), output: output, labels: labels, slice: false, scale: 1)
            #expect(abs(result.partial.values[0] - loss) <= 1e-6)
            for channel in 0..<4 {
                let slope = exp(logits[channel]) / sum - truth[channel]
                #expect(abs(Double(result.gradient.values[channel]) - slope) <= 1e-6)
            }
        }
    }
}
