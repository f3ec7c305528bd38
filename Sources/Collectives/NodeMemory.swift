import ConvolutionEngine
import CSharedMemory

/// The shared memory of a node's ranks while they add up partial sums: partials of the pieces under way, and how far every
/// rank is with them.
final class NodeMemory {
    /// What a rank has done with a piece.
    enum Stage: Int, CaseIterable {
        case laid, folded, received, stored
    }

    /// Pieces that may be under way.
    static let slots = 2
    /// Every rank's numbers lie on lines of their own, so that looking at one does not slow down the others.
    private static let lineByteCount = 64

    let rank: Int
    let size: Int
    private let pieceByteCount: Int
    /// Bytes from one partial to the next.
    private let stride: Int
    private let partials: Int
    private let segment: SharedSegment
    /// Reused by every fold.
    private var slices: [UnsafeMutableRawPointer]

    /// All ranks of the node take part, and wait.
    ///
    /// - Parameter pieceByteCount: of one partial of a piece.
    init(_ node: any Communicator, partials: Int, pieceByteCount: Int) throws(CollectiveError) {
        rank = node.rank
        size = node.size
        self.partials = partials
        // A piece has one element at least, and partials begin on lines of their own.
        let least = max(pieceByteCount, ReductionElement.moments.stride)
        stride = (least + Self.lineByteCount - 1) / Self.lineByteCount * Self.lineByteCount
        self.pieceByteCount = pieceByteCount
        segment = try SharedSegment(
            node, byteCount: node.size * Self.lineByteCount + Self.slots * partials * stride, access: .everyone)
        slices = [UnsafeMutableRawPointer](repeating: segment.base, count: partials)
    }

    /// Elements of a piece.
    func pieceCount(of element: ReductionElement) -> Int { max(1, pieceByteCount / element.stride) }

    /// The part of a piece of `count` elements that a rank adds.
    func slice(_ rank: Int, of count: Int) -> Range<Int> {
        rank * count / size..<(rank + 1) * count / size
    }

    func partial(_ index: Int, slot: Int) -> UnsafeMutableRawPointer {
        segment.base + size * Self.lineByteCount + (slot * partials + index) * stride
    }

    func fold(_ element: ReductionElement, slot: Int, _ slice: Range<Int>, merges: [UInt8], ends: [UInt8]) {
        for index in 0..<partials { slices[index] = partial(index, slot: slot) + slice.lowerBound * element.stride }
        PartialFold.fold(slices, of: element, count: slice.count, merges: merges, ends: ends)
    }

    /// Says that this rank is through with a piece.
    func mark(_ stage: Stage, _ piece: UInt32) {
        mdl_store_release(number(stage, rank), piece &+ 1)
    }

    /// Whether all ranks of the node are through with the piece and those before.
    func haveAll(_ stage: Stage, through piece: UInt32) -> Bool {
        (0..<size).allSatisfy { has(stage, $0, through: piece) }
    }

    func hasLeader(_ stage: Stage, through piece: UInt32) -> Bool { has(stage, 0, through: piece) }

    /// Numbers count around, and ranks are never far apart.
    private func has(_ stage: Stage, _ rank: Int, through piece: UInt32) -> Bool {
        Int32(bitPattern: mdl_load_acquire(number(stage, rank)) &- (piece &+ 1)) >= 0
    }

    private func number(_ stage: Stage, _ rank: Int) -> UnsafeMutablePointer<UInt32> {
        (segment.base + rank * Self.lineByteCount).assumingMemoryBound(to: UInt32.self) + stage.rawValue
    }
}
