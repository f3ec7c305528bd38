import Datasets
import Foundation
import Testing

/// One picture of each set at each of the seven scales, against the figures of the reference programs.
@Suite("Augmented views match the reference programs")
struct ReferenceAugmentationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let set: String
        let scale: Double

        var testDescription: String { "\(set) at \(scale)" }
        static let all = ["PASCAL_MT", "NYUD_MT"].flatMap { set in
            Augmentation.paperScales.map { Case(set: set, scale: $0) }
        }
    }

    @Test(arguments: Case.all)
    func scaledAndCroppedAndMirrored(_ test: Case) throws {
        let set = try Fixtures.expected("augmentations", test.set)
        let expected = set.object("scales", "\(test.scale)")
        let sources = try ReferencePicture(set: test.set)
        let crop = set.integers("crop")
        let offsets = expected.integers("crop_offset")
        let (height, width) = (sources.image.height, sources.image.width)

        let scaledHeight = Int((Double(height) * test.scale).rounded(.down))
        let scaledWidth = Int((Double(width) * test.scale).rounded(.down))
        let scaled = SampleView(
            sourceHeight: height, sourceWidth: width, frameHeight: scaledHeight, frameWidth: scaledWidth,
            scale: test.scale, top: 0, left: 0, isMirrored: false)
        try sources.check(expected.object("scaled"), view: scaled)

        func origin(_ scaled: Int, _ crop: Int, _ offset: Int) -> Int { (max(scaled, crop) - scaled) / 2 - offset }
        for (stage, isMirrored) in [("cropped", false), ("flipped_tensors", true)] {
            let view = SampleView(
                sourceHeight: height, sourceWidth: width, frameHeight: crop[0], frameWidth: crop[1],
                scale: test.scale, top: origin(scaledHeight, crop[0], offsets.first ?? 0),
                left: origin(scaledWidth, crop[1], offsets.last ?? 0), isMirrored: isMirrored)
            try sources.check(expected.object(stage), view: view)
            if stage == "flipped_tensors" {
                sources.checkImage(expected.object(stage, "image"), view: view)
            }
        }
    }

    @Test(arguments: ["PASCAL_MT", "NYUD_MT"])
    func paddedForValidation(set name: String) throws {
        let set = try Fixtures.expected("augmentations", name)
        let sources = try ReferencePicture(set: name)
        let frame = set.object("validation").integers("pad")
        let view = SampleView.whole(
            sourceHeight: sources.image.height, sourceWidth: sources.image.width, frameHeight: frame[0],
            frameWidth: frame[1])
        try sources.check(set.object("validation", "tensors"), view: view)
        sources.checkImage(set.object("validation", "tensors", "image"), view: view)
    }
}

/// The picture of one set with the labels of all its tasks.
private struct ReferencePicture {
    let image: PixelMap
    let labels: [LearningTask: PixelMap]

    init(set: String) throws {
        let root = Fixtures.path(set)
        let source: any StoredSampleSource =
            set == "PASCAL_MT"
            ? try PascalContext(root: root, split: "train", tasks: ReferenceLoaderTests.pascalTasks)
            : try NYUD(root: root, split: "train")
        let name = try Fixtures.expected("augmentations", set).string("image")
        let index = try #require(source.identifiers.firstIndex(of: name))
        let sample = try source.sample(at: index, tasks: source.tasks)
        (image, labels) = (sample.image, sample.labels)
    }

    /// Class maps to the pixel; float maps to 2e-7 of the largest value, which is that of the picture by its scale.
    func check(_ expected: Expected, view: SampleView) throws {
        var renderer = ViewRenderer()
        for (task, map) in labels {
            let figures = expected.object(task.name)
            let count = view.frameHeight * view.frameWidth * map.channels
            let rendered = [Float](unsafeUninitializedCapacity: count) { target, initialized in
                renderer.renderLabels(map, task: task, view: view, to: target.baseAddress!)
                initialized = count
            }
            let values = channelsFirst(rendered, channels: map.channels)
            let largest = task == .depth ? Double(values.max()!) : 1
            if figures.has("crc32") {
                #expect(checksum(values) == figures.integer("crc32"), "\(task)")
            }
            for (position, value) in zip(figures.integers("at"), figures.numbers("value")) {
                #expect(abs(Double(values[position]) - value) <= 3e-7 * largest, "\(task) at \(position)")
            }
            if figures.has("ignored") {
                let unknown = stride(from: 0, to: count, by: map.channels).count { pixel in
                    rendered[pixel..<pixel + map.channels].allSatisfy { $0 == task.unknownLabel }
                }
                #expect(unknown == figures.integer("ignored"), "\(task)")
            }
            if figures.has("l2") {
                // The written figure has nine digits.
                let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                #expect(abs(norm - figures.number("l2")) <= 1e-6 * norm, "\(task)")
            }
        }
    }

    /// Up to 1.2 in 100 values lie one level off, where float rounding decides what is truncated. Of the 16 values that
    /// are written down, 3 may; the mean may move by 0.012 levels, of which 0.224 · 255 make one unit.
    func checkImage(_ figures: Expected, view: SampleView) {
        var renderer = ViewRenderer()
        let count = view.frameHeight * view.frameWidth * 3
        let rendered = [Float](unsafeUninitializedCapacity: count) { target, initialized in
            renderer.renderImage(image, view: view, to: target.baseAddress!)
            initialized = count
        }
        let values = channelsFirst(rendered, channels: 3)
        let level = 1 / (0.224 * 255)
        var astray = 0
        for (position, value) in zip(figures.integers("at"), figures.numbers("value")) {
            let distance = abs(Double(values[position]) - value)
            #expect(distance <= 1.01 * level)
            astray += distance > 1e-6 ? 1 : 0
        }
        #expect(astray <= 3)
        for (channel, mean) in figures.numbers("mean").enumerated() {
            let plane = values[channel * count / 3..<(channel + 1) * count / 3]
            let ours = plane.reduce(0.0) { $0 + Double($1) } / Double(plane.count)
            #expect(abs(ours - mean) <= 0.012 * level)
        }
    }
}
