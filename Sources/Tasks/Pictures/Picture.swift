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
