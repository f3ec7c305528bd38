extension FuzzedReader {
    /// Every reader of bytes that somebody else may have written; those that take longest come first.
    package static let all = [
        pretrainedNetwork, configuration, pretraining, inspection, runHistory, pytorchOlder, pytorchArchive, jpeg,
        safetensors, png, mat, modelDescription, npy, checksums,
    ]
}
