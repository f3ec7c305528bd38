import TensorCore

/// Why a graph cannot be trained as asked, in one sentence.
package struct PlanningError: RequestError {
    package let description: String

    /// Batch normalization `name` has a single value per channel in training: its variance is 0 and its output the
    /// shift, whatever the input, so nothing before it would learn. PyTorch refuses it too.
    ///
    /// - Parameter ofShard: whether it sees a rank's own samples alone.
    init(oneValuePerChannel name: String, ofShard: Bool) {
        let (seen, remedy) =
            ofShard
            ? ("a rank's part of the batch", "at least 2 samples per rank, or with parallel.batch_norm: global")
            : ("the batch", "a batch of at least 2")
        description =
            "\(name): batch normalization would see one value per channel, because its map is 1 × 1 pixel and \(seen) "
            + "1 sample; train with \(remedy)"
    }
}
