import Checkpoints
import Datasets
import Foundation

/// What a run is trained and validated on, as it was when the run began: `inputs.json` in its folder.
///
/// A run that goes on must end with the bits of one that was never stopped, so it must go on with the same samples in the
/// same order, the same classes and the same bank. Of every sample the file keeps a piece of the digest of its name and
/// one of its files: enough to tell that something changed, and which sample is the first. What is drawn, the
/// configuration describes.
package struct RunInputs: Codable, Sendable, Equatable {
    package static let fileName = "inputs.json"

    /// The samples of one list.
    struct Samples: Codable, Sendable, Equatable {
        /// What stands for the files of a sample, because more would take too long when a run starts.
        enum Evidence: String, Codable, Sendable {
            /// All bytes, of lists whose files have at most 256 MiB together.
            case contents
            /// How many bytes each file has, of lists of at most 50,000 files.
            case sizes
            /// Nothing but the names.
            case names
        }

        let count: Int
        /// The first four bytes of the SHA-256 of each name, in the order of the list; in base 64. Empty where samples are drawn.
        let names: Data
        let evidence: Evidence
        /// The same of each sample's files, in the order of the tasks; empty where `evidence` is `names`.
        let files: Data
    }

    let training: Samples
    let validation: Samples
    /// By the tasks' names; of pretraining by that of the classifier's output.
    let classes: [String: [String]]
    /// The SHA-256 of the filter bank's values; nil where a run makes its own.
    let bank: String?

    /// Looks at the samples as they are now.
    ///
    /// - Parameter tasks: whose labels are read.
    /// - Throws: `FileSystemError` where a file cannot be read.
    init(
        training: any SampleSource, validation: any SampleSource, tasks: [LearningTask], classes: [String: [String]],
        bank: String?
    ) throws {
        self.training = try Samples(training, tasks)
        self.validation = try Samples(validation, tasks)
        self.classes = classes
        self.bank = bank
    }

    /// Those of the run in `folder`; nil where it was begun before runs kept them.
    ///
    /// - Throws: `InvalidFileError` where the file is damaged.
    init?(in folder: String) throws {
        let path = "\(folder)/\(Self.fileName)"
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch {
            throw InvalidFileError(
                path: path, place: "the whole file", problem: "it is not what a run writes",
                remedy: "restore it; without it a run goes on, and whether its data changed is not checked")
        }
    }

    /// - Throws: `FileSystemError`.
    func write(in folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        try AtomicFile.write(to: "\(folder)/\(Self.fileName)") { try $0.write(bytes) }
    }

    /// What is otherwise than when the run began, a phrase each; empty where nothing is.
    ///
    /// - Parameters:
    ///   - names: what the samples are called now: of training, of validation.
    func changes(since old: RunInputs, names: (training: [String], validation: [String])) -> [String] {
        var changes =
            training.changes(since: old.training, "training", names.training)
            + validation.changes(since: old.validation, "validation", names.validation)
        for (task, now) in classes.sorted(by: { $0.key < $1.key }) {
            guard let then = old.classes[task], then != now else { continue }
            guard then.count == now.count else {
                changes.append("\(task) has \(now.count) classes, and had \(then.count)")
                continue
            }
            let place = zip(then, now).enumerated().first { $1.0 != $1.1 }!.offset
            changes.append("class \(place) of \(task) is '\(now[place])', and was '\(then[place])'")
        }
        if let bank, let then = old.bank, bank != then {
            changes.append("the filter bank has the SHA-256 \(bank.prefix(16))…, and had \(then.prefix(16))…")
        }
        return changes
    }
}

extension RunInputs.Samples {
    private static let contentsLimit = 256 << 20
    private static let sizesLimit = 50_000
    private static let pieceBytes = 4

    fileprivate init(_ source: any SampleSource, _ tasks: [LearningTask]) throws {
        count = source.count
        guard let stored = source as? any StoredSampleSource else {
            (names, evidence, files) = (Data(), .names, Data())
            return
        }
        names = Data(stored.identifiers.flatMap { Self.piece(Array($0.utf8)) })
        guard stored.count * (1 + tasks.count) <= Self.sizesLimit else {
            (evidence, files) = (.names, Data())
            return
        }
        let paths = stored.identifiers.indices.map { stored.files(at: $0, tasks: tasks) }
        let sizes = try paths.map { try $0.map { try Self.byteCount(ofFile: $0) } }
        let isSmall = sizes.joined().reduce(0, +) <= Self.contentsLimit
        evidence = isSmall ? .contents : .sizes
        files = Data(
            try zip(paths, sizes).flatMap { paths, sizes in
                let facts = isSmall ? try paths.map { try SHA256.hexadecimal(ofFile: $0) } : sizes.map { "\($0)" }
                return Self.piece(Array(facts.joined(separator: " ").utf8))
            })
    }

    private static func byteCount(ofFile path: String) throws(FileSystemError) -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileSystemError(.read, path) }
        return Int(status.st_size)
    }

    private static func piece(_ bytes: [UInt8]) -> [UInt8] {
        let digest = bytes.withUnsafeBytes(SHA256.hexadecimal)
        return (0..<pieceBytes).map { UInt8(digest.dropFirst(2 * $0).prefix(2), radix: 16)! }
    }

    private static func pieces(_ data: Data) -> [Data] {
        stride(from: 0, to: data.count, by: pieceBytes).map { Data(data.dropFirst($0).prefix(pieceBytes)) }
    }

    fileprivate func changes(since old: Self, _ list: String, _ identifiers: [String]) -> [String] {
        func sample(_ place: Int) -> String {
            identifiers.indices.contains(place) ? "\(identifiers[place]), number \(place + 1)" : "number \(place + 1)"
        }
        let (now, then) = (Self.pieces(names), Self.pieces(old.names))
        if now != then || count != old.count {
            let place = zip(now, then).enumerated().first { $1.0 != $1.1 }?.offset ?? min(now.count, then.count)
            if count != old.count {
                let first = place < now.count ? " (the first that is new there: \(sample(place)))" : ""
                return ["the \(list) list has \(count) samples\(first), and had \(old.count)"]
            }
            let order = now.map { Array($0) }.sorted { $0.lexicographicallyPrecedes($1) }
            let isSame = order == then.map { Array($0) }.sorted { $0.lexicographicallyPrecedes($1) }
            return [
                isSame
                    ? "the \(list) list has the same samples in another order (the first: \(sample(place)))"
                    : "the \(list) list names other samples (the first: \(sample(place)))"
            ]
        }
        guard evidence == old.evidence else { return ["the files of the \(list) samples have other sizes"] }
        let changed = zip(Self.pieces(files), Self.pieces(old.files)).enumerated().filter { $1.0 != $1.1 }.map(\.offset)
        guard let first = changed.first else { return [] }
        let what = evidence == .contents ? "contents" : "sizes"
        return [
            changed.count == 1
                ? "files of the \(list) sample \(sample(first)) have other \(what)"
                : "files of \(changed.count) \(list) samples have other \(what) (the first: \(sample(first)))"
        ]
    }
}
