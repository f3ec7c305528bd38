/// The names of a file's tensors.
///
/// A file holds a state dictionary, or a dictionary with one under a customary key and other things beside it.
/// Dictionaries and lists inside are joined by dots.
struct StateDictionary {
    /// Names, and the tensors' places in `PickleObjects`.
    private(set) var tensors: [(name: String, index: Int)] = []
    /// The names of what is no tensor, and of what lies beside the state dictionary.
    private(set) var others: [String] = []

    private static let customaryKeys = ["state_dict", "model_state_dict", "model", "net", "network"]
    private static let maximumDepth = 8

    private let objects: PickleObjects
    /// Bytes of names that may still be made: a few lines of a file can nest long keys.
    private var budget: Int
    private var visitedSequences: Set<Int> = []
    private var visitedDictionaries: Set<Int> = []

    /// - Parameter byteCount: the length of the pickle.
    init(_ root: PickleValue, in objects: PickleObjects, budget byteCount: Int) throws(PickleProblem) {
        self.objects = objects
        budget = 16 * byteCount
        let network = try findNetwork(in: root)
        try visit(network, named: "", depth: 0)
        guard !tensors.isEmpty else { throw .unwelcome("there is no tensor in it") }
        var names: Set<String> = []
        for (name, _) in tensors where !names.insert(name).inserted {
            throw .damaged("it has two tensors of the name \(quoted(name))")
        }
    }

    /// The dictionary under a customary key, where the root has no tensor itself; what lies beside it joins `others`.
    private mutating func findNetwork(in root: PickleValue) throws(PickleProblem) -> PickleValue {
        guard case .dictionary(let index) = root else { return root }
        let pairs = objects.dictionaries[index]
        var places: [String: Int] = [:]
        for (place, pair) in pairs.enumerated() {
            if case .tensor = pair.value { return root }
            if case .text(let key) = pair.key, case .dictionary = pair.value, Self.customaryKeys.contains(key) {
                places[key] = place
            }
        }
        guard let place = Self.customaryKeys.lazy.compactMap({ places[$0] }).first else { return root }
        for (index, pair) in pairs.enumerated() where index != place {
            if case .text(let key) = pair.key { try addOther(key) }
        }
        return pairs[place].value
    }

    /// Names that are used again and again cost a file next to nothing, and whoever joins them all of their length.
    private mutating func pay(for name: String) throws(PickleProblem) {
        budget -= name.utf8.count
        guard budget >= 0 else { throw .damaged("the names of its tensors are longer than any network's") }
    }

    private mutating func addOther(_ name: String) throws(PickleProblem) {
        try pay(for: name)
        others.append(name)
    }

    private mutating func visit(_ value: PickleValue, named name: String, depth: Int) throws(PickleProblem) {
        try pay(for: name)
        switch value {
        case .tensor(let index): tensors.append((name, index))
        case .dictionary(let index) where depth < Self.maximumDepth:
            guard visitedDictionaries.insert(index).inserted else { return others.append(name) }
            for (key, value) in objects.dictionaries[index] {
                switch key {
                case .text(let key): try visit(value, named: Self.join(name, key), depth: depth + 1)
                case .integer(let key): try visit(value, named: Self.join(name, "\(key)"), depth: depth + 1)
                default: try addOther(name)
                }
            }
        case .sequence(let index) where depth < Self.maximumDepth:
            guard visitedSequences.insert(index).inserted else { return others.append(name) }
            for (place, value) in objects.sequences[index].enumerated() {
                try visit(value, named: Self.join(name, "\(place)"), depth: depth + 1)
            }
        default: others.append(name)
        }
    }

    private static func join(_ name: String, _ key: String) -> String {
        name.isEmpty ? key : "\(name).\(key)"
    }
}
