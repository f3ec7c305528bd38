import Tasks

/// A validation sample as the network answers one of its tasks, at the picture's own size.
package struct PicturedSample: Sendable {
    /// The sample's name in its data set.
    package let sample: String
    package let task: String
    /// The task's figure on this sample alone; nil where nothing is known of it.
    package let score: MetricResult?
    package let image: Picture
    package let truth: Picture
    package let prediction: Picture
}
