/// Which part of a picture the network sees, and how: scaled, then moved into a frame, then perhaps mirrored.
///
/// Row `r`, column `c` of the scaled picture is at row `r + top`, column `c + left` of the frame before mirroring.
/// What the picture does not cover is padding.
package struct SampleView: Sendable, Hashable {
    package let sourceHeight: Int
    package let sourceWidth: Int
    package let frameHeight: Int
    package let frameWidth: Int
    /// The factor of both sides; depth is divided by it.
    package let scale: Double
    /// A further factor of the width: 1, but where pictures alone are seen, which may be stretched.
    package let stretch: Double
    /// May be negative: the frame then begins inside the picture.
    package let top: Int
    package let left: Int
    package let isMirrored: Bool

    package init(
        sourceHeight: Int, sourceWidth: Int, frameHeight: Int, frameWidth: Int, scale: Double, stretch: Double = 1,
        top: Int, left: Int, isMirrored: Bool
    ) {
        precondition(sourceHeight > 0 && sourceWidth > 0 && frameHeight > 0 && frameWidth > 0, "a view has an area")
        precondition(scale > 0 && stretch > 0, "a scale is positive")
        self.sourceHeight = sourceHeight
        self.sourceWidth = sourceWidth
        self.frameHeight = frameHeight
        self.frameWidth = frameWidth
        self.scale = scale
        self.stretch = stretch
        self.top = top
        self.left = left
        self.isMirrored = isMirrored
    }

    /// floor(side · scale), and at least one pixel.
    package var scaledHeight: Int { Self.scaled(sourceHeight, by: scale) }
    package var scaledWidth: Int { Self.scaled(sourceWidth, by: scale * stretch) }

    static func scaled(_ side: Int, by scale: Double) -> Int {
        max(1, Int((Double(side) * scale).rounded(.down)))
    }

    /// The factor that gives `side` pixels at least `length`: a quotient that was rounded down would miss the last one.
    static func scale(of side: Int, covering length: Int) -> Double {
        var scale = Double(length) / Double(side)
        while scaled(side, by: scale) < length { scale = scale.nextUp }
        return scale
    }

    /// The view for evaluation: the picture as it is in the middle of the frame (the odd pixel is below and right),
    /// which must be large enough, as cutting would leave pixels out of a metric.
    package static func whole(
        sourceHeight: Int, sourceWidth: Int, frameHeight: Int, frameWidth: Int
    ) -> SampleView {
        precondition(sourceHeight <= frameHeight && sourceWidth <= frameWidth, "the frame holds the whole picture")
        return SampleView(
            sourceHeight: sourceHeight, sourceWidth: sourceWidth, frameHeight: frameHeight, frameWidth: frameWidth,
            scale: 1, top: (frameHeight - sourceHeight) / 2, left: (frameWidth - sourceWidth) / 2, isMirrored: false)
    }
}
