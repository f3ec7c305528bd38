import Configuration
import ConvolutionEngine
import Graph
import Networks
import TensorCore

/// A network and what its passes in evaluation are planned with.
struct EvaluatedNetwork {
    /// For images of any size.
    let graphs: [Graph]
    let parameters: NetworkParameters
    let kernels: Kernels
    let threads: Int
    /// The filters; more are prepared where needed.
    let bank: PreparedBank

    /// The graphs for images of a size.
    func graphs(of size: PixelSize) -> [Graph] { graphs.map { $0.resized(height: size.height, width: size.width) } }

    /// Plans the graph at `place`, for a size of images, or a window of it.
    func plan(_ graph: Graph, at place: Int, samples: Int, _ bank: PreparedBank) -> ProgramPlan {
        let group = parameters.groups[place]
        return ProgramPlan(
            evaluating: graph, samples: samples, kernels: kernels, threads: threads, bank: bank, trained: group.trained,
            statistics: group.statistics)
    }

    /// Bytes of the pass over all of some images of a size: activations and input.
    func byteCount(of size: PixelSize, samples: Int) -> Int {
        let unprepared = bank.unprepared()
        let input = samples * size.height * size.width * 3 * MemoryLayout<Float>.stride
        return graphs(of: size).enumerated().reduce(input) {
            $0 + plan($1.element, at: $1.offset, samples: samples, unprepared).arenaByteCount
        }
    }

    /// The way to the answer `name` for an image that is too large for a pass.
    func tiles(of size: PixelSize, _ name: String, limit: Int) -> TiledProgram {
        let place = graphs.firstIndex { graph in graph.outputs.contains { $0.name == name } }!
        return TiledProgram(graphs(of: size)[place], output: name, bank: bank, limit: limit) {
            plan($0, at: place, samples: 1, $1)
        }
    }

    /// How many images of a size to evaluate at once: `samples`, or fewer where a pass would else take more than `limit`
    /// bytes. Figures do not depend on it.
    func samples(_ samples: Int, of size: PixelSize, limit: Int) -> Int {
        var samples = samples
        while samples > 1, byteCount(of: size, samples: samples) > limit { samples /= 2 }
        return samples
    }

    /// Bytes that evaluating images of a size takes at most: a pass over all of them, or tiles.
    func byteCount(of size: PixelSize, samples: Int, limit: Int) -> Int {
        let whole = byteCount(of: size, samples: samples)
        guard whole > limit else { return whole }
        return graphs.flatMap(\.outputs).map { tiles(of: size, $0.name, limit: limit).byteCount }.max()!
    }
}
