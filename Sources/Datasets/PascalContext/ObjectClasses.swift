import Foundation

/// Which object classes each picture of a list shows, which tells the pictures that have persons.
struct ObjectClasses {
    private let classes: [String: [Int]]

    /// Takes them from the archive's file if it is about just these pictures, and from the annotations otherwise.
    init(root: String, split: String, identifiers: [String], layout: PascalContextLayout) throws {
        let path = "\(root)/ImageSets/Parts/\(split).txt"
        if let data = FileManager.default.contents(atPath: path),
            let stored = try? JSONDecoder().decode([String: [Int]].self, from: data),
            Set(stored.keys) == Set(identifiers)
        {
            classes = stored
            return
        }
        var read: [String: [Int]] = [:]
        for identifier in identifiers {
            let file = LabelFile(layout.path(of: .parts, identifier, root: root))
            do {
                read[identifier] = try PartAnnotation(file).classes()
            } catch let error as DataFileError {
                throw SampleError(
                    identifier: identifier, problem: "\(error.path): \(error.problem)", remedy: error.remedy)
            }
        }
        classes = read
    }

    func classes(of identifier: String) -> [Int] { classes[identifier] ?? [] }
}
