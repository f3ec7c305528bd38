import TensorCore

/// Why a graph cannot be trained as asked, in one sentence.
package struct PlanningError: RequestError {
    package let description: String

    /// Batch normalization `name` has a single value per channel in training: its variance is 0 and its output the
    /// shift, whatever the input, so nothing before it would learn. PyTorch refuses it too.
    init(oneValuePerChannel name: String) {
        description =
            "\(name): batch normalization would see one value per channel, because its map is 1 × 1 pixel and the "
            + "batch 1 sample; train with a batch of at least 2"
    }
}
