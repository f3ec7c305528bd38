/// What is wrong with one sample of a data set, and what would mend it.
package struct SampleError: Error, CustomStringConvertible, Equatable {
    package let identifier: String
    package let problem: String
    package let remedy: String

    package init(identifier: String, problem: String, remedy: String) {
        self.identifier = identifier
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "sample \(identifier): \(problem); \(remedy)." }
}
