/// What a file is whose reader expects something else, by its first bytes: never by its name.
///
/// Many a file that "cannot be read" is none of its kind at all: a pointer of Git LFS in a clone that has not fetched, the
/// page that a server sent in place of a download, or the work of another program.
package enum FileContent: Sendable, Equatable {
    case empty
    /// Nothing but zeros at its beginning: a download that was cut off, on a disk that had reserved the room.
    case zeros
    /// A pointer of Git LFS, with the bytes that the file has which it stands for.
    case gitLFS(byteCount: Int?)
    case gitAnnex
    case dvc
    /// An HTML page, with its title.
    case page(title: String?)
    case xml
    /// Some other text, and how it begins.
    case text(String)
    case hdf5(HDF5Writer)
    /// MATLAB's format since 1996.
    case mat5
    /// MATLAB's format before, and the name of the first variable.
    case mat4(String)
    case octaveText
    case octaveBinary
    case npy
    /// An archive of such arrays, which only the list of its parts tells.
    case npz
    /// A zip archive, which many formats are.
    case zip
    /// A file that was compressed as a whole, and the program that takes that back.
    case compressed(String)
    case tar
    /// A picture, by the name of its format.
    case picture(String)
    case onnx
    case tensorFlowLite
    case safetensors
    case pickle

    /// Who wrote an HDF5 file.
    package enum HDF5Writer: Sendable, Equatable {
        case matlab, octave, keras, unknown
    }

    /// The bytes of a file's beginning that are looked at.
    package static let startByteCount = 1 << 16

    /// What the file is, in a few words.
    package var name: String {
        switch self {
        case .empty: "an empty file"
        case .zeros: "no more than zeros"
        case .gitLFS(let byteCount): "a Git LFS pointer" + (byteCount.map { " to a file of \($0) bytes" } ?? "")
        case .gitAnnex: "a pointer of git-annex"
        case .dvc: "a pointer of DVC"
        case .page(let title): "an HTML page" + (title.map { " ('\($0)')" } ?? "")
        case .xml: "an XML document"
        case .text(let start): "text that begins with '\(start)'"
        case .hdf5(.matlab): "a MAT file of version 7.3 (HDF5)"
        case .hdf5(.octave): "an HDF5 file of Octave"
        case .hdf5(.keras): "a Keras file (HDF5)"
        case .hdf5(.unknown): "an HDF5 file"
        case .mat5: "a MAT file"
        case .mat4: "a MAT file of version 4"
        case .octaveText: "a text file of Octave"
        case .octaveBinary: "a binary file of Octave"
        case .npy: "a NumPy array (.npy)"
        case .npz: "an archive of NumPy's arrays (.npz)"
        case .zip: "a zip archive"
        case .compressed(let program): "compressed by \(program)"
        case .tar: "a tar archive"
        case .picture(let format): "a \(format) picture"
        case .onnx: "an ONNX network"
        case .tensorFlowLite: "a TensorFlow Lite network"
        case .safetensors: "a safetensors file"
        case .pickle: "a Python pickle"
        }
    }

    /// How to get what the file was meant to be, where it only stands for that; nil where it is something of its own.
    package var fetching: String? {
        switch self {
        case .empty, .zeros: "copy or download the file again"
        case .gitLFS: "fetch what it stands for, with git lfs pull in its repository"
        case .gitAnnex: "fetch what it stands for, with git annex get"
        case .dvc: "fetch what it stands for, with dvc pull"
        case .page:
            "download the file itself and not a page about it (of huggingface.co /resolve/ in place of /blob/, of GitHub "
                + "/raw/)"
        case .xml, .text: "look at it, it may be what a server answered, and download the file again"
        case .compressed(let program): "unpack it first, with \(program) -d"
        case .tar: "unpack it first, with tar -xf"
        default: nil
        }
    }

    /// What the file is that begins with `start` and has `byteCount` bytes; nil where its beginning does not tell.
    package init?(start: ArraySlice<UInt8>, byteCount: Int) {
        let start = Array(start.prefix(Self.startByteCount))
        guard byteCount > 0 else {
            self = .empty
            return
        }
        if let known = Self.binary(start) ?? Self.matlab(start) {
            self = known
        } else if start.prefix(512).allSatisfy({ $0 == 0 }) {
            self = .zeros
        } else if let text = Self.text(start) {
            self = text
        } else {
            return nil
        }
    }

    /// Formats that begin with bytes of their own.
    private static let signatures: [(bytes: [UInt8], content: FileContent)] = [
        (Array("PK".utf8) + [3, 4], .zip), ([0x93] + Array("NUMPY".utf8), .npy), ([0x1F, 0x8B], .compressed("gzip")),
        (Array("BZh".utf8), .compressed("bzip2")), ([0xFD] + Array("7zXZ".utf8), .compressed("xz")),
        ([0x28, 0xB5, 0x2F, 0xFD], .compressed("zstd")), ([0x89] + Array("PNG".utf8), .picture("PNG")),
        ([0xFF, 0xD8, 0xFF], .picture("JPEG")), (Array("GIF8".utf8), .picture("GIF")),
        ([0x49, 0x49, 0x2A, 0], .picture("TIFF")), ([0x4D, 0x4D, 0, 0x2A], .picture("TIFF")),
        (Array("Octave-1".utf8), .octaveBinary),
    ]

    private static let hdf5Signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    private static func binary(_ start: [UInt8]) -> FileContent? {
        if let known = signatures.first(where: { start.starts(with: $0.bytes) }) { return known.content }
        // A user's block, of a power of two, may stand before HDF5's own.
        if start.starts(with: "MATLAB 7.3".utf8) { return .hdf5(.matlab) }
        for offset in [0, 512, 1024, 2048, 4096] where start.dropFirst(offset).starts(with: hdf5Signature) {
            let isOf = { (mark: String) in start.firstRange(of: Array(mark.utf8)) != nil }
            return .hdf5(isOf("OCTAVE_") ? .octave : isOf("keras_version") ? .keras : .unknown)
        }
        if start.dropFirst(257).starts(with: "ustar".utf8) { return .tar }
        if start.dropFirst(4).starts(with: "TFL3".utf8) { return .tensorFlowLite }
        if start.dropFirst(8).first == UInt8(ascii: "{"), start.dropFirst(4).prefix(4).allSatisfy({ $0 == 0 }) {
            return .safetensors
        }
        // ONNX: the field ir_version, and then a text or the graph.
        if start.count > 3, start[0] == 0x08, (3...32).contains(start[1]), [0x12, 0x3A, 0x42].contains(start[2]) {
            return .onnx
        }
        let isOldPickle = start.first.map { "(]}c".utf8.contains($0) } == true && start.prefix(512).contains(0x0A)
        if isOldPickle, start.prefix(1024).firstRange(of: Array("cnumpy".utf8)) != nil { return .pickle }
        return start.count > 1 && start[0] == 0x80 && (2...5).contains(start[1]) ? .pickle : nil
    }

    private static func matlab(_ start: [UInt8]) -> FileContent? {
        if start.count >= 128, [Array("IM".utf8), Array("MI".utf8)].contains(Array(start[126..<128])) { return .mat5 }
        // Version 4 has five numbers, and the name of a variable that ends with 0.
        guard start.count >= 22 else { return nil }
        func numbers(isBigEndian: Bool) -> [UInt32] {
            (0..<5).map { place in
                let bytes = start[(4 * place)..<(4 * place + 4)]
                return (isBigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
        for isBigEndian in [false, true] {
            let header = numbers(isBigEndian: isBigEndian)
            let (type, length) = (header[0], header[4])
            let isMachine = isBigEndian ? (1000..<2000).contains(type) : type < 1000
            guard isMachine, type % 1000 <= 52, type % 10 <= 2, header[3] <= 1, max(header[1], header[2]) < 1 << 31,
                (2...64).contains(length), start.count >= 20 + Int(length)
            else { continue }
            let name = start[20..<(20 + Int(length) - 1)]
            let isName = name.allSatisfy { byte in
                let scalar = Unicode.Scalar(byte)
                return scalar.isASCII && (scalar.properties.isAlphabetic || scalar == "_" || (48...57).contains(byte))
            }
            guard isName, start[19 + Int(length)] == 0 else { continue }
            return .mat4(String(decoding: name, as: UTF8.self))
        }
        return nil
    }

    private static func text(_ start: [UInt8]) -> FileContent? {
        let mark: [UInt8] = start.starts(with: [0xEF, 0xBB, 0xBF]) ? [0xEF, 0xBB, 0xBF] : []
        let content = start.dropFirst(mark.count).drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }.prefix(2048)
        func begins(_ text: String) -> Bool {
            content.prefix(text.utf8.count).map { (65...90).contains($0) ? $0 + 32 : $0 }.elementsEqual(text.utf8)
        }
        guard !content.contains(where: { $0 < 0x20 && ![0x09, 0x0A, 0x0D, 0x0C].contains($0) || $0 == 0x7F }) else {
            return nil
        }
        // The last character may be cut.
        let text = String(decoding: content, as: UTF8.self)
        guard text.unicodeScalars.dropLast().allSatisfy({ $0 != "\u{FFFD}" }) else { return nil }
        let lines = text.split(whereSeparator: \.isNewline)
        if begins("version https://git-lfs") {
            let size = lines.first { $0.hasPrefix("size ") }.flatMap { Int($0.dropFirst(5)) }
            return .gitLFS(byteCount: size)
        }
        if text.contains("/annex/objects/"), lines.count == 1 { return .gitAnnex }
        if begins("outs:"), text.contains("md5:") { return .dvc }
        if begins("<!doctype html") || begins("<html") { return .page(title: title(of: text)) }
        if begins("<?xml") { return text.contains("<html") ? .page(title: title(of: text)) : .xml }
        if begins("# created by octave") || (begins("# name:") && text.contains("# type:")) { return .octaveText }
        guard let line = lines.first else { return nil }
        return .text(shown(line))
    }

    private static func title(of page: String) -> String? {
        guard let start = page.firstRange(of: "<title>"), let end = page[start.upperBound...].firstRange(of: "</title>")
        else { return nil }
        let title = page[start.upperBound..<end.lowerBound].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return title.isEmpty ? nil : shown(title[...])
    }

    /// The beginning of a text, without what a terminal would obey.
    private static func shown(_ text: Substring) -> String {
        let scalars = text.unicodeScalars.prefix(40).map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: "?"
            default: String(scalar)
            }
        }
        return scalars.joined() + (text.unicodeScalars.count > 40 ? "…" : "")
    }
}
