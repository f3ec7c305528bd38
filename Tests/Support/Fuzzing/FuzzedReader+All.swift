extension FuzzedReader {
    /// Every reader of bytes that somebody else may have written.
    package static let all = [
        pytorchArchive, pytorchOlder, safetensors, modelDescription, checksums, configuration, png, jpeg, mat, npy,
    ]
}
