import CZlib
import Datasets

extension FuzzedReader {
    private static func isNamedRefusal(_ error: any Error) -> Bool {
        (error as? DataFileError)?.path == "damaged"
    }

    private static func data(_ path: String) -> [UInt8] { seed("DatasetsTests/Fixtures/" + path) }

    static var png: FuzzedReader {
        // A byte of deflate's holds at most 1032, and each of these eight pixels of a palette, of three bytes.
        FuzzedReader(
            "png", seeds: pngSeeds, first: 8, near: 60, repair: repairChunks, allowance: { 1 << 20 + 24 * 1032 * $0 },
            isRefusal: isNamedRefusal
        ) { bytes in
            for palette in [ImageFile.PaletteReading.colors, .indices] {
                let image = try ImageFile.decode(bytes, path: "damaged", palette: palette)
                try require(image.bytes.count == image.height * image.width * image.channels, "a picture")
            }
            _ = try ImageFile.decodeFullRange(bytes, path: "damaged")
        }
    }

    private static var pngSeeds: [[UInt8]] {
        [
            "grey1", "grey8", "grey16", "grey_alpha8", "palette4_interlaced", "palette8", "rgb8_interlaced", "rgb16",
            "rgba8",
        ].map { data("formats/\($0).png") }
    }

    /// Writes the right checksum behind every chunk that fits.
    @Sendable private static func repairChunks(_ bytes: inout [UInt8]) {
        var start = 8
        while start + 12 <= bytes.count {
            let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - start - 12 else { return }
            let end = start + 8 + length
            let sum = bytes[(start + 4)..<end].withUnsafeBytes { buffer in
                crc32(0, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(buffer.count))
            }
            withUnsafeBytes(of: UInt32(sum).bigEndian) { bytes.replaceSubrange(end..<end + 4, with: $0) }
            start = end + 4
        }
    }

    static var jpeg: FuzzedReader {
        // At least a bit for 64 pixels of three bytes, and libjpeg's coefficients of progressive pictures.
        FuzzedReader(
            "jpeg", seeds: jpegSeeds, first: 2, near: 700, allowance: { 1 << 20 + 12 * 512 * $0 },
            isRefusal: isNamedRefusal
        ) { bytes in
            let image = try ImageFile.decode(bytes, path: "damaged", orientation: .applied)
            try require(image.bytes.count == image.height * image.width * image.channels, "a picture")
        }
    }

    /// Of several samplings, progressive, grey, and with restart markers.
    private static var jpegSeeds: [[UInt8]] {
        ["101", "12", "21", "7", "1001", "3"].map { data("NYUD_MT/images/\($0).jpg") }
            + ["cmyk", "ycck"].map { data("formats/\($0).jpg") }
    }

    static var mat: FuzzedReader {
        let limit = 1 << 20
        let files = [
            "PASCAL_MT/PascalParts/2010_000945.mat", "PASCAL_MT/PascalParts/2010_000168.mat",
            "PASCAL_MT/Context/trainval/2008_000612.mat", "NYUD_MT/segmentation/101.mat", "NYUD_MT/depth/21.mat",
        ]
        let builder = MATBuilder()
        return FuzzedReader(
            "mat",
            seeds: [builder.file([builder.variety]), builder.file([builder.compressed(builder.variety)])]
                + files.map(data),
            first: 116, allowance: { 32 * ($0 + limit) }, isRefusal: isNamedRefusal
        ) { bytes in
            let file = try MATFile(bytes, path: "damaged", byteLimit: limit)
            for name in try file.variableNames() {
                try require(count(try file.variable(name)) <= limit, "a variable is larger than its bytes")
            }
        }
    }

    /// How many numbers and characters a value holds, all of which are looked at.
    private static func count(_ value: MATValue) -> Int {
        switch value {
        case .numeric(let array): return array.values.count { $0 == $0 || $0 != $0 } + array.isNonzero.count / 2
        case .text(let text): return text.rows.reduce(0) { $0 + $1.unicodeScalars.count }
        case .cell(let cells): return cells.values.reduce(0) { $0 + count($1) }
        case .structure(let structure): return structure.values.reduce(0) { $0 + count($1) }
        case .unsupported: return 0
        }
    }

    static var npy: FuzzedReader {
        FuzzedReader(
            "npy", seeds: [data("NYUD_MT_npy/edge/101.npy")] + npySeeds, first: 6, near: 122,
            allowance: { 65536 + 16 * $0 }, isRefusal: isNamedRefusal
        ) { bytes in
            let array = try NumPyArray(bytes, path: "damaged")
            try require(try NumPyListing(bytes, path: "damaged").arrays.map(\.shape) == [array.shape], "another shape")
            try require(array.values.count == array.shape.reduce(1, *), "an array's values fill its shape")
            try require(array.values.count <= bytes.count, "an array of more values than bytes")
        }
    }

    private static var npySeeds: [[UInt8]] {
        [("'<f4'", "False", "(2, 3, 4)", 96), ("'>f2'", "True", "(4, 6)", 48), ("'|u1'", "False", "(96,)", 96)].map {
            type, order, shape, byteCount in
            var header = "{'descr': \(type), 'fortran_order': \(order), 'shape': \(shape), }"
            header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
            return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
                + (0..<byteCount).map { UInt8($0 * 7 % 251) }
        }
    }

    static var npz: FuzzedReader {
        let arrays = NumPyArray.encoded((0..<24).map(Float.init), shape: [4, 6])
        // A byte of deflate's holds at most 1032, and each may become a float32.
        return FuzzedReader(
            "npz",
            seeds: ["one", "deflated"].map { data("arrays/\($0).npz") } + [ZipBuilder().archive([("a.npy", arrays)])],
            near: 260, allowance: { 1 << 20 + 8 * 1032 * $0 }, isRefusal: isNamedRefusal
        ) { bytes in
            let array = try NumPyArray(archive: bytes, path: "damaged")
            _ = try NumPyListing(bytes, path: "damaged")
            try require(array.values.count == array.shape.reduce(1, *), "an array's values fill its shape")
        }
    }

    static var tiff: FuzzedReader {
        // ZSTD's window may have 128 MiB; besides, a byte holds at most 32768 values.
        FuzzedReader(
            "tiff", seeds: tiffSeeds, allowance: { 1 << 28 + 4 * 32768 * $0 }, isRefusal: isNamedRefusal
        ) { bytes in
            let file = try TIFFFile(bytes, path: "damaged")
            let map = try file.map(channels: file.channels)
            try require(map.values.count == file.height * file.width * file.channels, "a map")
        }
    }

    private static var tiffSeeds: [[UInt8]] {
        [
            "u2_big_endian_lzw_predictor", "f4_2_planes", "f4_5_rows", "f4_2_tiles", "u2_3_planes_tiles", "f4_lzw",
            "f4_deflate_predictor", "f4_zstd", "i2_packbits", "rgba8", "bits1_fax4", "bits4", "f4_bigtiff", "nodata",
            "overview",
        ].map { data("arrays/\($0).tif") }
    }

    static var flow: FuzzedReader {
        let seed = Array("PIEH".utf8) + [4, 0, 0, 0, 3, 0, 0, 0] + (0..<96).map { UInt8($0 * 7 % 251) }
        return FuzzedReader(
            "flo", seeds: [seed], first: 4, near: 8, allowance: { 65536 + 16 * $0 }, isRefusal: isNamedRefusal
        ) { bytes in
            let map = try FlowFile.decode(bytes, path: "damaged")
            try require(map.values.count == 2 * map.height * map.width, "a map of flow")
        }
    }
}
