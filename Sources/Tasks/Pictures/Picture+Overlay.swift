import Datasets

extension Picture {
    /// A task's picture laid over the image that it is about, of the same size.
    ///
    /// Edges and salient pixels shine through in amber, the more the surer; other pictures are mixed with the image in
    /// equal parts.
    package func overlaid(on image: Picture, task: LearningTask) -> Picture {
        precondition(image.height == height && image.width == width, "an overlay is as large as its image")
        return Picture(height: height, width: width) { row, column in
            let (own, below) = (self[row, column], image[row, column])
            switch task.answer {
            case .score: return below.mixed(with: Color(red: 255, green: 176, blue: 0), share: Int(own.red))
            case .classes, .direction, .distance: return below.mixed(with: own, share: 128)
            }
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
}
