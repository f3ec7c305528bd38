/// Adds whole numbers over all ranks, in place: counts of known pixels, and flags such as the wish to stop.
package final class IntegerSum: CollectiveOperation {
    private let communicator: any Communicator
    private let values: UnsafeMutablePointer<Int64>
    private let count: Int
    private var request: CollectiveRequest?

    /// - Parameter values: `count` numbers of this rank, and after the operation their sums.
    package init(name: String, communicator: any Communicator, values: UnsafeMutablePointer<Int64>, count: Int) {
        self.communicator = communicator
        self.values = values
        self.count = count
        super.init(name: name)
    }

    /// Bytes that this rank sends to others in a run, as an ideal reduction does.
    package var byteCount: Int {
        2 * (communicator.size - 1) * count * MemoryLayout<Int64>.stride / communicator.size
    }

    override func begin() throws(CollectiveError) {
        request = try communicator.startAllReduce(values, count: count, .int64)
    }

    override func move() throws(CollectiveError) -> Move {
        try communicator.test(request!) ? .complete : .none
    }
}
