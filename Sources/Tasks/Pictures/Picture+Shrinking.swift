extension Picture {
    /// The picture, made smaller where a side is longer than `side`, which it then has: every pixel is the mean of those
    /// that it stands for, which are not equally many for all.
    package func shrunk(toFit side: Int) -> Picture {
        let longest = max(height, width)
        guard longest > side else { return self }
        let (newHeight, newWidth) = (max(1, height * side / longest), max(1, width * side / longest))
        return Picture(height: newHeight, width: newWidth) { row, column in
            mean(
                rows: row * height / newHeight..<(row + 1) * height / newHeight,
                columns: column * width / newWidth..<(column + 1) * width / newWidth)
        }
    }

    /// The picture with both sides divided by the smallest whole number that leaves neither above `side`; every pixel
    /// is the mean of a square, so that all are equally sharp. What fills no square at the right and lower edge is left
    /// out.
    package func reduced(toFit side: Int) -> Picture {
        let factor = (max(height, width) + side - 1) / side
        guard factor > 1 else { return self }
        return Picture(height: max(1, height / factor), width: max(1, width / factor)) { row, column in
            mean(
                rows: row * factor..<min((row + 1) * factor, height),
                columns: column * factor..<min((column + 1) * factor, width))
        }
    }

    /// The mean colour of some pixels, of which there is at least one.
    private func mean(rows: Range<Int>, columns: Range<Int>) -> Color {
        var sum = SIMD3<Int>(repeating: 0)
        for row in rows {
            for column in columns {
                let color = self[row, column]
                sum &+= SIMD3(Int(color.red), Int(color.green), Int(color.blue))
            }
        }
        let count = rows.count * columns.count
        func rounded(_ sum: Int) -> UInt8 { UInt8((sum + count / 2) / count) }
        return Color(red: rounded(sum.x), green: rounded(sum.y), blue: rounded(sum.z))
    }
}
