import TensorCore

/// The paper's training augmentation: a random scale, a random crop, a mirror image every other time.
///
/// Everything drawn is a function of (seed, epoch, sample), so it depends neither on workers nor on ranks nor on
/// where a run was resumed.
package struct Augmentation: TrainingCrop, Hashable {
    /// The factors of the paper's reference program; each is as likely as the others.
    package static let paperScales = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]

    package let cropHeight: Int
    package let cropWidth: Int
    package let scales: [Double]
    package let mirrors: Bool
    /// Whether the crop lies in the middle, and not at a random place.
    package let isCentred: Bool
    private let seed: RandomStream

    /// - Parameters:
    ///   - scales: what to draw from; `[1]` leaves the size alone.
    ///   - mirrors: whether every other picture is mirrored.
    ///   - isCentred: whether the crop lies in the middle, and not at a random place.
    package init(
        cropHeight: Int, cropWidth: Int, scales: [Double] = paperScales, mirrors: Bool = true, isCentred: Bool = false,
        seed: UInt64
    ) {
        precondition(cropHeight > 0 && cropWidth > 0, "a crop has an area")
        precondition(!scales.isEmpty && scales.allSatisfy { $0 > 0 }, "scales are positive, and there is one at least")
        self.cropHeight = cropHeight
        self.cropWidth = cropWidth
        self.scales = scales
        self.mirrors = mirrors
        self.isCentred = isCentred
        self.seed = RandomStream("augmentation").substream(seed)
    }

    /// The view of sample `index` in epoch `epoch`, whose picture has the given size.
    ///
    /// The scaled picture is first padded to at least the crop, lying in its middle; every place of the crop inside
    /// that is as likely as the others.
    package func view(epoch: Int, index: Int, sourceHeight: Int, sourceWidth: Int) -> SampleView {
        let random = seed.substream(UInt64(epoch)).substream(UInt64(index))
        let scale = scales[random.integer(0, below: scales.count)]
        func offset(_ side: Int, crop: Int, drawnBy draw: UInt64) -> Int {
            let scaled = SampleView.scaled(side, by: scale)
            let padded = max(scaled, crop)
            let cut = isCentred ? (padded - crop) / 2 : random.integer(draw, below: padded - crop + 1)
            return (padded - scaled) / 2 - cut
        }
        return SampleView(
            sourceHeight: sourceHeight, sourceWidth: sourceWidth, frameHeight: cropHeight, frameWidth: cropWidth,
            scale: scale, top: offset(sourceHeight, crop: cropHeight, drawnBy: 1),
            left: offset(sourceWidth, crop: cropWidth, drawnBy: 2), isMirrored: mirrors && random.bits(3) >> 63 == 1)
    }
}
