/// Of several networks in one file, the one that is taken, and the others: by their keys, or by what their tensors' names
/// begin with.
package struct NetworkChoice: Sendable, Equatable {
    package let taken: String
    /// One at least.
    package let untaken: [String]

    package init(taken: String, untaken: [String]) {
        self.taken = taken
        self.untaken = untaken
    }

    /// "two networks: taken teacher.backbone, not student.backbone".
    package var sentence: String {
        let count = untaken.count == 1 ? "two" : untaken.count == 2 ? "three" : "\(untaken.count + 1)"
        let named = untaken.prefix(3).map(\.printableName).joined(separator: ", ") + (untaken.count > 3 ? ", …" : "")
        return "\(count) networks: taken \(taken.printableName), not \(named)"
    }
}

/// The names of a file's tensors.
///
/// A file holds a state dictionary, or a dictionary with one under a customary key and other things beside it.
/// Dictionaries and lists inside are joined by dots.
struct StateDictionary {
    /// Names, and the tensors' places in `PickleObjects`.
    private(set) var tensors: [(name: String, index: Int)] = []
    /// The names of what is no tensor, and of what lies beside the state dictionary.
    private(set) var others: [String] = []
    /// Which of several networks in the file these are; nil where there is one.
    private(set) var networks: NetworkChoice?

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
        var untaken: [String] = []
        for (index, pair) in pairs.enumerated() where index != place {
            guard case .text(let key) = pair.key else { continue }
            guard isNetwork(pair.value) else {
                try addOther(key)
                continue
            }
            try pay(for: key)
            untaken.append(key)
        }
        if case .text(let key) = pairs[place].key, !untaken.isEmpty {
            networks = NetworkChoice(taken: key, untaken: untaken)
        }
        return pairs[place].value
    }

    /// Whether `value` is a state dictionary of its own, such as the average of the weights beside them. What optimizers
    /// keep is nested otherwise. Its beginning tells: a file may name a long dictionary again and again.
    private func isNetwork(_ value: PickleValue) -> Bool {
        guard case .dictionary(let index) = value else { return false }
        return objects.dictionaries[index].prefix(64).contains { key, value in
            if case .text(let key) = key, case .tensor = value { key.contains(".") } else { false }
        }
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
