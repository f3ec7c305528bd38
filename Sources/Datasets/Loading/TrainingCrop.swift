import Foundation
import TensorCore

/// How pictures of any size come to one size: what is seen of each, as a function of what was drawn.
package protocol TrainingCrop: Sendable {
    var cropHeight: Int { get }
    var cropWidth: Int { get }

    /// The view of sample `index` in epoch `epoch`, whose picture has the given size.
    func view(epoch: Int, index: Int, sourceHeight: Int, sourceWidth: Int) -> SampleView
}

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

/// The middle of a picture that was scaled, keeping its proportions, until it just covers the crop with a margin.
///
/// Nothing is drawn and nothing padded. The classification literature examines with margin 256 / 224.
package struct CentralCrop: TrainingCrop, Hashable {
    package let cropHeight: Int
    package let cropWidth: Int
    /// By how much the scaled picture is to exceed the crop: 1 cuts nothing from the tighter side.
    package let margin: Double

    package init(cropHeight: Int, cropWidth: Int, margin: Double = 1) {
        precondition(cropHeight > 0 && cropWidth > 0 && margin >= 1, "a crop has an area, and lies in the picture")
        self.cropHeight = cropHeight
        self.cropWidth = cropWidth
        self.margin = margin
    }

    package func view(epoch: Int, index: Int, sourceHeight: Int, sourceWidth: Int) -> SampleView {
        let scale =
            margin
            * max(
                SampleView.scale(of: sourceHeight, covering: cropHeight),
                SampleView.scale(of: sourceWidth, covering: cropWidth))
        let height = SampleView.scaled(sourceHeight, by: scale)
        let width = SampleView.scaled(sourceWidth, by: scale)
        return SampleView(
            sourceHeight: sourceHeight, sourceWidth: sourceWidth, frameHeight: cropHeight, frameWidth: cropWidth,
            scale: scale, top: -((height - cropHeight) / 2), left: -((width - cropWidth) / 2), isMirrored: false)
    }
}

/// The classification literature's augmentation (Szegedy et al., "Going Deeper with Convolutions", CVPR 2015): a rectangle
/// of random area and proportions at a random place, resized to the crop, mirrored every other time.
///
/// Up to ten rectangles are drawn until one lies within the picture, as its users' programs do; failing that, the middle
/// of the picture is taken (``CentralCrop``). Everything drawn is a function of (seed, epoch, sample).
package struct RandomResizedCrop: TrainingCrop, Hashable {
    package let cropHeight: Int
    package let cropWidth: Int
    /// The rectangle's share of the picture's area.
    package let areas: ClosedRange<Double>
    /// The rectangle's width over its height; drawn evenly in the logarithm.
    package let ratios: ClosedRange<Double>
    private let seed: RandomStream

    private static let attempts = 10

    package init(
        cropHeight: Int, cropWidth: Int, areas: ClosedRange<Double> = 0.08...1,
        ratios: ClosedRange<Double> = 3.0 / 4...4.0 / 3, seed: UInt64
    ) {
        precondition(cropHeight > 0 && cropWidth > 0, "a crop has an area")
        precondition(areas.lowerBound > 0 && areas.upperBound <= 1 && ratios.lowerBound > 0, "a rectangle has an area")
        self.cropHeight = cropHeight
        self.cropWidth = cropWidth
        self.areas = areas
        self.ratios = ratios
        self.seed = RandomStream("random resized crop").substream(seed)
    }

    package func view(epoch: Int, index: Int, sourceHeight: Int, sourceWidth: Int) -> SampleView {
        let random = seed.substream(UInt64(epoch)).substream(UInt64(index))
        let isMirrored = random.bits(0) >> 63 == 1
        func between(_ range: ClosedRange<Double>, drawnBy draw: UInt64) -> Double {
            range.lowerBound + Double(random.unit(draw)) * (range.upperBound - range.lowerBound)
        }
        for attempt in 0..<UInt64(Self.attempts) {
            let area = between(areas, drawnBy: 4 * attempt + 1) * Double(sourceHeight * sourceWidth)
            let ratio = exp(between(log(ratios.lowerBound)...log(ratios.upperBound), drawnBy: 4 * attempt + 2))
            let height = Int((area / ratio).squareRoot().rounded())
            let width = Int((area * ratio).squareRoot().rounded())
            guard (1...sourceHeight).contains(height), (1...sourceWidth).contains(width) else { continue }
            let top = random.integer(4 * attempt + 3, below: sourceHeight - height + 1)
            let left = random.integer(4 * attempt + 4, below: sourceWidth - width + 1)
            return view(
                top: top, left: left, height: height, width: width, sourceHeight: sourceHeight,
                sourceWidth: sourceWidth, isMirrored: isMirrored)
        }
        let middle = CentralCrop(cropHeight: cropHeight, cropWidth: cropWidth).view(
            epoch: epoch, index: index, sourceHeight: sourceHeight, sourceWidth: sourceWidth)
        return SampleView(
            sourceHeight: sourceHeight, sourceWidth: sourceWidth, frameHeight: cropHeight, frameWidth: cropWidth,
            scale: middle.scale, top: middle.top, left: middle.left, isMirrored: isMirrored)
    }

    /// The whole picture is scaled so that the rectangle has the crop's size, to the nearest pixel.
    private func view(
        top: Int, left: Int, height: Int, width: Int, sourceHeight: Int, sourceWidth: Int, isMirrored: Bool
    ) -> SampleView {
        let rows = SampleView.scale(of: height, covering: cropHeight)
        var stretch = SampleView.scale(of: width, covering: cropWidth) / rows
        while SampleView.scaled(width, by: rows * stretch) < cropWidth { stretch = stretch.nextUp }
        // The scaled picture ends where it was rounded down to; the crop does not reach beyond that.
        func offset(_ first: Int, _ scale: Double, _ source: Int, _ crop: Int) -> Int {
            min(Int((Double(first) * scale).rounded()), SampleView.scaled(source, by: scale) - crop)
        }
        return SampleView(
            sourceHeight: sourceHeight, sourceWidth: sourceWidth, frameHeight: cropHeight, frameWidth: cropWidth,
            scale: rows, stretch: stretch, top: -offset(top, rows, sourceHeight, cropHeight),
            left: -offset(left, rows * stretch, sourceWidth, cropWidth), isMirrored: isMirrored)
    }
}
