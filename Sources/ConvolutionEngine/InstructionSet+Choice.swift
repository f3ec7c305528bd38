extension InstructionSet {
    /// The environment variable that forces a choice.
    package static let variable = "MODULOR_ISA"

    /// The instruction set that `name` forces, or the widest that this machine has where it is nil or empty.
    /// - Throws: ``InstructionSetError`` where no set has that name or this machine cannot run it.
    package static func chosen(by name: String?) throws(InstructionSetError) -> InstructionSet {
        guard let name, !name.isEmpty else { return best }
        guard let chosen = InstructionSet(rawValue: name), chosen.isAvailable else {
            throw InstructionSetError(name: name)
        }
        return chosen
    }

    /// The names of all that this machine can run, the widest first.
    package static var availableNames: [String] {
        allCases.filter(\.isAvailable).reversed().map(\.rawValue)
    }
}

/// An instruction set was forced that this machine does not have.
package struct InstructionSetError: Error, CustomStringConvertible, Equatable {
    package let name: String

    package init(name: String) {
        self.name = name
    }

    package var description: String {
        let words = InstructionSet.availableNames.joined(separator: ", ")
        return "\(InstructionSet.variable)=\(name): this machine runs \(words); set one of these, or none."
    }
}
