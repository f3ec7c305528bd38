import Configuration

extension FuzzedReader {
    private static func document<Document: ConfigurationDocument>(_ name: String, _ sound: Document) -> FuzzedReader {
        FuzzedReader(
            name, seeds: [Array(sound.yaml().utf8)], near: 1 << 20, allowance: { 1 << 20 + 256 * $0 },
            isRefusal: { ($0 as? ConfigurationError)?.description.hasPrefix("damaged") == true }
        ) { bytes in
            let read = try Document.parse(String(decoding: bytes, as: UTF8.self), file: "damaged")
            try require(Document.parse(read.yaml(), file: "again") == read, "a configuration reads back differently")
        }
    }

    static var configuration: FuzzedReader { document("configuration", RunConfiguration()) }

    static var pretraining: FuzzedReader { document("pretraining", PretrainConfiguration()) }
}
