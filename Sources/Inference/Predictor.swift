import ConvolutionEngine
import Datasets
import Graph
import Networks
import TensorCore

/// Answers of a model for pictures of any size, each at its own size.
package final class Predictor {
    package var heads: [TaskHead] { networks.map(\.head) }
    private let networks: [MergedNetwork]
    private let normalization: ImageNormalization
    private let kernels: Kernels
    private let pool: ThreadPool
    /// The latest sizes, the newest last: those of a folder are often two, upright and across.
    private var passes: [InferencePass] = []
    private static let keptPasses = 2

    /// - Parameter networks: at least one.
    package init(
        _ networks: [MergedNetwork], normalization: ImageNormalization = .imageNet, kernels: Kernels, pool: ThreadPool
    ) {
        precondition(!networks.isEmpty, "a prediction is of a task")
        self.networks = networks
        self.normalization = normalization
        self.kernels = kernels
        self.pool = pool
    }

    /// Opens the tasks of a model; all that it has where `tasks` is empty.
    ///
    /// - Throws: `FileSystemError`, `InvalidFileError`.
    package convenience init(_ model: StoredModel, tasks: [String], kernels: Kernels, pool: ThreadPool) throws {
        let names = try model.taskNames(tasks)
        self.init(
            try names.map { try MergedNetwork(model, task: $0, kernels: kernels, pool: pool) }, kernels: kernels,
            pool: pool)
    }

    /// What the networks say of one picture.
    package struct Prediction {
        /// As the network gives them, before any activation: height × width × channels.
        package let maps: [(head: TaskHead, map: PixelMap)]
        /// What the networks took, all tasks together, without reading the picture.
        package let seconds: Double
    }

    /// - Parameter name: of the picture, for messages.
    /// - Throws: `InferenceError` where the picture is too large for the machine's memory, `PredictionError` where an answer is
    ///   not finite.
    package func predict(_ image: ImageFile, name: String = "the picture") throws -> Prediction {
        let pass = try pass(height: image.height, width: image.width)
        for pixel in 0..<image.height * image.width {
            for channel in 0..<3 {
                let byte = image.bytes[image.channels == 3 ? pixel * 3 + channel : pixel]
                pass.input[pixel * 3 + channel] = normalization.value(ofLevel: Float(byte), channel: channel)
            }
        }
        var maps: [(head: TaskHead, map: PixelMap)] = []
        var duration = Duration.zero
        for (index, network) in networks.enumerated() {
            let start = ContinuousClock.now
            let view = pass.run(index)
            duration += ContinuousClock.now - start
            let map = PixelMap(view)
            let error = map.values.withUnsafeBufferPointer {
                PredictionError(
                    of: network.head.name, for: name, in: $0, width: map.width, channels: map.channels)
            }
            if let error { throw error }
            maps.append((network.head, map))
        }
        return Prediction(maps: maps, seconds: duration.seconds)
    }

    private func pass(height: Int, width: Int) throws(InferenceError) -> InferencePass {
        if let place = passes.firstIndex(where: { $0.height == height && $0.width == width }) {
            passes.append(passes.remove(at: place))
        } else {
            // Memory is given back before more is taken, all of it where the picture has no room beside another size's.
            if passes.count == Self.keptPasses { passes.removeFirst() }
            do throws(InferenceError) {
                passes.append(try newPass(height: height, width: width))
            } catch {
                guard !passes.isEmpty else { throw error }
                passes = []
                passes.append(try newPass(height: height, width: width))
            }
        }
        return passes[passes.count - 1]
    }

    private func newPass(height: Int, width: Int) throws(InferenceError) -> InferencePass {
        try InferencePass(
            networks, height: height, width: width, kernels: kernels, pool: pool,
            besides: passes.reduce(0) { $0 + $1.byteCount })
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
