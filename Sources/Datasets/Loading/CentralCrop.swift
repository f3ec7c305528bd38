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
