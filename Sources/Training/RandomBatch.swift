import Datasets
import Networks
import TensorCore

/// Images and labels that are functions of their names: what golden cases and benchmarks compute with.
struct RandomBatch {
    let samples: Int
    let height: Int
    let width: Int

    private var pixels: Int { height * width }

    /// Fills samples × height × width × 3 values with 1.5 u, numbered channels first.
    func fill(_ images: UnsafeMutablePointer<Float>, named name: String) {
        let stream = RandomStream(name)
        for sample in 0..<samples {
            for channel in 0..<3 {
                for pixel in 0..<pixels {
                    let index = (sample * 3 + channel) * pixels + pixel
                    images[(sample * pixels + pixel) * 3 + channel] = Float(
                        1.5 * Double(stream.signed(UInt64(index))))
                }
            }
        }
    }

    /// Fills the labels of a step; about a tenth of the pixels is unknown.
    func fill(_ labels: UnsafeMutableBufferPointer<Float>, of head: TaskHead, step: Int) {
        let name = "labels.\(head.name).\(step)"
        let stream = RandomStream(name)
        let directions = RandomStream(name + ".xyz")
        for pixel in 0..<samples * pixels {
            let bits = stream.bits(UInt64(pixel))
            let isKnown = bits >> 56 >= 26
            switch head.task.kind {
            case .classes: labels[pixel] = isKnown ? Float(bits % UInt64(head.channels)) : 255
            case .score:
                // Boundaries are few.
                let isTrue = head.task.scoreRule == .boundaries ? bits & 7 == 0 : bits & 1 == 1
                for channel in 0..<head.task.channels {
                    labels[pixel * head.task.channels + channel] = isKnown ? (isTrue ? 1 : 0) : 255
                }
            case .distance: labels[pixel] = isKnown ? Float(1 + 9 * Double((bits >> 20) & 0xFF_FFFF) / 0x1p24) : 0
            case .value:
                for channel in 0..<head.task.channels {
                    labels[pixel * head.task.channels + channel] =
                        isKnown ? directions.signed(UInt64(pixel * head.task.channels + channel)) : .nan
                }
            case .direction:
                let (sample, place) = (pixel / pixels, pixel % pixels)
                let vector = (0..<3).map { Double(directions.signed(UInt64((sample * 3 + $0) * pixels + place))) }
                let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                for channel in 0..<3 { labels[pixel * 3 + channel] = isKnown ? Float(vector[channel] / length) : 0 }
            }
        }
    }
}
