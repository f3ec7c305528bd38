import CConvolution
import CThreadPool
import ConvolutionEngine
import TensorCore

/// What losses need to know of a whole image before its gradient: one more pass over the output, whose partial sums are
/// folded for each sample in the order of its chunks. All memory is made once.
protocol ImageStatistics: AnyObject {
    /// The pass over the output.
    var step: UnsafeMutablePointer<mdl_step> { get }
    /// What the loss's kernel is given.
    var coefficients: UnsafeMutablePointer<Double> { get }
    /// Folds the pass's results; then coefficients are those of this batch.
    ///
    /// - Parameter scale: weight of the loss / divisor of what is a mean over images.
    func fold(scale: Double)
    /// What the image adds to the loss beside the sum over its pixels, before `scale`.
    func added(_ sample: Int) -> Double
}

/// The Dice coefficients of each image.
final class DiceStatistics: ImageStatistics {
    let step: UnsafeMutablePointer<mdl_step>
    let coefficients: UnsafeMutablePointer<Double>
    private let term: DiceTerm
    private let samples: Int
    private let chunks: Int
    private let channels: Int
    private let sums: UnsafeMutablePointer<Double>
    private let losses: UnsafeMutablePointer<Double>

    /// - Parameter kernel: `class_overlap` or `binary_overlap`.
    init(
        _ term: DiceTerm, output: TensorView, labels: UnsafePointer<Float>, kernel: mdl_kernel?,
        in arguments: ArgumentStore
    ) {
        self.term = term
        samples = output.samples
        channels = output.channels
        let rows = output.rows
        chunks = Int(rows.chunks)
        sums = arguments.keep([Double](repeating: 0, count: samples * chunks * 3 * channels))
        coefficients = arguments.keep([Double](repeating: 0, count: samples * 2 * channels))
        losses = arguments.keep([Double](repeating: 0, count: samples))
        let overlap = mdl_overlap(
            output: output.view, labels: labels, extent: output.extent, rows: rows, sums: sums)
        step = arguments.keep(
            mdl_step(
                kernel: kernel, arguments: UnsafeRawPointer(arguments.keep(overlap)), items: Int32(samples * chunks),
                tag: 0))
    }

    func fold(scale: Double) {
        for sample in 0..<samples {
            let first = sums + sample * chunks * 3 * channels
            let own = coefficients + sample * 2 * channels
            var coefficientSum = 0.0
            for channel in 0..<channels {
                var (both, predicted, truth) = (0.0, 0.0, 0.0)
                for chunk in 0..<chunks {
                    let part = first + chunk * 3 * channels + channel
                    both += part[0]
                    predicted += part[channels]
                    truth += part[2 * channels]
                }
                let denominator = predicted + truth + term.smooth
                let numerator = 2 * both + term.smooth
                coefficientSum += numerator / denominator
                // The loss is 1 - the mean of these quotients.
                let factor = term.weight * scale / Double(channels) / denominator
                own[channel] = -2 * factor
                own[channels + channel] = factor * numerator / denominator
            }
            losses[sample] = term.weight * (1 - coefficientSum / Double(channels))
        }
    }

    func added(_ sample: Int) -> Double { losses[sample] }
}

/// The largest error of each image, and the mean of the differences of its logarithms.
final class ErrorStatistics: ImageStatistics {
    let step: UnsafeMutablePointer<mdl_step>
    let coefficients: UnsafeMutablePointer<Double>
    private let function: ErrorFunction
    private let samples: Int
    private let chunks: Int
    private let statistics: UnsafeMutablePointer<Double>

    init(
        _ function: ErrorFunction, output: TensorView, labels: UnsafePointer<Float>, unknown: mdl_unknown,
        kernels: Kernels, in arguments: ArgumentStore
    ) {
        self.function = function
        samples = output.samples
        let rows = output.rows
        chunks = Int(rows.chunks)
        statistics = arguments.keep([Double](repeating: 0, count: samples * chunks * 3))
        coefficients = arguments.keep([Double](repeating: 0, count: samples * 2))
        let pass = mdl_error_statistics(
            output: output.view, labels: labels, extent: output.extent, rows: rows, unknown: unknown,
            error: function.kind, constant: function.constant, statistics: statistics)
        step = arguments.keep(
            mdl_step(
                kernel: kernels.passes.error_statistics, arguments: UnsafeRawPointer(arguments.keep(pass)),
                items: Int32(samples * chunks), tag: 0))
    }

    func fold(scale: Double) {
        for sample in 0..<samples {
            var (count, largest, sum) = (0.0, 0.0, 0.0)
            for chunk in 0..<chunks {
                let part = statistics + (sample * chunks + chunk) * 3
                count += part[0]
                largest = max(largest, part[1])
                sum += part[2]
            }
            let own = coefficients + sample * 2
            (own[0], own[1]) = (0, 0)
            switch function {
            case .reverseHuber(let factor): own[0] = factor * largest
            case .scaleInvariantLog(let lambda, _) where count > 0:
                own[0] = 1 / count
                own[1] = lambda * sum / (count * count)
            case .absolute, .squared, .huber, .absoluteLog, .scaleInvariantLog: break
            }
        }
    }

    func added(_ sample: Int) -> Double { 0 }
}
