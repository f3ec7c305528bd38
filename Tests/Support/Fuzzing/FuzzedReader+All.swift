extension FuzzedReader {
    /// Every reader of bytes that somebody else may have written.
    package static var all: [FuzzedReader] {
        [
            pytorchArchive, pytorchOlder, safetensors, modelDescription, checksums, configuration, png, jpeg, mat, npy,
        ]
    }

    package static let names = [
        "pytorch-archive", "pytorch-older", "safetensors", "model-yaml", "checksums", "configuration", "png", "jpeg",
        "mat", "npy",
    ]
}
