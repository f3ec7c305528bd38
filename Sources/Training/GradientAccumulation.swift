import CConvolution
import CThreadPool
import ConvolutionEngine
import Graph
import Tasks
import TensorCore

/// How a rank's samples of a batch are computed in parts, one after the other (`training.accumulate`).
///
/// Part p of a rank is the p-th run of its samples. All that is summed over samples follows the batch's tree across parts
/// (`ReductionTree.Division`), so losses and gradients have the bits of the undivided batch. Batch normalization alone sees
/// a part: the p-th parts of all ranks together, or with local statistics this rank's.
struct BatchParts {
    /// Of a part.
    let samples: Int
    let tree: ReductionTree.Division
    /// Of the samples whose statistics batch normalization takes.
    let normalization: ReductionTree
    /// The different trees of parts: where a part has a power of two samples, all have the same.
    let looks: [ReductionTree]
    let lookOfParts: [Int]
    private let normalizesLocally: Bool

    /// - Parameter shard: the rank's samples, with their place in the batch's tree.
    init(_ parts: Int, tree: ReductionTree, rank: Int, shard: Range<Int>, normalizesLocally: Bool) {
        let samples = shard.count / parts
        let ranks = tree.subtreesOfShards.count
        self.samples = samples
        self.normalizesLocally = normalizesLocally
        self.tree = tree.divided(into: parts)
        normalization =
            normalizesLocally
            ? ReductionTree(samples: samples)
            : parts == 1
                ? tree
                : ReductionTree(shard: rank, of: (0..<ranks).map { $0 * samples..<($0 + 1) * samples })
        var looks: [ReductionTree] = []
        lookOfParts = self.tree.parts.map { part in
            if let known = looks.firstIndex(of: part) { return known }
            looks.append(part)
            return looks.count - 1
        }
        self.looks = looks
    }

    /// - Throws: `UsageError` where a rank's samples cannot be divided so, on all ranks alike.
    static func check(_ parts: Int, batch: Int, groups: TaskGroups) throws(UsageError) {
        for ranks in groups.groups.map(\.ranks.count) where parts > 1 && batch % (parts * ranks) != 0 {
            throw UsageError(
                ranks == 1
                    ? "training.accumulate: \(parts) does not divide training.batch, which is \(batch)"
                    : "training.accumulate: \(parts) parts on each of \(ranks) ranks do not divide training.batch, which "
                        + "is \(batch); choose a multiple of \(parts * ranks)")
        }
    }

    /// What adds up the gradients of every graph; nil where there is one part.
    func accumulations(
        _ graphs: [(graph: Graph, trained: ParameterStorage)], kernels: Kernels
    ) -> [GradientAccumulation?] {
        guard tree.parts.count > 1 else { return graphs.map { _ in nil } }
        // Graphs run one after the other.
        let largest = graphs.map(\.trained.layout.count).max()!
        let open = AlignedMemory(byteCount: (tree.levels - 1) * largest * MemoryLayout<Float>.stride)
        return graphs.map { graph, trained in
            let affine = graph.nodes.compactMap(\.normalization).filter { !$0.isFrozen }.flatMap {
                [$0.scale, $0.shift]
            }
            let whole = affine.compactMap { id in
                trained.layout.entry(graph.parameter(id).name).map { $0.offset..<$0.offset + $0.parameter.count }
            }
            return GradientAccumulation(
                trained, division: tree, whole: normalizesLocally ? [] : whole, open: open, kernels: kernels)
        }
    }
}

/// Adds up the gradients of a graph over the parts of a batch, in float32 along the batch's tree: where the last part is
/// added, the gradients of the rank's subtrees have the bits that one pass over all samples gives them.
///
/// What every rank has in full (scales and shifts of norms whose statistics ranks share) is added up in the order of parts,
/// so that it is the same on all of them. Nothing is allocated after construction.
final class GradientAccumulation {
    /// Where the backward pass of a part leaves the gradients of its subtrees.
    let gradients: AlignedMemory

    private let division: ReductionTree.Division
    private let target: UnsafeMutablePointer<Float>
    private let openMemory: AlignedMemory
    private let count: Int
    private let whole: [Range<Int>]
    private let arguments = ArgumentStore()
    private let wholeSums: UnsafeMutablePointer<Float>
    /// Where the partial sums are.
    private let stack: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    private var open = 0
    private var subtree = 0
    private let addition: UnsafeMutablePointer<mdl_add>
    private let step: UnsafeMutablePointer<mdl_step>

