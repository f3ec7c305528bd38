import Configuration
import Datasets

/// The pictures of pretraining, and how they are cut to the network's size.
struct ClassifiedData: Sendable {
    let training: any ClassifiedSource
    let validation: any ClassifiedSource
    let trainingCrop: any TrainingCrop
    /// Drawn pictures are examined whole; those of files as is customary, in the middle, 224 of 256 pixels wide.
    let examinationCrop: CentralCrop
    let workers: Int
    private let isDrawn: Bool

    /// Bytes of drawn pictures that are kept, since drawing one takes longer than training on it.
    private static let cacheByteLimit = 1 << 30

    /// - Throws: `UsageError` where the data set has no classes; `DataFileError` where a folder is not in order.
    init(_ settings: PretrainDataSettings, seed: Int) throws {
        workers = settings.workers
        isDrawn = settings.dataset == .rooms
        let crop = settings.crop
        switch settings.dataset {
        case .rooms:
            let rooms = settings.rooms
            func pictures(first: Int, count: Int) -> RoomsClassification {
                RoomsClassification(
                    seed: UInt64(rooms.seed), first: first, count: count, height: rooms.size.height,
                    width: rooms.size.width)
            }
            training = pictures(first: 0, count: rooms.train)
            validation = pictures(first: rooms.train, count: rooms.validation)
            examinationCrop = CentralCrop(cropHeight: rooms.size.height, cropWidth: rooms.size.width)
        case .folder:
            guard let root = settings.root else { throw UsageError("data.root: name the folder of pictures") }
            training = try ClassifiedFolder(root: root, split: "train")
            validation = try ClassifiedFolder(root: root, split: "val")
            examinationCrop = CentralCrop(cropHeight: crop.height, cropWidth: crop.width, margin: 256.0 / 224)
        case .pascalContext, .nyud, .files:
            throw UsageError(
                "data.dataset: \(settings.dataset.rawValue) has no classes to pretrain with; set it to rooms or folder")
        }
        trainingCrop =
            switch (settings.augment, settings.randomCrop, settings.dataset) {
            case (true, .resized, _), (true, .automatic, .folder):
                RandomResizedCrop(
                    cropHeight: crop.height, cropWidth: crop.width,
                    areas: settings.area.smallest...settings.area.largest,
                    ratios: settings.aspect.smallest...settings.aspect.largest, seed: UInt64(seed))
            case (false, _, .folder): CentralCrop(cropHeight: crop.height, cropWidth: crop.width)
            default: settings.common.augmentation(seed: seed)
            }
    }

    /// As it is, or with a memory: files are read again, since there are more of them than memory.
    var cachedTraining: any SampleSource { cached(training) }
    var cachedValidation: any SampleSource { cached(validation) }

    /// What naming the commonest classes of the validation for every picture would reach.
    var constantAccuracy: ClassificationAccuracy {
        var counts = [Int](repeating: 0, count: training.classNames.count)
        for index in 0..<validation.count { counts[validation.classIndex(at: index)] += 1 }
        counts.sort(by: >)
        func share(_ classes: Int) -> Double {
            Double(counts.prefix(classes).reduce(0, +)) / Double(validation.count)
        }
        return ClassificationAccuracy(top1: share(1), top5: share(5))
    }

    private func cached(_ source: any SampleSource) -> any SampleSource {
        isDrawn ? CachedSampleSource(source, byteLimit: Self.cacheByteLimit) : source
    }
}
