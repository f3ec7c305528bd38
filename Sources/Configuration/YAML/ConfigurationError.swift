import TensorCore

/// One thing that is wrong with a configuration: where, and a sentence that says what and how to mend it.
package struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    package let place: ConfigurationPlace
    package let sentence: String

    package var description: String { "\(place): \(sentence)" }
}

/// Everything that is wrong with a configuration, in the order of the file and then of the overrides;
/// its description has one line for each, up to a screen of them.
package struct ConfigurationError: RequestError, Sendable, Equatable {
    /// A file that is no configuration at all has something wrong in every line.
    private static let mostLines = 24

    package let problems: [ConfigurationProblem]

    init(_ problems: [ConfigurationProblem]) {
        precondition(!problems.isEmpty, "an error needs a problem")
        self.problems = problems
    }

    init(_ place: ConfigurationPlace, _ sentence: String) {
        self.init([ConfigurationProblem(place: place, sentence: sentence)])
    }

    package var description: String {
        let rest = problems.count - Self.mostLines
        return (problems.prefix(Self.mostLines).map(\.description) + (rest > 0 ? ["and \(rest) more like these"] : []))
            .joined(separator: "\n")
    }
}
