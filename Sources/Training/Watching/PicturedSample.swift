import Tasks

/// A validation sample as the network answers one of its tasks; reduced to `side` pixels, since a run's files are to stay
/// small, and so is what is held of large pictures.
package struct PicturedSample: Sendable {
    /// The longest side of a picture.
    package static let side = 320

    /// The sample's name in its data set.
    package let sample: String
    package let task: String
    /// The task's figure on this sample alone; nil where nothing is known of it.
    package let score: MetricResult?
    package let image: Picture
    package let truth: Picture
    package let prediction: Picture
}
