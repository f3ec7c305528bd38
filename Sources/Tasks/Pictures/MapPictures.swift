import Datasets

/// The depths in metres that a picture shows from the nearest colour to the farthest.
package struct DepthRange: Sendable, Equatable {
    package let nearest: Float
    package let farthest: Float

    package init(nearest: Float, farthest: Float) {
        self.nearest = nearest
        self.farthest = farthest
    }

    /// From the nearest to the farthest known depth of a label, so that a prediction can be drawn in the colours of its
    /// truth; 0 to 10 m where none is known.
    package init(label: MapView) {
        var (nearest, farthest) = (Float.infinity, Float(0))
        for row in 0..<label.height {
            let depths = label.row(row)
            for column in 0..<label.width where depths[column] > 0 {
                nearest = min(nearest, depths[column])
                farthest = max(farthest, depths[column])
            }
        }
        self = nearest <= farthest ? DepthRange(nearest: nearest, farthest: farthest) : DepthRange.standard
    }

    /// 0 to 10 m, and what pictures of other tasks are given.
    package static let standard = DepthRange(nearest: 0, farthest: 10)

    @inline(__always)
    func color(_ depth: Float) -> Color {
        let span = farthest - nearest
        return Palette.color(ofDistance: span > 0 ? (depth - nearest) / span : 0)
    }
}

extension Picture {
    /// Draws a label map as ``LearningTask`` encodes it.
    ///
    /// Classes have the colours of ``Palette``; a normal (x, y, z) is red, green, blue = 255 (n + 1) / 2, unknown ones
    /// black; depth runs from bright (near) to dark (far); edges and saliency are white on black.
    package init(label: MapView, task: LearningTask, depthRange: DepthRange = .standard) {
        precondition(label.channels == task.labelChannels, "a label has the channels of its task")
        self.init(height: label.height, width: label.width) { row, column in
            let value = label.row(row) + column * label.channels
            switch task.answer {
            case .classes:
                return value[0] == task.unknownLabel
                    ? Palette.unknownClass : Palette.color(ofClass: value[0] > 0 ? Int(min(value[0], 255)) : 0)
            case .score:
                return value[0] == task.unknownLabel
                    ? Palette.unknown : Color(gray: ByteRounding.nearest.byte(share: value[0]))
            case .direction: return Picture.color(ofNormal: value)
            case .distance: return value[0] > 0 ? depthRange.color(value[0]) : Palette.unknown
            }
        }
    }

    /// Draws a network's output, before any activation as ``TaskScore`` reads it, in the colours of labels: the class
    /// that wins, the sigmoid of a score in grey, the normal brought to unit length, the depth.
    package init(output: MapView, task: LearningTask, depthRange: DepthRange = .standard) {
        self.init(height: output.height, width: output.width) { row, column in
            let value = output.row(row) + column * output.channels
            switch task.answer {
            case .classes: return Palette.color(ofClass: indexOfLargest(value, count: output.channels))
            case .score: return Color(gray: ByteRounding.nearest.byte(score: value[0]))
            case .direction: return Picture.color(ofNormal: value)
            case .distance: return depthRange.color(value[0])
            }
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
}
