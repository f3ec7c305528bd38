import Foundation

/// Samples that lie in files.
package protocol StoredSampleSource: SampleSource {
    /// What the samples are called, in the order of their list.
    var identifiers: [String] { get }
    /// The files that a sample with labels of `tasks` is read from, the picture first.
    func files(at index: Int, tasks: [LearningTask]) -> [String]
    /// The files of a sample that are missing, or there twice. Nothing is opened.
    func fileProblems(at index: Int, tasks: [LearningTask]) -> [SampleError]
    /// The height and width of a picture; where they can be, they are read from the file's beginning.
    /// - Throws: ``SampleError``.
    func size(at index: Int) throws -> (height: Int, width: Int)
}

extension StoredSampleSource {
    package var count: Int { identifiers.count }

    /// The samples that another list has too, in the order of this one.
    package func identifiers(alsoIn other: any StoredSampleSource) -> [String] {
        let others = Set(other.identifiers)
        return identifiers.filter(others.contains)
    }

    package func fileProblems(at index: Int, tasks: [LearningTask]) -> [SampleError] {
        files(at: index, tasks: tasks).filter { !FileManager.default.fileExists(atPath: $0) }.map { path in
            SampleError(
                identifier: identifiers[index], problem: "\(path) is missing",
                remedy: "fetch it, or take the sample off the list")
        }
    }

    /// The files of all samples that are missing or there twice, in order. Nothing is opened, so this is quick.
    package func fileProblems(tasks: [LearningTask]) -> [SampleError] {
        identifiers.indices.flatMap { fileProblems(at: $0, tasks: tasks) }
    }

    package func size(at index: Int) throws -> (height: Int, width: Int) {
        try naming(index) { _ in try ImageFile.size(files(at: index, tasks: [])[0]) }
    }

    /// The height and width of every picture, in the order of the list.
    /// - Throws: ``SampleError`` for the first that cannot be read.
    package func sizes() throws -> [(height: Int, width: Int)] { try identifiers.indices.map { try size(at: $0) } }

    /// What `read` gives for a sample; what it throws names the sample.
    func naming<Value>(_ index: Int, _ read: (String) throws -> Value) throws -> Value {
        precondition(identifiers.indices.contains(index), "a sample's index lies within the data set")
        let identifier = identifiers[index]
        do {
            return try read(identifier)
        } catch let error as DataFileError {
            throw SampleError(
                identifier: identifier, problem: "\(error.path): \(error.problem)", remedy: error.remedy)
        }
    }
}
