import Configuration
import Datasets

extension DataSettings {
    /// How training pictures are seen. Scales are the paper's steps that lie within `scale`, and its two ends.
    package func augmentation(seed: Int) -> Augmentation {
        let steps = Augmentation.paperScales.filter { scale.smallest < $0 && $0 < scale.largest }
        let ends = scale.smallest == scale.largest ? [scale.smallest] : [scale.smallest, scale.largest]
        return Augmentation(
            cropHeight: crop.height, cropWidth: crop.width, scales: augment ? (steps + ends).sorted() : [1],
            mirrors: augment, isCentred: !augment, seed: UInt64(seed))
    }
}
