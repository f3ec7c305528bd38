import Configuration
import Datasets
import Foundation

/// The images that a bank's responses are taken of.
package struct ResponseData: Sendable {
    package let source: any SampleSource
    /// The size at which the network sees them: each is scaled to cover it with the margin, and its middle taken.
    package let crop: PixelSize
    /// 256 / 224 for pictures of a folder, as classifiers are examined (and as the paper's code initializes, with
    /// pictures of ImageNet); 1 for training images, of which nothing is to be cut off.
    package let margin: Double
    /// How many are taken; which ones is drawn by the seed, each at most once.
    package let count: Int
    package let seed: Int
    /// Threads that read.
    package let workers: Int

    /// - Parameters:
    ///   - path: a configuration, whose training images are taken, or a folder of images.
    ///   - images: how many are wanted; all there are where there are fewer.
    ///   - crop: in place of the configuration's `data.crop`; 224 × 224 for a folder.
    /// - Throws: `ConfigurationError`; `UsageError`; `DataFileError` where the folder holds no image.
    package init(path: String, images: Int, crop: PixelSize? = nil) throws {
        precondition(images > 0, "responses of no image say nothing")
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            try self.init(
                PictureFolder(root: path), images: images, crop: crop ?? PixelSize(height: 224, width: 224),
                margin: 256.0 / 224, seed: TrainingSettings().seed, workers: DataSettings().workers)
        } else {
            let configuration = try RunConfiguration.load(path: path)
            try self.init(
                OpenedData(configuration.data, tasks: []).training, images: images,
                crop: crop ?? configuration.data.crop, seed: configuration.training.seed,
                workers: configuration.data.workers)
        }
    }

    package init(
        _ source: any SampleSource, images: Int, crop: PixelSize, margin: Double = 1, seed: Int, workers: Int
    ) {
        self.source = source
        self.crop = crop
        self.margin = margin
        count = min(images, source.count)
        self.seed = seed
        self.workers = workers
    }
}
