import TensorCore

/// An endless procedural data set of furnished rooms with people, with exact truth for every task.
///
/// Sample `i` of a seed shows the same room at any size, and its bits depend on nothing but seed, index and size:
/// every number is a function of a ``RandomStream``, and arithmetic is IEEE float32 in a written order, with square
/// roots as the only function of the C library. Colours, textures and light are drawn without regard to what they
/// fall on, so the class of a pixel has to be read from shape and context.
///
/// Pictures are pinhole views with one ray per pixel centre. Truth:
/// - `semseg`: ``RoomSemanticClass``, every pixel known
/// - `human_parts`: ``RoomBodyPart``, 0 off people; all unknown where the picture shows nobody
/// - `edge`: 1 on one-pixel lines where one object, or one side of the room, ends and another begins
/// - `normals`: unit, in camera axes: x right, y up, z towards the camera; they face the camera
/// - `depth`: metres along the optical axis
/// - `sal`: 1 on the one object that stands out by area near the centre, people before furniture
package struct Rooms: SampleSource {
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
        stream = RandomStream("rooms").substream(seed)
    }

    package var tasks: [LearningTask] { PaperTask.allCases.map(\.task) }

    package func classNames(of task: LearningTask) -> [String] {
        switch PaperTask(task) {
        case .semseg: RoomSemanticClass.allCases.map { "\($0)" }
        case .humanParts: RoomBodyPart.allCases.map { $0.name }
        case .edge, .sal, .normals, .depth, nil: []
        }
    }

    package func sample(at index: Int, tasks: [LearningTask]) -> Sample {
        precondition(index >= 0 && index < count, "a sample's index lies within the data set")
        let view = view(at: index)
        var labels: [LearningTask: PixelMap] = [:]
        for task in tasks {
            guard let known = PaperTask(task) else { preconditionFailure("rooms have no labels of \(task.name)") }
            labels[task] = view.labels(of: known)
        }
        return Sample(
            identifier: "rooms-\(seed)-\(first + index)",
            image: PixelMap(height: height, width: width, channels: 3, values: view.image()), labels: labels)
    }

    /// Which object or side of the room each pixel of a sample shows: what the edges are drawn between.
    package func instances(at index: Int) -> [Int32] {
        let view = view(at: index)
        return (0..<height * width).map { view.instance($0) }
    }

    private func view(at index: Int) -> RoomView {
        RoomView(
            scene: RoomScene(stream: stream.substream(UInt64(first + index))), height: height, width: width)
    }
}
