import TensorCore

/// Why a graph cannot be trained as asked, in one sentence.
package struct PlanningError: RequestError {
    package let description: String

    /// What a batch normalization sees at a time.
    enum Samples {
        case batch
        /// A rank's own samples.
        case shard
        /// One of the parts in which a batch is computed.
        case part
    }

    /// A step needs so many bytes, and the process can have fewer.
    ///
    /// - Parameter what: the largest part of them.
    package init(memory bytes: Int, for what: String, limit: Int) {
        func text(_ bytes: Int) -> String {
            let gigabytes = Double(bytes) / 1e9
            return String(Int((gigabytes * 10).rounded()) / 10) + "." + String(Int((gigabytes * 10).rounded()) % 10)
                + " GB"
        }
        description =
            "a step needs \(text(bytes)) of memory for \(what), and there are \(text(limit)); lower training.batch, "
            + "data.crop, model.width or model.aspp, or compute the batch in parts (training.accumulate)"
    }

    /// Batch normalization `name` has a single value per channel in training: its variance is 0 and its output the
    /// shift, whatever the input, so nothing before it would learn. PyTorch refuses it too.
    ///
    init(oneValuePerChannel name: String, seeing samples: Samples) {
        let (seen, remedy) =
            switch samples {
            case .batch: ("the batch", "a batch of at least 2")
            case .shard:
                ("a rank's part of the batch", "at least 2 samples per rank, or with parallel.batch_norm: global")
            case .part:
                (
                    "a part of the batch",
                    "a smaller training.accumulate, or with frozen norms (model.norm, model.decoder_norm)"
                )
            }
        description =
            "\(name): batch normalization would see one value per channel, because its map is 1 × 1 pixel and \(seen) "
            + "1 sample; train with \(remedy)"
    }
}
