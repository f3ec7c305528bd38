import Datasets
import Foundation

/// The numbers that a picture shows from its first colour to its last: metres of a distance, numbers of a value.
package struct ValueRange: Sendable, Equatable {
    package let lowest: Float
    package let highest: Float

    package init(lowest: Float, highest: Float) {
        self.lowest = lowest
        self.highest = highest
    }

    /// From the lowest to the highest known number of a label, or of an output, so that a prediction can be drawn in the
    /// colours of its truth; 0 to 10 where none is known, and for kinds whose colours do not depend on a range.
    package init(of map: MapView, task: LearningTask) {
        self = ValueRange(of: map, task: task, beside: nil) ?? .standard
    }

    /// The same for some rows, and what is known of others; nil where nothing is.
    package init?(of map: MapView, task: LearningTask, beside other: ValueRange?) {
        var (lowest, highest) = (other?.lowest ?? .infinity, other?.highest ?? -.infinity)
        let isKnown: (Float) -> Bool
        switch task.kind.content {
        case .metres: isKnown = { $0 > 0 }
        case .numbers: isKnown = \.isFinite
        case .classes, .shares, .vectors: return nil
        }
        for row in 0..<map.height {
            let values = UnsafeBufferPointer(start: map.row(row), count: map.width * map.channels)
            for value in values where isKnown(value) {
                lowest = min(lowest, value)
                highest = max(highest, value)
            }
        }
        guard lowest <= highest else { return nil }
        self.init(lowest: lowest, highest: highest)
    }

    /// 0 to 10.
    package static let standard = ValueRange(lowest: 0, highest: 10)

    /// Where a number lies: 0 at the lowest, 1 at the highest.
    @inline(__always)
    func share(_ value: Float) -> Float {
        let span = highest - lowest
        return span > 0 ? (value - lowest) / span : 0
    }

    @inline(__always)
    func color(_ value: Float) -> Color { Palette.color(ofDistance: share(value)) }
}

/// How labels and outputs of every kind look.
///
/// Classes have the colours of ``Palette``; a score is white on black, and of several channels the strongest one has its
/// class's colour; a direction (x, y, z) is red, green, blue = 255 (n + 1) / 2; a distance runs from bright (near) to dark
/// (far), and so does a value of one channel. Two channels are a vector: its angle is the hue, its length how bright it is.
/// Of more, the first three are red, green and blue.
extension Picture {
    /// Draws a label map as ``TaskKind`` encodes it. What is unknown is grey blue, of directions black.
    package init(label: MapView, task: LearningTask, range: ValueRange = .standard) {
        precondition(label.channels == task.labelChannels, "a label has the channels of its task")
        self.init(height: label.height, width: label.width) { row, column in
            let value = label.row(row) + column * label.channels
            switch task.kind.content {
            case .classes:
                return value[0] == task.unknownLabel
                    ? Palette.unknownClass : Palette.color(ofClass: value[0] > 0 ? Int(min(value[0], 255)) : 0)
            case .shares where label.channels == 1:
                return value[0] == task.unknownLabel
                    ? Palette.unknown : Color(gray: ByteRounding.nearest.byte(share: value[0]))
            case .shares:
                let known = (0..<label.channels).filter { value[$0] != task.unknownLabel }
                return known.isEmpty
                    ? Palette.unknown
                    : Picture.color(ofShares: label.channels) { known.contains($0) ? value[$0] : 0 }
            case .vectors: return Picture.color(ofNormal: value)
            case .metres: return value[0] > 0 ? range.color(value[0]) : Palette.unknown
            case .numbers: return Picture.color(ofValues: value, count: label.channels, range)
            }
        }
    }

    /// Draws a network's output, before any activation as ``TaskScore`` reads it, in the colours of labels: the class
    /// that wins, the sigmoid of a score, the direction brought to unit length, the distance, the values.
    package init(output: MapView, task: LearningTask, range: ValueRange = .standard) {
        self.init(height: output.height, width: output.width) { row, column in
            let value = output.row(row) + column * output.channels
            switch task.kind.content {
            case .classes: return Palette.color(ofClass: indexOfLargest(value, count: output.channels))
            case .shares:
                return Picture.color(ofShares: output.channels) { probability(ofScore: value[$0]) }
            case .vectors: return Picture.color(ofNormal: value)
            case .metres: return range.color(value[0])
            case .numbers: return Picture.color(ofValues: value, count: output.channels, range)
            }
        }
    }

    /// Draws predicted classes in their colours.
    package init(classes: MapView) {
        self.init(height: classes.height, width: classes.width) { row, column in
            Palette.color(ofClass: Int(classes.row(row)[column]))
        }
    }

