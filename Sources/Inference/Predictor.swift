import ConvolutionEngine
import Datasets
import Graph
import Networks
import TensorCore

/// Answers of a model for pictures of any size, each at its own size. What is too large for one pass goes in tiles, which
/// give the same answers; see `TiledProgram`.
package final class Predictor {
    package var heads: [TaskHead] { networks.map(\.head) }
    /// Bytes that predicting a picture may take.
    package let memory: Int
    private let networks: [MergedNetwork]
    private let normalization: ImageNormalization
    private let kernels: Kernels
    private let pool: ThreadPool
    /// The latest sizes, the newest last: those of a folder are often two, upright and across.
    private var passes: [InferencePass] = []
    private static let keptPasses = 2

    /// - Parameters:
    ///   - networks: at least one.
    ///   - memory: bytes that predicting a picture may take; where a pass over all of it takes more, it goes in tiles.
    package init(
        _ networks: [MergedNetwork], normalization: ImageNormalization = .imageNet, kernels: Kernels, pool: ThreadPool,
        memory: Int = ProcessMemory.passLimit
    ) {
        precondition(!networks.isEmpty, "a prediction is of a task")
        self.networks = networks
        self.normalization = normalization
        self.kernels = kernels
        self.pool = pool
        self.memory = memory
    }

    /// Opens the tasks of a model; all that it has where `tasks` is empty.
    ///
    /// - Throws: `FileSystemError`, `InvalidFileError`.
    package convenience init(
        _ model: StoredModel, tasks: [String], kernels: Kernels, pool: ThreadPool,
        memory: Int = ProcessMemory.passLimit
    ) throws {
        let names = try model.taskNames(tasks)
        self.init(
            try names.map { try MergedNetwork(model, task: $0, kernels: kernels, pool: pool) }, kernels: kernels,
            pool: pool, memory: memory)
    }

    /// Pixels that a picture may have: more would not fit as bytes beside what their features take.
    package var pixelLimit: Int { max(ImageFile.defaultPixelLimit, memory / 8) }

    /// - Parameter name: of the picture, for messages.
    /// - Throws: `InferenceError` where the picture is too large for the memory even in tiles, `PredictionError` where an
    ///   answer is not finite; in tiles that is found when the answer is asked for.
    package func predict(_ image: ImageFile, name: String = "the picture") throws -> Prediction {
        guard let pass = try pass(height: image.height, width: image.width) else {
            return try tiledPrediction(image, name: name)
        }
        normalize(
            image, Region(rows: 0..<image.height, columns: 0..<image.width), to: pass.input)
        var answers: [Prediction.Answer] = []
        var duration = Duration.zero
        for (index, network) in networks.enumerated() {
            let start = ContinuousClock.now
            let view = pass.run(index)
            duration += ContinuousClock.now - start
            let map = PixelMap(view)
            try map.values.withUnsafeBufferPointer { try check($0, of: network.head, name, width: map.width) }
            answers.append(
                Prediction.Answer(head: network.head, height: image.height, width: image.width) { body in
                    try map.values.withUnsafeBufferPointer { try body($0) }
                })
        }
        return Prediction(answers: answers, duration: duration)
    }

    private func check(
        _ values: UnsafeBufferPointer<Float>, of head: TaskHead, _ name: String, firstRow: Int = 0, width: Int
    ) throws(PredictionError) {
        let error = PredictionError(
            of: head.name, for: name, in: values, firstRow: firstRow, width: width, channels: head.channels)
        if let error { throw error }
    }

    /// Writes the network's input for a region of a picture.
    private func normalize(_ image: ImageFile, _ region: Region, to target: UnsafeMutablePointer<Float>) {
        image.bytes.withUnsafeBufferPointer { bytes in
            var place = 0
            for row in region.rows {
                for column in region.columns {
                    let pixel = row * image.width + column
                    for channel in 0..<3 {
                        let byte = bytes[image.channels == 3 ? pixel * 3 + channel : pixel]
                        target[place] = normalization.value(ofLevel: Float(byte), channel: channel)
                        place += 1
                    }
                }
            }
        }
    }

    /// The pass over a picture of this size; nil where it has no room.
    private func pass(height: Int, width: Int) throws(InferenceError) -> InferencePass? {
        if let place = passes.firstIndex(where: { $0.height == height && $0.width == width }) {
            passes.append(passes.remove(at: place))
            return passes[passes.count - 1]
        }
        let needed = InferencePass.byteCount(
            networks, height: height, width: width, kernels: kernels, threads: pool.threads)
        // Memory is given back before more is taken, all of it where the picture has no room beside another size's.
        if passes.count == Self.keptPasses { passes.removeFirst() }
        if passes.reduce(needed, { $0 + $1.byteCount }) > memory { passes = [] }
        guard needed <= memory else { return nil }
        passes.append(
            try InferencePass(
                networks, height: height, width: width, kernels: kernels, pool: pool, limit: memory))
        return passes[passes.count - 1]
    }

    // MARK: Tiles

    private func tiledPrediction(_ image: ImageFile, name: String) throws(InferenceError) -> Prediction {
        let limit = memory - image.bytes.count
        let tiles = networks.map { network in
            TiledProgram(
                network.merged.graph.resized(height: image.height, width: image.width), output: network.head.name,
                bank: network.bank, limit: limit
            ) { [kernels, pool] graph, bank in
                network.plan(graph, bank, kernels: kernels, threads: pool.threads)
            }
        }
        let needed = image.bytes.count + tiles.map(\.byteCount).max()!
        guard needed <= memory else {
            throw InferenceError(
                "a picture of \(image.height) x \(image.width) pixels needs \(needed >> 20) MiB of memory in the "
                    + "smallest tiles, and \(memory >> 20) may be taken; allow more, or scale it down")
        }
        let prediction = Prediction(answers: [], duration: .zero)
        prediction.answers = zip(networks, tiles).map { network, tiles in
            let head = network.head
            return Prediction.Answer(head: head, height: image.height, width: image.width) {
                [unowned prediction] body in
                prediction.duration += try tiles.run(on: self.pool) {
                    self.normalize(image, $0, to: $1)
                } body: { row, rows in
                    let band = UnsafeBufferPointer(
                        start: UnsafePointer(rows.data), count: rows.height * rows.width * rows.channels)
                    try self.check(band, of: head, name, firstRow: row, width: rows.width)
                    try body(band)
                }
            }
        }
        return prediction
    }
}

