import Datasets

/// A picture made smaller as its rows come, where a side is longer than `side`, which it then has: every pixel is the mean
/// of those that it stands for, which are not equally many for all.
package struct ShrunkPicture {
    private let height: Int
    private let width: Int
    private let newHeight: Int
    private let newWidth: Int
    private var row = 0
    /// Of the new row that is not complete yet.
    private var sums: [SIMD3<Int>]
    private var rgb: [UInt8] = []

    /// Of a picture of this size.
    package init(height: Int, width: Int, toFit side: Int) {
        let longest = max(height, width)
        (self.height, self.width) = (height, width)
        (newHeight, newWidth) =
            longest > side ? (max(1, height * side / longest), max(1, width * side / longest)) : (height, width)
        sums = Array(repeating: .zero, count: newWidth)
        rgb.reserveCapacity(newHeight * newWidth * 3)
    }

    /// Takes the next rows.
    package mutating func add(rows: Picture) {
        precondition(rows.width == width && row + rows.height <= height, "rows are those of the picture")
        rows.rgb.withUnsafeBufferPointer { bytes in
            for own in 0..<rows.height {
                for column in 0..<newWidth {
                    for place in column * width / newWidth..<(column + 1) * width / newWidth {
                        let start = (own * width + place) * 3
                        sums[column] &+= SIMD3(Int(bytes[start]), Int(bytes[start + 1]), Int(bytes[start + 2]))
                    }
                }
                row += 1
                let newRow = rgb.count / 3 / newWidth
                if row == (newRow + 1) * height / newHeight { complete(newRow) }
            }
        }
    }

    private mutating func complete(_ newRow: Int) {
        let rows = (newRow + 1) * height / newHeight - newRow * height / newHeight
        for column in 0..<newWidth {
            let count = rows * ((column + 1) * width / newWidth - column * width / newWidth)
            let mean = (sums[column] &+ SIMD3(repeating: count / 2)) / SIMD3(repeating: count)
            rgb += [UInt8(mean.x), UInt8(mean.y), UInt8(mean.z)]
            sums[column] = .zero
        }
    }

    /// The picture, once all rows are there.
    package var picture: Picture { Picture(height: newHeight, width: newWidth, rgb: rgb) }
}
