import Configuration
import ConvolutionEngine
import Graph
import Networks
import TensorCore

/// Passes of one network over images of several sizes, made when a size comes. What is too large for a pass goes in tiles.
final class EvaluationPasses {
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

    /// What passes are made of.
    private let network: EvaluatedNetwork
    /// Bytes that a pass may take; a picture that needs more goes in tiles.
    private let limit: Int
    private let samples: Int
    private let pool: ThreadPool
    /// The latest sizes, the newest last: those of a folder are often two, upright and across.
    private var kept: [(size: PixelSize, pass: EvaluationPass)] = []
    private static let keptPasses = 2

    /// Makes the pass of the first size, on all ranks at the same time.
    ///
    /// - Parameters:
    ///   - samples: the images of a pass, of any size.
    ///   - limit: bytes that a pass may take; the same on all ranks.
    init(
        _ network: EvaluatedNetwork, first: PixelSize, samples: Int, limit: Int, pool: ThreadPool, team: RankTeam
    ) throws {
        self.network = network
        self.samples = samples
        self.limit = limit
        self.pool = pool
        if network.byteCount(of: first, samples: samples) <= limit {
            kept = [(first, try newPass(of: first, team: team))]
        }
    }

    private func newPass(of size: PixelSize, team: RankTeam = RankTeam()) throws -> EvaluationPass {
        try EvaluationPass(
            graphs: network.graphs(of: size), parameters: network.parameters, samples: samples,
            kernels: network.kernels, pool: pool, bank: network.bank, team: team)
    }

    /// The one that was asked for last.
    var current: EvaluationPass { kept[kept.count - 1].pass }

    /// The pass over images of a size; nil where it would take too much. Ranks ask for different ones, so what is new is
    /// made ready by this rank alone.
    func pass(of size: PixelSize) throws -> EvaluationPass? {
        if let place = kept.firstIndex(where: { $0.size == size }) {
            kept.append(kept.remove(at: place))
            return current
        }
        guard network.byteCount(of: size, samples: samples) <= limit else {
            // Memory is given back before more is taken.
            kept = []
            return nil
        }
        func pixels(_ size: PixelSize) -> Int { samples * size.height * size.width }
        while !kept.isEmpty
            && (kept.count == Self.keptPasses
                || kept.reduce(pixels(size)) { $0 + pixels($1.size) } > Self.pixelLimit)
        {
            kept.removeFirst()
        }
        let pass = try newPass(of: size)
        kept.append((size, pass))
        return pass
    }

    /// The way to the answer `name` for an image of a size that has no pass.
    func tiles(of size: PixelSize, _ name: String) -> TiledProgram {
        network.tiles(of: size, name, limit: limit)
    }
}
