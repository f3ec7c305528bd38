import Checkpoints

extension FuzzedReader {
    /// Reads every tensor of a file, and proves that its size is what its shape says.
    private static func readAll(_ file: some TensorFile, byteCount: Int) throws {
        for tensor in file.tensors {
            try require(tensor.byteCount <= byteCount, "\(tensor.name) has \(tensor.byteCount) bytes")
            _ = try file.hexadecimalDigest(of: tensor)
            switch tensor.elementType {
            case .float32, .float16, .bfloat16, .float64:
                let values = try file.floats(tensor.name, shape: tensor.shape)
                try require(values.count == tensor.elementCount, "\(tensor.name) has \(values.count) values")
            default: break
            }
        }
    }

    package static func isInvalidFile(_ error: any Error) -> Bool {
        (error as? InvalidFileError)?.path == "damaged"
    }

    package static func pytorch(_ name: String) -> [UInt8] { seed("CheckpointsTests/Fixtures/pytorch/\(name).pth") }

    private static func pytorch(
        _ name: String, near: Int, seeds: [String], crafted: [[UInt8]] = []
    ) -> FuzzedReader {
        // Values of a pickle take some tens of times its bytes, and arrays double as they grow.
        FuzzedReader(
            name, seeds: seeds.map { pytorch($0) } + crafted, near: near, allowance: { 65536 + 128 * $0 },
            isRefusal: isInvalidFile
        ) { bytes in
            try readAll(PyTorchFile(bytes, path: "damaged"), byteCount: bytes.count)
        }
    }

    static var pytorchArchive: FuzzedReader {
        pytorch(
            "pytorch-archive", near: 1500, seeds: ["various-protocol2", "various-protocol4", "tensor", "call-system"])
    }

    static var pytorchOlder: FuzzedReader {
        pytorch(
            "pytorch-older", near: 1500, seeds: ["various-older", "various-older-protocol4", "call-system-older"],
            crafted: views)
    }

    /// Views that repeat elements: of a storage that has them, and of one that only claims to.
    private static var views: [[UInt8]] {
        let builder = PickleBuilder()
        return [
            builder.file(builder.tensor(shape: [2, 2], strides: [0, 1])),
            builder.file(builder.tensor(count: 1 << 41, shape: [1 << 41], strides: [0])),
        ]
    }

    static var safetensors: FuzzedReader {
        FuzzedReader(
            "safetensors", seeds: [seed("CheckpointsTests/Fixtures/official.safetensors")], near: 900,
            allowance: { 65536 + 64 * $0 }, isRefusal: isInvalidFile
        ) { bytes in
            let file = try SafetensorsFile(bytes, path: "damaged")
            let header = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            try require(
                file.tensors.reduce(0) { $0 + $1.byteCount } == bytes.count - 8 - header,
                "tensors do not cover the data")
            try readAll(file, byteCount: bytes.count)
        }
    }

    static var modelDescription: FuzzedReader {
        let text = """
            format: 1
            backbone: resnet18
            width: 16
            output_stride: 16
            method: rcm
            nff: true
            aspp: 64
            low: 12
            bank_sha256: \(String(repeating: "0123456789abcdef", count: 4))

            """
        return FuzzedReader(
            "model-yaml", seeds: [Array(text.utf8)], allowance: { 65536 + 64 * $0 }, isRefusal: isInvalidFile
        ) { bytes in
            let model = try ModelDescription(yaml: String(decoding: bytes, as: UTF8.self), path: "damaged")
            try require(model.width > 0 && model.asppChannels > 0 && model.bankDigest.utf8.count == 64, "a description")
        }
    }

    static var checksums: FuzzedReader {
        let digest = String(repeating: "0123456789abcdef", count: 4)
        let text = ["state.safetensors", "semseg-depth.safetensors", "a"].map { "\(digest)  \($0)\n" }.joined()
        return FuzzedReader(
            "checksums", seeds: [Array(text.utf8)], allowance: { 65536 + 64 * $0 }, isRefusal: isInvalidFile
        ) { bytes in
            let listed = try Checkpoint.checksums(parsing: String(decoding: bytes, as: UTF8.self), path: "damaged")
            try require(!listed.isEmpty && listed.keys.allSatisfy { !$0.contains("/") }, "a list of checksums")
        }
    }
}