    /// - Parameters:
    ///   - storage: its gradient takes the sums of the rank's subtrees.
    ///   - whole: the floats that every rank has in full.
    ///   - open: room for partial sums beside the lowest, which others may use meanwhile.
    init(
        _ storage: ParameterStorage, division: ReductionTree.Division, whole: [Range<Int>], open: AlignedMemory,
        kernels: Kernels
    ) {
        self.division = division
        self.whole = whole
        openMemory = open
        count = storage.layout.count
        target = storage.gradient!.floats()
        let subtrees = division.parts.map(\.subtrees).max()!
        gradients = AlignedMemory(byteCount: subtrees * count * MemoryLayout<Float>.stride)
        wholeSums = arguments.keep([Float](repeating: 0, count: whole.reduce(0) { $0 + $1.count }))
        stack = arguments.keep([UnsafeMutablePointer<Float>](repeating: target, count: ReductionTree.depth))
        // Every tensor begins at a multiple of 16 floats.
        let lanes = 16
        let view = TensorView(data: target, samples: 1, height: count / lanes, width: 1, channels: lanes)
        addition = arguments.keep(
            mdl_add(
                a: view.view, b: view.view, y: view.view, extent: view.extent, rows: view.rows, relu: 0, mask: nil))
        step = arguments.keep(
            mdl_step(
                kernel: kernels.passes.add, arguments: UnsafeRawPointer(addition), items: view.rows.chunks, tag: 0))
    }

    var byteCount: Int { gradients.byteCount }

    /// Adds the gradients that the backward pass of a part has left; parts come in their order.
    func add(part: Int, on pool: ThreadPool) {
        if part == 0 { (open, subtree) = (0, 0) }
        addWhole(part)
        let places = division.sums(ofPart: part)
        var height = open
        ReductionTree.fold(
            places, merges: division.merges, ends: division.ends, open: &height,
            push: { stack[$1] = gradients.floats() + ($0 - places.lowerBound) * count },
            add: { run(stack[$0], plus: stack[$0 + 1], to: stack[$0], on: pool) },
            finish: {
                settle(0, on: pool)
                subtree += 1
            })
        open = height
        // The next part's gradients take the place of this one's.
        for place in 0..<open { settle(place, on: pool) }
        if part == division.parts.count - 1 { storeWhole() }
    }

    /// Moves a partial sum to where it stays until it is added to another.
    private func settle(_ place: Int, on pool: ThreadPool) {
        let home = place == 0 ? target + subtree * count : openMemory.floats() + (place - 1) * count
        guard stack[place] != home else { return }
        run(stack[place], plus: nil, to: home, on: pool)
        stack[place] = home
    }

    private func run(
        _ left: UnsafeMutablePointer<Float>, plus right: UnsafeMutablePointer<Float>?,
        to sum: UnsafeMutablePointer<Float>, on pool: ThreadPool
    ) {
        addition.pointee.a.data = left
        addition.pointee.b.data = right
        addition.pointee.y.data = sum
        pool.run(step, count: 1)
    }

    private func addWhole(_ part: Int) {
        var place = 0
        let own = gradients.floats()
        for range in whole {
            for index in range {
                wholeSums[place] = part == 0 ? own[index] : wholeSums[place] + own[index]
                place += 1
            }
        }
    }

    private func storeWhole() {
        var place = 0
        for range in whole {
            (target + range.lowerBound).update(from: wholeSums + place, count: range.count)
            place += range.count
        }
    }
}

/// The images and labels of a rank's samples, of which the passes see a part at a time; where there is one part, these are
/// the passes' own.
final class PartSamples {
    /// What the passes read.
    let images: UnsafeMutablePointer<Float>

    private let parts: Int
    private let allImages: UnsafeMutablePointer<Float>
    private let imageCount: Int
    private let imageMemory: AlignedMemory?
    /// By head.
    private var allLabels: [UnsafeMutableBufferPointer<Float>?] = []
    private let arguments = ArgumentStore()

    /// - Parameters:
    ///   - images: of all parts.
    ///   - imageCount: their values.
    init(_ parts: Int, images: UnsafeMutablePointer<Float>, imageCount: Int) {
        self.parts = parts
        allImages = images
        self.imageCount = imageCount / parts
        imageMemory = parts == 1 ? nil : AlignedMemory(byteCount: imageCount / parts * MemoryLayout<Float>.stride)
        self.images = imageMemory?.floats() ?? images
    }

    /// Makes room for the labels of all parts, where there are several.
    func keepLabels(of head: Int, like loss: TaskLoss) {
        guard parts > 1 else { return }
        while allLabels.count <= head { allLabels.append(nil) }
        let own = UnsafeBufferPointer(start: loss.labels, count: loss.labelCount)
        let labels = arguments.keep(Array([[Float]](repeating: Array(own), count: parts).joined()))
        allLabels[head] = UnsafeMutableBufferPointer(start: labels, count: parts * loss.labelCount)
    }

    /// The labels of all parts; nil where there is one.
    func labels(of head: Int) -> UnsafeMutableBufferPointer<Float>? { parts > 1 ? allLabels[head] : nil }

    func loadImages(part: Int) {
        guard parts > 1 else { return }
        images.update(from: allImages + part * imageCount, count: imageCount)
    }

    func loadLabels(of head: Int, part: Int, into loss: TaskLoss) {
        guard parts > 1, let all = allLabels[head] else { return }
        loss.labels.update(from: all.baseAddress! + part * loss.labelCount, count: loss.labelCount)
    }
}
