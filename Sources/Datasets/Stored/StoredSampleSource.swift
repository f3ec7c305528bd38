import Foundation

/// Samples that lie in files.
package protocol StoredSampleSource: SampleSource {
    /// What the samples are called, in the order of their list.
    var identifiers: [String] { get }
    /// The files that a sample with labels of `tasks` is read from, the picture first.
    func files(at index: Int, tasks: [LearningTask]) -> [String]
}

extension StoredSampleSource {
    package var count: Int { identifiers.count }

    /// The samples of which a file is missing, in order. Nothing is opened, so this is quick.
    package func missingFiles(tasks: [LearningTask]) -> [SampleError] {
        identifiers.indices.flatMap { index in
            files(at: index, tasks: tasks).filter { !FileManager.default.fileExists(atPath: $0) }.map { path in
                SampleError(
                    identifier: identifiers[index], problem: "\(path) is missing",
                    remedy: "fetch it, or take the sample off the list")
            }
        }
    }

    /// The height and width of every picture, in the order of the list. Only the beginnings of the files are read.
    /// - Throws: ``SampleError`` for the first that cannot be read.
    package func sizes() throws -> [(height: Int, width: Int)] {
        try identifiers.indices.map { index in
            try naming(index) { _ in try ImageFile.size(files(at: index, tasks: [])[0]) }
        }
    }

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

/// The names of samples, one a line.
enum IdentifierList {
    /// Reads the list at `path`; empty lines and blanks around names do not count.
    /// - Throws: ``DataFileError`` when it cannot be read, is empty, or names a sample twice.
    static func read(_ path: String) throws -> [String] {
        let text = String(decoding: try contents(ofFile: path), as: UTF8.self)
        let lines = text.split { $0.isNewline }.map { $0.trimmingCharacters(in: .whitespaces) }
        let names = lines.filter { !$0.isEmpty }
        guard !names.isEmpty else {
            throw DataFileError(path: path, problem: "it lists no sample", remedy: "write one name a line")
        }
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw DataFileError(path: path, problem: "it lists \(name) twice", remedy: "remove one of the two lines")
        }
        return names
    }
}
