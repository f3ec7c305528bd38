extension FuzzedReader {
    /// Every reader of bytes that somebody else may have written; those that take longest come first.
    package static let files = [
        configuration, pretraining, pytorchOlder, pytorchArchive, jpeg, safetensors, png, tiff, mat, npz,
        modelDescription, npy, flow, checksums, fileContent,
    ]
}