    /// Draws an RGB image, each channel `value * deviation + mean` in 0 … 255; by default the values are that already.
    package init(
        image: MapView, mean: SIMD3<Float> = [0, 0, 0], deviation: SIMD3<Float> = [1, 1, 1]
    ) {
        precondition(image.channels == 3, "an image has three channels")
        self.init(height: image.height, width: image.width) { row, column in
            let value = image.row(row) + column * 3
            let share = (SIMD3(value[0], value[1], value[2]) * deviation + mean) / 255
            return Color(
                red: ByteRounding.nearest.byte(share: share.x), green: ByteRounding.nearest.byte(share: share.y),
                blue: ByteRounding.nearest.byte(share: share.z))
        }
    }

    /// Some rows of a picture file; grey is repeated in all three channels.
    package init(rows: Range<Int>, of image: ImageFile) {
        let (width, channels) = (image.width, image.channels)
        let bytes = image.bytes[rows.lowerBound * width * channels..<rows.upperBound * width * channels]
        self.init(
            height: rows.count, width: width,
            rgb: channels == 3 ? Array(bytes) : bytes.flatMap { [$0, $0, $0] })
    }

    /// A task's picture laid over the image that it is about, of the same size.
    ///
    /// Scores of one channel shine through in amber, the more the surer; other pictures are mixed with the image in equal
    /// parts.
    package func overlaid(on image: Picture, task: LearningTask) -> Picture {
        precondition(image.height == height && image.width == width, "an overlay is as large as its image")
        return Picture(height: height, width: width) { row, column in
            let (own, below) = (self[row, column], image[row, column])
            switch task.kind.content {
            case .shares where task.channels == 1:
                return below.mixed(with: Color(red: 255, green: 176, blue: 0), share: Int(own.red))
            case .classes, .shares, .vectors, .metres, .numbers: return below.mixed(with: own, share: 128)
            }
        }
    }

    // MARK: Colours

    @inline(__always)
    private static func color(ofShares count: Int, _ share: (Int) -> Float) -> Color {
        guard count > 1 else { return Color(gray: ByteRounding.nearest.byte(share: share(0))) }
        let best = (1..<count).reduce(0) { share($1) > share($0) ? $1 : $0 }
        return Color.black.mixed(
            with: Palette.color(ofClass: best + 1), share: Int(ByteRounding.nearest.byte(share: share(best))))
    }

    @inline(__always)
    private static func color(ofNormal value: UnsafePointer<Float>) -> Color {
        let (x, y, z) = (value[0], value[1], value[2])
        let length = (x * x + y * y + z * z).squareRoot()
        guard length > 0 else { return .black }
        return Color(
            red: ByteRounding.nearest.byte(component: x / length),
            green: ByteRounding.nearest.byte(component: y / length),
            blue: ByteRounding.nearest.byte(component: z / length))
    }

    @inline(__always)
    private static func color(ofValues value: UnsafePointer<Float>, count: Int, _ range: ValueRange) -> Color {
        guard (0..<min(count, 3)).allSatisfy({ value[$0].isFinite }) else { return Palette.unknown }
        switch count {
        case 1: return range.color(value[0])
        case 2:
            let reach = max(abs(range.lowest), abs(range.highest))
            let length = (value[0] * value[0] + value[1] * value[1]).squareRoot()
            return Color(
                hue: Float(atan2(Double(value[1]), Double(value[0])) / (2 * .pi)), value: reach > 0 ? length / reach : 0
            )
        default:
            func byte(_ channel: Int) -> UInt8 { ByteRounding.nearest.byte(share: range.share(value[channel])) }
            return Color(red: byte(0), green: byte(1), blue: byte(2))
        }
    }
}

extension Color {
    /// This colour with `share` 255ths of another.
    fileprivate func mixed(with other: Color, share: Int) -> Color {
        func mixed(_ one: UInt8, _ two: UInt8) -> UInt8 {
            UInt8((Int(one) * (255 - share) + Int(two) * share + 127) / 255)
        }
        return Color(
            red: mixed(red, other.red), green: mixed(green, other.green), blue: mixed(blue, other.blue))
    }

    /// A pure colour: `hue` in turns (red, green and blue a third apart), `value` from 0 (black) to 1.
    fileprivate init(hue: Float, value: Float) {
        func channel(_ turn: Float) -> UInt8 {
            let place = hue + turn - (hue + turn).rounded(.down)
            let ramp = max(0, min(1, abs(place * 6 - 3) - 1))
            return ByteRounding.nearest.byte(share: ramp * min(max(value, 0), 1))
        }
        self.init(red: channel(0), green: channel(2.0 / 3), blue: channel(1.0 / 3))
    }
}

extension PNGFile {
    package init(_ picture: Picture) {
        self.init(height: picture.height, width: picture.width, pixels: .rgb(picture.rgb))
    }
}
