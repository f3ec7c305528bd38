import Datasets

extension Picture {
    /// The picture of depths with a bar of their colours at its right, from the nearest, above, to the farthest, with
    /// both in metres.
    package func withDepthBar(_ range: DepthRange) -> Picture {
        let size = max(1, height / 160)
        let gap = 4 * size
        let captions = [range.nearest, range.farthest].map(Self.metres)
        let captionHeight = Lettering.height * size
        let barHeight = max(height - 2 * (captionHeight + gap), 4 * size)
        let columns = max(captions.map { Lettering.width($0) * size }.max()!, 12 * size)
        var whole = Picture(
            height: max(height, barHeight + 2 * (captionHeight + gap)), width: width + columns + 2 * gap,
            color: Color(gray: 24))
        whole.draw(self, row: 0, column: 0)
        let left = width + gap
        let bar = Picture(height: barHeight, width: 12 * size) { row, _ in
            Palette.color(ofDistance: Float(row) / Float(max(barHeight - 1, 1)))
        }
        whole.draw(bar, row: captionHeight + gap, column: left)
        for (caption, row) in zip(captions, [0, captionHeight + barHeight + 2 * gap]) {
            Lettering.write(
                caption, on: &whole, row: row, column: left, magnification: size, color: Color(gray: 230))
        }
        return whole
    }

    /// Such as `2.5 m`: tenths, without the rest of the number formats.
    private static func metres(_ depth: Float) -> String {
        let tenths = Int((max(-99_999, min(depth, 99_999)) * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10) m"
    }
}
