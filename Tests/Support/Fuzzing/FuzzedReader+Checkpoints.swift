import Archives
import Checkpoints

extension FuzzedReader {
    /// Reads every tensor of a file, and proves that its size is what its shape says.
    private static func readAll(_ file: some TensorFile, byteCount: Int) throws {
        for tensor in file.tensors {
            try require(tensor.byteCount <= byteCount, "\(tensor.name) has \(tensor.byteCount) bytes")
            try require(tensor.elementCount / 8 <= byteCount, "\(tensor.name) has \(tensor.elementCount) elements")
            _ = try file.hexadecimalDigest(of: tensor)
            guard tensor.typeName == tensor.elementType.rawValue, tensor.foreignFields.isEmpty else { continue }
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
        _ name: String, near: Int, seeds: [String], crafted: [[UInt8]] = [],
        repair: @escaping @Sendable (inout [UInt8]) -> Void = { _ in }
    ) -> FuzzedReader {
        // Values of a pickle take some tens of times its bytes, and arrays double as they grow.
        FuzzedReader(
            name, seeds: seeds.map { pytorch($0) } + crafted, near: near, repair: repair,
            allowance: { 65536 + 128 * $0 }, isRefusal: isInvalidFile
        ) { bytes in
            try readAll(PyTorchFile(bytes, path: "damaged"), byteCount: bytes.count)
        }
    }

    static var pytorchArchive: FuzzedReader {
        pytorch(
            "pytorch-archive", near: 1500, seeds: ["various-protocol2", "various-protocol4", "tensor", "call-system"],
            repair: { ZipBuilder.rewriteChecksums(of: &$0) })
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
            "safetensors", seeds: [seed("CheckpointsTests/Fixtures/official.safetensors"), foreignTypes], near: 900,
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

    /// Types that are not read, and a field that the format does not know.
    private static var foreignTypes: [UInt8] {
        let tensors = [
            #""a":{"dtype":"F8_E4M3","shape":[2,3],"data_offsets":[0,6]}"#,
            #""b":{"dtype":"F4","shape":[4],"data_offsets":[6,8]}"#,
            #""c":{"dtype":"X9","shape":[7],"data_offsets":[8,12],"scale":{"by":[1.5e3,true,"x"]}}"#,
            #""d":{"dtype":"F32","shape":[1],"data_offsets":[12,16],"stride":[1]}"#,
        ]
        let header = Array("{\(tensors.joined(separator: ","))}".utf8)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + [UInt8](0..<16)
    }

    /// What a file is that no reader knows.
    static var fileContent: FuzzedReader {
        struct Unknown: Error {}
        let texts = [
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 46830571\n",
            "<!DOCTYPE html>\n<html><head><title>Not found</title></head></html>\n", "404: Not Found\n",
            "# Created by Octave 7.3.0\n# name: depth\n# type: matrix\n# rows: 1\n# columns: 1\n 1\n",
        ]
        let version4 = [0, 2, 2, 0, 6].flatMap { [UInt8($0), 0, 0, 0] } + Array("depth".utf8)
        let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] + Array("OCTAVE_NEW_FORMAT".utf8)
        return FuzzedReader(
            "file-content",
            seeds: texts.map { Array($0.utf8) }
                + [version4 + [UInt8](repeating: 0, count: 33), hdf5, [8, 8, 58, 9] + Array("graph".utf8)],
            near: 64, allowance: { 65536 + 64 * $0 }, isRefusal: { $0 is Unknown }
        ) { bytes in
            guard let content = FileContent(start: bytes[...], byteCount: bytes.count) else { throw Unknown() }
            let texts = [content.name, content.fetching ?? ""]
            try require(
                texts.allSatisfy { $0.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } },
                "a control character is told")
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
