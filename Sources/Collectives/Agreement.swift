/// What ranks must agree on before they work together: a name ("configuration") with a short text that stands for it,
/// such as a hash.
package struct AgreementItem: Codable, Sendable, Equatable {
    package let name: String
    package let digest: String

    package init(_ name: String, _ digest: String) {
        self.name = name
        self.digest = digest
    }
}

/// Ranks that were started together differ in something they must share.
package struct DisagreementError: Error, CustomStringConvertible, Equatable {
    /// One thing that differs: its name, and every value with the ranks that have it; nil where they have none.
    package struct Difference: Sendable, Equatable {
        package let name: String
        package let values: [(digest: String?, ranks: [Int])]

        package static func == (left: Difference, right: Difference) -> Bool {
            left.name == right.name && left.values.elementsEqual(right.values) { $0 == $1 }
        }
    }

    package let differences: [Difference]
    package let nodes: NodeLayout

    package var description: String {
        let list = differences.map { difference in
            let values = difference.values.map { value in
                "\(value.digest ?? "nothing") on \(places(value.ranks))"
            }
            return "  \(difference.name): " + values.joined(separator: ", ")
        }
        return "the ranks differ, so they cannot train together; start all of them with the same program and files\n"
            + list.joined(separator: "\n")
    }

    /// "ranks 0 to 2, 5 (hosts a, b)"
    private func places(_ ranks: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for rank in ranks {
            if let last = runs.last, last.upperBound == rank - 1 {
                runs[runs.count - 1] = last.lowerBound...rank
            } else {
                runs.append(rank...rank)
            }
        }
        let numbers = runs.map {
            switch $0.count {
            case 1: "\($0.lowerBound)"
            case 2: "\($0.lowerBound), \($0.upperBound)"
            default: "\($0.lowerBound) to \($0.upperBound)"
            }
        }
        var hosts: [String] = []
        for rank in ranks where hosts.last != nodes.host(of: rank) { hosts.append(nodes.host(of: rank)) }
        return "\(ranks.count == 1 ? "rank" : "ranks") \(numbers.joined(separator: ", ")) "
            + "(\(hosts.joined(separator: ", ")))"
    }
}

/// Why ranks could not start together.
package enum AgreementError: Error, CustomStringConvertible, Equatable {
    case disagreement(DisagreementError)
    case communication(CollectiveError)

    package var description: String {
        switch self {
        case .disagreement(let error): error.description
        case .communication(let error): error.description
        }
    }
}

extension Communicator {
    /// Compares what ranks have; every rank learns of every difference.
    package func agree(on items: [AgreementItem]) throws(AgreementError) {
        let all: [[AgreementItem]]
        do throws(CollectiveError) {
            all = try gather(items)
        } catch {
            throw .communication(error)
        }
        var names: [String] = []
        for item in all.joined() where !names.contains(item.name) { names.append(item.name) }
        let differences = names.compactMap { name -> DisagreementError.Difference? in
            var values: [(digest: String?, ranks: [Int])] = []
            for (rank, items) in all.enumerated() {
                let digest = items.first { $0.name == name }?.digest
                if let place = values.firstIndex(where: { $0.digest == digest }) {
                    values[place].ranks.append(rank)
                } else {
                    values.append((digest, [rank]))
                }
            }
            return values.count > 1 ? DisagreementError.Difference(name: name, values: values) : nil
        }
        if !differences.isEmpty { throw .disagreement(DisagreementError(differences: differences, nodes: nodes)) }
    }
}
