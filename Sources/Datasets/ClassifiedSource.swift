/// Pictures that each belong to one class.
///
/// No task has labels, since a class belongs to a picture and not to its pixels. Whoever loads batches asks for the
/// classes of the samples that were drawn.
package protocol ClassifiedSource: SampleSource {
    /// The names of the classes, in the order of their indices.
    var classNames: [String] { get }
    /// The class of a sample; no picture is read.
    func classIndex(at index: Int) -> Int
}

extension ClassifiedSource {
    package var tasks: [LearningTask] { [] }

    package func classNames(of task: LearningTask) -> [String] { [] }
}
