import TensorCore

/// Rooms as a classification data set: the camera looks at one object, and the label is what kind it is.
///
/// Kinds are drawn with equal chances. The object stands free, near the middle of the picture, with other furniture,
/// people and clutter around and behind it, so that a network has to find out its shape; colours and light tell
/// nothing. Samples have the same guarantees as those of ``Rooms`` and never coincide with them.
package struct RoomsClassification: Sendable {
    package let seed: UInt64
    /// Index of the first sample: splits of one seed are ranges that do not overlap.
    package let first: Int
    package let count: Int
    package let height: Int
    package let width: Int

    private let stream: RandomStream

    /// Samples `first` ..< `first + count` of `seed`, `height` by `width` pixels.
    package init(seed: UInt64, first: Int, count: Int, height: Int, width: Int) {
        precondition(first >= 0 && count >= 0, "samples are counted from 0")
        precondition(height > 0 && width > 0, "a picture has at least one pixel")
        self.seed = seed
        self.first = first
        self.count = count
        self.height = height
        self.width = width
        stream = RandomStream("rooms-classification").substream(seed)
    }

    /// The names of the classes, in the order of their indices.
    package var classNames: [String] { RoomObjectKind.allCases.map { $0.rawValue } }

    /// The class of a sample, without rendering it.
    package func classIndex(at index: Int) -> Int {
        precondition(index >= 0 && index < count, "a sample's index lies within the data set")
        return sampleStream(index).substream("class").integer(0, below: RoomObjectKind.allCases.count)
    }

    /// The picture of a sample, RGB from 0 to 255, and its class.
    package func example(at index: Int) -> (image: PixelMap, classIndex: Int) {
        let classIndex = classIndex(at: index)
        let view = view(at: index, classIndex: classIndex)
        return (PixelMap(height: height, width: width, channels: 3, values: view.image()), classIndex)
    }

    /// Where the object that gives the class is in view: 1 on it, else 0.
    package func subjectMask(at index: Int) -> PixelMap {
        let view = view(at: index, classIndex: classIndex(at: index))
        // The layout places the subject first.
        let values: [Float] = (0..<height * width).map { view.object($0) == 0 ? 1 : 0 }
        return PixelMap(height: height, width: width, channels: 1, values: values)
    }

    private func sampleStream(_ index: Int) -> RandomStream {
        stream.substream(UInt64(first + index))
    }

    private func view(at index: Int, classIndex: Int) -> RoomView {
        let scene = RoomScene(stream: sampleStream(index), subject: RoomObjectKind.allCases[classIndex])
        return RoomView(scene: scene, height: height, width: width)
    }
}

extension RoomsClassification: ClassifiedSource {
    package var tasks: [LearningTask] { [] }

    package func classNames(of task: LearningTask) -> [String] { [] }

    package func sample(at index: Int, tasks: [LearningTask]) -> Sample {
        precondition(tasks.isEmpty, "pictures that are classified have no labels per pixel")
        return Sample(
            identifier: "rooms-classification-\(seed)-\(first + index)", image: example(at: index).image, labels: [:])
    }
}
