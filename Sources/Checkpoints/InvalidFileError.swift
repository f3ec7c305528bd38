/// A file or folder was read and does not hold what it should: which one, where in it, what is wrong, how to mend it.
package struct InvalidFileError: Error, CustomStringConvertible, Equatable {
    package let path: String
    /// The place inside the file, such as `line 3` or `tensor 'conv1.weight'`; nil for the file as a whole.
    package let place: String?
    package let problem: String
    package let remedy: String

    package init(path: String, place: String? = nil, problem: String, remedy: String) {
        self.path = path
        self.place = place
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String {
        "\(path)\(place.map { ", " + $0 } ?? ""): \(problem); \(remedy)"
    }
}
