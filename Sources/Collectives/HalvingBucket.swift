import ConvolutionEngine

/// The buffers of a piece that is reduced by recursive halving.
final class HalvingSlot {
    /// This rank's partial sums, and in the end all sums.
    let values: UnsafeMutableRawPointer
    /// What another rank's partial sums are.
    let received: UnsafeMutableRawPointer

    init(byteCount: Int) {
        values = .allocate(byteCount: byteCount, alignment: 64)
        received = .allocate(byteCount: byteCount, alignment: 64)
        // What ranks that do not exist do not send counts as nothing.
        for memory in [values, received] { memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount) }
    }

    deinit {
        values.deallocate()
        received.deallocate()
    }
}

/// The reduction of one bucket over R = 2ⁿ ranks, each of which holds one leaf of a complete binary tree, in 2 n messages
/// (Rabenseifner 2004).
///
/// In round i of the first half a rank and the one whose number differs in bit i hold the same stretch of the sums of
/// two neighbouring subtrees. Each gives the other one half of it and combines the half that it keeps, the lower rank's
/// on the left: exactly what the tree adds on that level. In the end every rank holds a stretch of the whole sums, which
/// come to all ranks in the second half, in the same rounds backwards.
final class HalvingBucket: CollectiveOperation {
    private let reduction: ReproducibleReduction
    private let bucket: ReductionBucket
    private let arena: ReductionArena
    /// The pieces, in elements of the bucket.
    private let pieces: [Range<Int>]
    private let levels: Int
    private var courses: [Course]
    private var nextPiece = 0

    /// How far a piece is, by the number of rounds that are over; nil where its slot is free.
    private struct Course {
        var piece: Range<Int>?
        var round = 0
        var requests: [CollectiveRequest] = []
    }

    init(_ reduction: ReproducibleReduction, _ bucket: ReductionBucket, _ arena: ReductionArena, _ name: String) {
        self.reduction = reduction
        self.bucket = bucket
        self.arena = arena
        pieces = reduction.pieces(of: bucket.count, arena.element)
        levels = reduction.communicator.size.trailingZeroBitCount
        courses = reduction.halvingSlots.map { _ in Course() }
        for slot in courses.indices { courses[slot].requests.reserveCapacity(2) }
        super.init(name: name)
    }

    override func begin() {
        nextPiece = 0
        for slot in courses.indices { courses[slot].piece = nil }
    }

    override func move() throws(CollectiveError) -> Move {
        var hasMoved = false
        for slot in courses.indices where try advance(slot) { hasMoved = true }
        let isOver = nextPiece == pieces.count && courses.allSatisfy { $0.piece == nil }
        return isOver ? .complete : hasMoved ? .some : .none
    }

    /// Does what can be done with a slot's piece; false where other ranks have to do something first. Messages of the two
    /// slots do not meet, since each has a tag of its own.
    private func advance(_ slot: Int) throws(CollectiveError) -> Bool {
        guard let piece = courses[slot].piece else {
            guard nextPiece < pieces.count, nextPiece % courses.count == slot else { return false }
            courses[slot].piece = pieces[nextPiece]
            courses[slot].round = 0
            arena.read(0, bucket, pieces[nextPiece], to: reduction.halvingSlots[slot].values)
            nextPiece += 1
            try start(slot)
            return true
        }
        while let request = courses[slot].requests.last {
            guard try reduction.communicator.test(request) else { return false }
            courses[slot].requests.removeLast()
        }
        let round = courses[slot].round
        if round < levels { combine(slot, piece.count, round) }
        courses[slot].round += 1
        if courses[slot].round < 2 * levels {
            try start(slot)
        } else {
            arena.write(reduction.halvingSlots[slot].values, to: bucket, piece)
            courses[slot].piece = nil
        }
        return true
    }

    /// Sends what the partner of a round needs and asks for what it has.
    private func start(_ slot: Int) throws(CollectiveError) {
        let (count, round) = (courses[slot].piece!.count, courses[slot].round)
        let (communicator, buffers) = (reduction.communicator, reduction.halvingSlots[slot])
        let stride = arena.element.stride
        let isHalving = round < levels
        let level = isHalving ? round : 2 * levels - 1 - round
        let (own, other) = halves(of: count, level)
        let (given, wanted) = isHalving ? (other, own) : (own, other)
        let partner = communicator.rank ^ (1 << level)
        if !wanted.isEmpty {
            let target = isHalving ? buffers.received : buffers.values + wanted.lowerBound * stride
            courses[slot].requests.append(
                try communicator.startReceive(target, count: wanted.count * stride, from: partner, tag: slot))
        }
        if !given.isEmpty {
            courses[slot].requests.append(
                try communicator.startSend(
                    buffers.values + given.lowerBound * stride, count: given.count * stride, to: partner, tag: slot))
            reduction.sent.bytes += given.count * stride
            reduction.sent.messages += 1
        }
    }

    /// Combines the half that this rank keeps with what has come.
    private func combine(_ slot: Int, _ count: Int, _ level: Int) {
        let buffers = reduction.halvingSlots[slot]
        let (own, _) = halves(of: count, level)
        let values = buffers.values + own.lowerBound * arena.element.stride
        if isUpper(level) {
            arena.element.combine(values, into: buffers.received, count: own.count)
            values.copyMemory(from: buffers.received, byteCount: own.count * arena.element.stride)
        } else {
            arena.element.combine(buffers.received, into: values, count: own.count)
        }
    }

    /// Whether this rank is the later one of its pair.
    private func isUpper(_ level: Int) -> Bool { reduction.communicator.rank >> level & 1 == 1 }

    /// What remains of `count` elements to this rank after halving on a level and those below, and what goes to its
    /// partner.
    private func halves(of count: Int, _ level: Int) -> (own: Range<Int>, other: Range<Int>) {
        var (own, other) = (0..<count, 0..<0)
        for below in 0...level {
            let middle = own.lowerBound + own.count / 2
            let (lower, upper) = (own.lowerBound..<middle, middle..<own.upperBound)
            (own, other) = isUpper(below) ? (upper, lower) : (lower, upper)
        }
        return (own, other)
    }
}
