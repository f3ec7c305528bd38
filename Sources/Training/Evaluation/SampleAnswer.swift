import Configuration
import Datasets
import Networks
import Tasks

/// What a network says of one sample, while it lasts.
enum SampleAnswer {
    /// All that a pass gives, before any activation.
    case output(MapView)
    /// What is kept of what tiles give: classes, or all values of other kinds.
    case stored(StoredPrediction)

    /// Scores it.
    func add(to score: inout TaskScore, label: MapView, sample: Int) {
        switch self {
        case .output(let map): score.add(output: map, label: label, sample: sample)
        case .stored(let prediction): score.add(stored: prediction, label: label, sample: sample)
        }
    }

    /// The middle of it, as `MapView.center`.
    func center(height: Int, width: Int) -> SampleAnswer {
        func cut(_ map: PixelMap) -> PixelMap {
            map.height == height && map.width == width
                ? map : map.withView { PixelMap($0.center(height: height, width: width)) }
        }
        switch self {
        case .output(let map): return .output(map.center(height: height, width: width))
        case .stored(.classes(let map)): return .stored(.classes(cut(map)))
        case .stored(.output(let map)): return .stored(.output(cut(map)))
        case .stored(.bytes), .stored(.probabilities): preconditionFailure("a network gives what is before activations")
        }
    }

    /// What is saved of it: the winning classes, or all values.
    func prediction(of task: LearningTask) -> PixelMap {
        switch self {
        case .stored(let prediction): return prediction.map
        case .output(let map) where task.kind == .classes:
            return PixelMap(
                height: map.height, width: map.width, channels: 1, values: map.winningClasses.map { Float($0) })
        case .output(let map): return PixelMap(map)
        }
    }

    /// How it looks.
    func picture(of task: LearningTask, range: ValueRange) -> Picture {
        switch self {
        case .output(let map): Picture(output: map, task: task, range: range)
        case .stored(.classes(let map)): map.withView { Picture(classes: $0) }
        case .stored(let prediction):
            prediction.map.withView { Picture(output: $0, task: task, range: range) }
        }
    }
}

/// What is kept of an answer as its rows come: as much as is needed to score it, in 4 bytes a pixel for classes.
struct CompactAnswer {
    private let head: TaskHead
    private let size: PixelSize
    private var values: [Float] = []

    private var keepsClasses: Bool { head.task.kind == .classes }

    init(_ head: TaskHead, _ size: PixelSize) {
        self.head = head
        self.size = size
        values.reserveCapacity(size.height * size.width * (keepsClasses ? 1 : head.channels))
    }

    /// Takes the next rows: `count` × width × channels values, before any activation.
    mutating func add(rows: UnsafePointer<Float>, count: Int) {
        let pixels = count * size.width
        guard keepsClasses else {
            values += UnsafeBufferPointer(start: rows, count: pixels * head.channels)
            return
        }
        for pixel in 0..<pixels {
            values.append(Float(indexOfLargest(rows + pixel * head.channels, count: head.channels)))
        }
    }

    /// The answer, once all rows are there.
    var prediction: StoredPrediction {
        let map = PixelMap(
            height: size.height, width: size.width, channels: keepsClasses ? 1 : head.channels, values: values)
        return keepsClasses ? .classes(map) : .output(map)
    }
}

extension PixelMap {
    /// A copy of what a view shows.
    fileprivate init(_ view: MapView) {
        var values: [Float] = []
        values.reserveCapacity(view.height * view.width * view.channels)
        for row in 0..<view.height {
            values += UnsafeBufferPointer(start: view.row(row), count: view.width * view.channels)
        }
        self.init(height: view.height, width: view.width, channels: view.channels, values: values)
    }
}