extension Predictor {
    /// What the networks say of one picture.
    package final class Prediction {
        /// Of one task, as the network gives it, before any activation.
        package struct Answer {
            package let head: TaskHead
            package let height: Int
            package let width: Int
            fileprivate let visit: (_ body: (UnsafeBufferPointer<Float>) throws -> Void) throws -> Void

            fileprivate init(
                head: TaskHead, height: Int, width: Int,
                visit: @escaping (_ body: (UnsafeBufferPointer<Float>) throws -> Void) throws -> Void
            ) {
                (self.head, self.height, self.width, self.visit) = (head, height, width, visit)
            }

            /// Shows all rows from the top, some at a time: rows × width × channels values. In tiles they are computed now.
            ///
            /// - Throws: what `body` throws; `PredictionError` where rows are not finite, which are not shown.
            package func forEachBand(_ body: (UnsafeBufferPointer<Float>) throws -> Void) throws { try visit(body) }
        }

        /// One for each task.
        package fileprivate(set) var answers: [Answer]
        fileprivate var duration: Duration

        fileprivate init(answers: [Answer], duration: Duration) {
            self.answers = answers
            self.duration = duration
        }

        /// What the networks have taken so far, all tasks together, without reading the picture.
        package var seconds: Double { duration.seconds }
    }
}

extension StoredModel {
    /// The tasks asked for, each once; all where none is.
    ///
    /// - Throws: `InferenceError` where the model lacks one, or has none at all.
    package func taskNames(_ asked: [String]) throws -> [String] {
        let all = try folder.tasks()
        guard !all.isEmpty else { throw InferenceError("\(folder.path): the model has no task yet; train one first") }
        if let stranger = asked.first(where: { !all.contains($0) }) {
            throw InferenceError(
                "\(folder.path): the model has no task '\(stranger)'; it has \(all.joined(separator: ", "))")
        }
        guard !asked.isEmpty else { return all }
        return asked.enumerated().filter { !asked[..<$0.offset].contains($0.element) }.map(\.element)
    }
}

extension PixelMap {
    /// A copy of the only sample of an output.
    fileprivate init(_ view: TensorView) {
        let values = [Float](unsafeUninitializedCapacity: view.height * view.width * view.channels) { target, count in
            for pixel in 0..<view.height * view.width {
                for channel in 0..<view.channels {
                    target[pixel * view.channels + channel] = view.data[pixel * view.pixelStride + channel]
                }
            }
            count = view.height * view.width * view.channels
        }
        self.init(height: view.height, width: view.width, channels: view.channels, values: values)
    }
}
