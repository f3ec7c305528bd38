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
        let (task, channels) = (head.task, head.task.labelChannels)
        for pixel in 0..<samples * pixels {
            let bits = stream.bits(UInt64(pixel))
            let label = labels.baseAddress! + pixel * channels
            guard bits >> 56 >= 26 else {
                for channel in 0..<channels { label[channel] = task.unknownLabel }
                continue
            }
            let (sample, place) = (pixel / pixels, pixel % pixels)
            task.draw(to: label, bits: bits, outputs: head.channels) { channel in
                directions.signed(UInt64((sample * channels + channel) * pixels + place))
            }
        }
    }
}
