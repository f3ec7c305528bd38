/// How pictures of any size come to one size: what is seen of each, as a function of what was drawn.
package protocol TrainingCrop: Sendable {
    var cropHeight: Int { get }
    var cropWidth: Int { get }

    /// The view of sample `index` in epoch `epoch`, whose picture has the given size.
    func view(epoch: Int, index: Int, sourceHeight: Int, sourceWidth: Int) -> SampleView
}
