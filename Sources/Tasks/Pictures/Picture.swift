import Datasets

/// A picture for people: 8-bit RGB, row-major, 3 bytes for each pixel.
package struct Picture: Sendable, Equatable {
    package let height: Int
    package let width: Int
    /// `rgb[(row * width + column) * 3 + channel]`
    package private(set) var rgb: [UInt8]

    package init(height: Int, width: Int, rgb: [UInt8]) {
        precondition(rgb.count == height * width * 3, "a picture has three bytes for each pixel")
        self.height = height
        self.width = width
        self.rgb = rgb
    }

    /// A picture of one colour.
    package init(height: Int, width: Int, color: Color) {
        self.height = height
        self.width = width
        rgb = []
        rgb.reserveCapacity(height * width * 3)
        for _ in 0..<height * width {
            rgb.append(color.red)
            rgb.append(color.green)
            rgb.append(color.blue)
        }
    }

    /// A picture of the colours that `color` gives for each row and column.
    @inline(__always)
    init(height: Int, width: Int, color: (Int, Int) -> Color) {
        self.height = height
        self.width = width
        rgb = [UInt8](unsafeUninitializedCapacity: height * width * 3) { buffer, count in
            var next = 0
            for row in 0..<height {
                for column in 0..<width {
                    let color = color(row, column)
                    buffer[next] = color.red
                    buffer[next + 1] = color.green
                    buffer[next + 2] = color.blue
                    next += 3
                }
            }
            count = next
        }
    }

    /// The colour of one pixel.
    package subscript(row: Int, column: Int) -> Color {
        get {
            let index = (row * width + column) * 3
            return Color(red: rgb[index], green: rgb[index + 1], blue: rgb[index + 2])
        }
        set {
            let index = (row * width + column) * 3
            rgb[index] = newValue.red
            rgb[index + 1] = newValue.green
            rgb[index + 2] = newValue.blue
        }
    }

    /// The part of `height` × `width` pixels whose upper left corner is (row, column).
    package func part(row: Int, column: Int, height: Int, width: Int) -> Picture {
        precondition(
            row >= 0 && column >= 0 && row + height <= self.height && column + width <= self.width,
            "a part lies inside its picture")
        return Picture(height: height, width: width) { self[row + $0, column + $1] }
    }

    /// Draws `picture` with its upper left corner at (row, column), every pixel as a square of `magnification` pixels;
    /// it must lie inside.
    mutating func draw(_ picture: Picture, row: Int, column: Int, magnification: Int = 1) {
        precondition(
            row >= 0 && column >= 0 && magnification > 0 && row + picture.height * magnification <= height
                && column + picture.width * magnification <= width, "a picture is drawn inside another")
        for targetRow in 0..<picture.height * magnification {
            let source = targetRow / magnification * picture.width
            let target = (row + targetRow) * width + column
            for targetColumn in 0..<picture.width * magnification {
                for channel in 0..<3 {
                    rgb[(target + targetColumn) * 3 + channel] =
                        picture.rgb[(source + targetColumn / magnification) * 3 + channel]
                }
            }
        }
    }
}

/// An 8-bit RGB colour.
package struct Color: Sendable, Hashable {
    package let red: UInt8
    package let green: UInt8
    package let blue: UInt8

    package init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    package init(gray: UInt8) {
        self.init(red: gray, green: gray, blue: gray)
    }

    package static let black = Color(gray: 0)
    package static let white = Color(gray: 255)
}

extension Picture {
    /// The picture, made smaller where a side is longer than `side`, which it then has: see ``ShrunkPicture``.
    package func shrunk(toFit side: Int) -> Picture {
        var shrunk = ShrunkPicture(height: height, width: width, toFit: side)
        shrunk.add(rows: self)
        return shrunk.picture
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

extension Picture {
    /// What stands at the right of a picture of `height` rows whose colours are numbers: a bar of them from the lowest, above,
    /// to the highest, with both. It is no lower than the picture.
    ///
    /// - Parameter unit: follows the numbers, with its blank.
    package init(barOf range: ValueRange, unit: String, height: Int) {
        let size = max(1, height / 160)
        let gap = 4 * size
        let captions = [range.lowest, range.highest].map { Self.tenths($0) + unit }
        let captionHeight = Lettering.height * size
        let barHeight = max(height - 2 * (captionHeight + gap), 4 * size)
        let columns = max(captions.map { Lettering.width($0) * size }.max()!, 12 * size)
        self.init(
            height: max(height, barHeight + 2 * (captionHeight + gap)), width: columns + 2 * gap, color: Self.paper)
        let bar = Picture(height: barHeight, width: 12 * size) { row, _ in
            Palette.color(ofDistance: Float(row) / Float(max(barHeight - 1, 1)))
        }
        draw(bar, row: captionHeight + gap, column: gap)
        for (caption, row) in zip(captions, [0, captionHeight + barHeight + 2 * gap]) {
            Lettering.write(
                caption, on: &self, row: row, column: gap, magnification: size, color: Color(gray: 230))
        }
    }

    /// What lies around pictures.
    static let paper = Color(gray: 24)

    /// Such as `2.5`: tenths, without the rest of the number formats.
    private static func tenths(_ number: Float) -> String {
        let tenths = Int((max(-99_999, min(number, 99_999)) * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}

/// Colours that stand for classes and for numbers.
package enum Palette {
    /// The colour of class `index` in the palette of the PASCAL VOC challenge, which goes on for 256 classes: the bits
    /// of the index, three at a time, become the bits of red, green and blue, highest first. 0 is black.
    package static func color(ofClass index: Int) -> Color {
        var rest = index & 255
        var (red, green, blue): (UInt8, UInt8, UInt8) = (0, 0, 0)
        for place in (0..<8).reversed() where rest != 0 {
            red |= UInt8(rest & 1) << place
            green |= UInt8(rest >> 1 & 1) << place
            blue |= UInt8(rest >> 2 & 1) << place
            rest >>= 3
        }
        return Color(red: red, green: green, blue: blue)
    }

    /// What is drawn where a class is unknown: the palette's colour of 255.
    package static let unknownClass = color(ofClass: 255)

    /// What is drawn where an edge, a salient pixel or a depth is unknown: a grey blue that no ramp passes through.
    package static let unknown = Color(red: 70, green: 90, blue: 120)

    /// The colour of a distance in 0 (near, bright) … 1 (far, dark); lightness falls evenly, so the order of distances
    /// is seen in grey too.
    package static func color(ofDistance share: Float) -> Color {
        let clamped = share > 0 ? min(share, 1) : 0
        let place = clamped * Float(distances.count - 1)
        let below = min(Int(place), distances.count - 2)
        let weight = place - Float(below)
        let mixed = distances[below] + weight * (distances[below + 1] - distances[below])
        return Color(red: UInt8(mixed.x + 0.5), green: UInt8(mixed.y + 0.5), blue: UInt8(mixed.z + 0.5))
    }

    /// Cream over orange, red and violet to dark blue.
    private static let distances: [SIMD3<Float>] = [
        [254, 246, 188], [253, 204, 116], [247, 156, 82], [226, 106, 84], [184, 70, 108], [134, 48, 120],
        [86, 34, 112], [42, 22, 82], [12, 10, 40],
    ]
}
