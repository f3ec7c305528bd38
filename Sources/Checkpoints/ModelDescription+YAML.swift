/// `model.yaml` is a flat list of `key: value` lines, a corner of YAML that needs no YAML reader.
extension ModelDescription {
    /// The version of the model folder's layout that is written and read.
    static let format = 1

    private enum Key: String, CaseIterable {
        case format, backbone, width
        case outputStride = "output_stride"
        case method, nff, aspp, low
        case bankDigest = "bank_sha256"
    }

    /// The lines of `model.yaml`, always in one order.
    var yaml: String {
        items.map { "\($0.key): \($0.value)\n" }.joined()
    }

    /// The keys and values of `model.yaml`, in its order.
    package var items: [(key: String, value: String)] {
        Key.allCases.map { ($0.rawValue, text(of: $0)) }
    }

    private func text(of key: Key) -> String {
        switch key {
        case .format: String(ModelDescription.format)
        case .backbone: backbone
        case .width: String(width)
        case .outputStride: String(outputStride)
        case .method: method
        case .nff: String(normalizedFusion)
        case .aspp: String(asppChannels)
        case .low: String(lowLevelChannels)
        case .bankDigest: bankDigest
        }
    }

    /// Reads `text`, which stands in the file `path`. Every key must be there once and no other.
    package init(yaml text: String, path: String) throws(InvalidFileError) {
        // "\r\n" is one Character that is no newline by itself, so lines are split as scalars.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        var values: [Key: Value] = [:]
        for (index, scalars) in lines.enumerated() {
            let line = String(scalars)
            if line.isEmpty { continue }
            let place = "line \(index + 1)"
            guard let colon = line.firstRange(of: ": ") else {
                throw InvalidFileError(
                    path: path, place: place, problem: "\(quoted(line)) is not 'key: value'", remedy: Self.remedy)
            }
            guard let key = Key(rawValue: String(line[..<colon.lowerBound])) else {
                throw InvalidFileError(
                    path: path, place: place, problem: "the key \(quoted(line[..<colon.lowerBound])) is unknown",
                    remedy: "the keys are \(Key.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let value = Value(text: String(line[colon.upperBound...]), key: key.rawValue, path: path, place: place)
            guard values.updateValue(value, forKey: key) == nil else { throw value.error("is given twice") }
        }
        for key in Key.allCases where values[key] == nil {
            throw InvalidFileError(path: path, problem: "the key '\(key.rawValue)' is missing", remedy: Self.remedy)
        }
        guard try values[.format]!.positive() == ModelDescription.format else {
            throw values[.format]!.error("is not \(ModelDescription.format), the one that this program reads")
        }
        self.init(
            backbone: try values[.backbone]!.name(), width: try values[.width]!.positive(),
            outputStride: try values[.outputStride]!.positive(), method: try values[.method]!.name(),
            normalizedFusion: try values[.nff]!.boolean(), asppChannels: try values[.aspp]!.positive(),
            lowLevelChannels: try values[.low]!.positive())
        bankDigest = try values[.bankDigest]!.digest()
    }

    private static let remedy = "restore the file from where the model came from"

    /// The text after a key, and where it stands.
    private struct Value {
        let text: String
        let key: String
        let path: String
        let place: String

        func error(_ problem: String) -> InvalidFileError {
            InvalidFileError(
                path: path, place: place, problem: "\(key) \(quoted(text)) \(problem)", remedy: ModelDescription.remedy)
        }

        func positive() throws(InvalidFileError) -> Int {
            guard let number = Int(text), number > 0, String(number) == text else {
                throw error("is not a positive whole number")
            }
            return number
        }

        func boolean() throws(InvalidFileError) -> Bool {
            guard let value = Bool(text) else { throw error("is neither true nor false") }
            return value
        }

        func name() throws(InvalidFileError) -> String {
            guard ModelDescription.isName(text) else { throw error("is not a plain name") }
            return text
        }

        func digest() throws(InvalidFileError) -> String {
            guard SHA256.isHexadecimal(text) else { throw error("is not a SHA-256 of 64 hexadecimal digits") }
            return text
        }
    }
}
