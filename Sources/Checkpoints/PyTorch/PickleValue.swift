/// What a pickle's instructions build. Containers lie in `PickleObjects` and are named by their index there, so that
/// neither cycles nor depth cost anything, however a file nests them.
enum PickleValue: Sendable {
    case none
    case boolean(Bool)
    case integer(Int)
    /// More than 64 bits, little-endian.
    case longInteger([UInt8])
    case number(Double)
    case text(String)
    case name(PickleName)
    /// A tuple or a list.
    case sequence(Int)
    case dictionary(Int)
    case storage(Int)
    case tensor(Int)
    /// Something without meaning here, such as bytes, a set or a device.
    case inert
}

/// The containers, storages and tensors that a pickle has built.
struct PickleObjects: Sendable {
    var sequences: [[PickleValue]] = []
    /// Keys and values in the order in which they were set; a key may be there more than once.
    var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    var storages: [PickledStorage] = []
    var tensors: [PickledTensor] = []

    mutating func sequence(_ items: [PickleValue]) -> PickleValue {
        sequences.append(items)
        return .sequence(sequences.count - 1)
    }

    mutating func dictionary(_ pairs: [(key: PickleValue, value: PickleValue)] = []) -> PickleValue {
        dictionaries.append(pairs)
        return .dictionary(dictionaries.count - 1)
    }
}

/// A run of elements somewhere in the file.
struct PickledStorage: Sendable, Equatable {
    /// Its name in the file.
    let key: String
    let elementType: StoredElementType
    /// How many elements it claims; who finds its bytes must check them.
    let count: Int
    /// Where it begins inside the elements of `key`, which files of 2017 may say.
    let offset: Int
}

/// A view of a storage, every element of which is inside.
struct PickledTensor: Sendable, Equatable {
    let storage: Int
    let elementType: StoredElementType
    let shape: [Int]
    /// The elements of the storage, in the tensor's type, from its first to its last.
    let span: Range<Int>
    /// nil where elements stand row-major without gaps.
    let strides: [Int]?
}

/// Why a pickle is not read, and how to mend it.
struct PickleProblem: Error, Equatable {
    let problem: String
    let remedy: String

    static func damaged(_ problem: String) -> PickleProblem {
        PickleProblem(problem: problem, remedy: "fetch the file again, or save it again with torch.save")
    }

    static func unwelcome(_ problem: String) -> PickleProblem {
        PickleProblem(
            problem: problem,
            remedy: "load it where it was made and save only the state dict: "
                + "torch.save(network.state_dict(), path)")
    }
}
