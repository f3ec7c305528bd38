import Datasets

extension Picture {
    /// The picture with a bar of its colours at its right, from the lowest number, above, to the highest, with both.
    ///
    /// - Parameter unit: follows the numbers, with its blank.
    package func withBar(_ range: ValueRange, unit: String) -> Picture {
        let size = max(1, height / 160)
        let gap = 4 * size
        let captions = [range.lowest, range.highest].map { Self.tenths($0) + unit }
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

    /// Such as `2.5`: tenths, without the rest of the number formats.
    private static func tenths(_ number: Float) -> String {
        let tenths = Int((max(-99_999, min(number, 99_999)) * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
