import Configuration
import ConvolutionEngine
import Graph
import Networks
import TensorCore

/// Passes of one network over images of several sizes, made when a size comes.
final class EvaluationPasses {
    private let graphs: [Graph]
    private let parameters: NetworkParameters
    private let samples: Int
    private let kernels: Kernels
    private let pool: ThreadPool
    private let bank: PreparedBank
    /// The latest sizes, the newest last: those of a folder are often two, upright and across.
    private var kept: [(size: PixelSize, pass: EvaluationPass)]
    private static let keptPasses = 2

    /// How many pixels the images of all kept passes have together, unless a single one has more: 16 of PASCAL's frames.
    static let pixelLimit = 1 << 22

    /// The images of a pass: a rank's share of a batch where all pictures have one size and so many fit, else one.
    ///
    /// - Parameter least: as in `EvaluationPass.samples`.
    static func samples(
        batch: Int, of count: Int, in frames: EvaluationFrames, least: Int = 1, ranks: Int
    ) -> Int {
        guard frames.areEqual else { return 1 }
        let fitting = max(1, pixelLimit / (frames[0].height * frames[0].width))
        return min(EvaluationPass.samples(batch: batch, of: count, least: least, ranks: ranks), fitting)
    }

    /// Bytes of the pass over images of a size: activations and input.
    static func byteCount(
        _ graphs: [Graph], of size: PixelSize, samples: Int, parameters: NetworkParameters, kernels: Kernels,
        threads: Int, bank: PreparedBank
    ) -> Int {
        let graphs = graphs.map { $0.resized(height: size.height, width: size.width) }
        let arenas = zip(graphs, parameters.groups).map { graph, group in
            ProgramPlan(
                evaluating: graph, samples: samples, kernels: kernels, threads: threads, bank: bank,
                trained: group.trained, statistics: group.statistics
            ).arenaByteCount
        }
        return arenas.reduce(samples * size.height * size.width * 3 * MemoryLayout<Float>.stride, +)
    }

    /// Makes the pass of the first size, on all ranks at the same time.
    ///
    /// - Parameters:
    ///   - graphs: of the size `first`.
    ///   - samples: the images of a pass, of any size.
    init(
        graphs: [Graph], first: PixelSize, parameters: NetworkParameters, samples: Int, kernels: Kernels,
        pool: ThreadPool, bank: PreparedBank? = nil, team: RankTeam
    ) throws {
        let bank = bank ?? PreparedBank(storage: parameters.bank, kernels: kernels, pool: pool)
        self.graphs = graphs
        self.parameters = parameters
        self.samples = samples
        self.kernels = kernels
        self.pool = pool
        self.bank = bank
        let pass = try EvaluationPass(
            graphs: graphs, parameters: parameters, samples: samples, kernels: kernels, pool: pool, bank: bank,
            team: team)
        kept = [(first, pass)]
    }

    /// The one that was asked for last.
    var current: EvaluationPass { kept[kept.count - 1].pass }

    /// The pass over images of a size. Ranks ask for different ones, so what is new is made ready by this rank alone.
    func pass(of size: PixelSize) throws -> EvaluationPass {
        if let place = kept.firstIndex(where: { $0.size == size }) {
            kept.append(kept.remove(at: place))
            return current
        }
        // Memory is given back before more is taken.
        func pixels(_ size: PixelSize) -> Int { samples * size.height * size.width }
        while !kept.isEmpty
            && (kept.count == Self.keptPasses
                || kept.reduce(pixels(size)) { $0 + pixels($1.size) } > Self.pixelLimit)
        {
            kept.removeFirst()
        }
        let pass = try EvaluationPass(
            graphs: graphs.map { $0.resized(height: size.height, width: size.width) }, parameters: parameters,
            samples: samples, kernels: kernels, pool: pool, bank: bank)
        kept.append((size, pass))
        return pass
    }
}
