import Datasets
import Testing

@Suite("What augmentation draws")
struct AugmentationTests {
    let augmentation = Augmentation(cropHeight: 40, cropWidth: 30, seed: 7)

    private func views(count: Int) -> [SampleView] {
        (0..<count).map { augmentation.view(epoch: $0 / 100, index: $0 % 100, sourceHeight: 50, sourceWidth: 60) }
    }

    @Test func theSameDrawsForTheSameSeedEpochAndSample() {
        let again = Augmentation(cropHeight: 40, cropWidth: 30, seed: 7)
        let other = Augmentation(cropHeight: 40, cropWidth: 30, seed: 8)
        func view(_ augmentation: Augmentation, _ epoch: Int, _ index: Int) -> SampleView {
            augmentation.view(epoch: epoch, index: index, sourceHeight: 50, sourceWidth: 60)
        }
        #expect((0..<20).map { view(augmentation, 1, $0) } == (0..<20).reversed().map { view(again, 1, $0) }.reversed())
        #expect((0..<20).map { view(augmentation, 1, $0) } != (0..<20).map { view(augmentation, 2, $0) })
        #expect((0..<20).map { view(augmentation, 1, $0) } != (0..<20).map { view(other, 1, $0) })
    }

    /// Frequencies within 4 standard deviations of a binomial.
    @Test func everyScaleAndBothSidesAreAsLikely() {
        let views = views(count: 7000)
        func isLikely(_ count: Int, share: Double) -> Bool {
            let deviation = (7000 * share * (1 - share)).squareRoot()
            return abs(Double(count) - 7000 * share) < 4 * deviation
        }
        for scale in Augmentation.paperScales {
            #expect(isLikely(views.count { $0.scale == scale }, share: 1.0 / 7))
        }
        #expect(isLikely(views.count(where: \.isMirrored), share: 0.5))
    }

    /// Of 50 x 60 pixels, a crop of 40 x 30 in the middle leaves 5 rows above and 15 columns to the left.
    @Test func aCentredCropLiesInTheMiddle() {
        let centred = Augmentation(
            cropHeight: 40, cropWidth: 30, scales: [1], mirrors: false, isCentred: true, seed: 7)
        let views = Set((0..<20).map { centred.view(epoch: $0, index: $0, sourceHeight: 50, sourceWidth: 60) })
        #expect(views.count == 1)
        #expect(views.allSatisfy { $0.top == -5 && $0.left == -15 && $0.scale == 1 && !$0.isMirrored })
    }

    /// At scale 2 the picture has 100 x 120 pixels, so a crop of 40 x 30 begins at rows 0 … 60 and columns 0 … 90.
    @Test func theCropLiesAnywhereInsideThePaddedPicture() {
        let large = views(count: 20000).filter { $0.scale == 2 }
        #expect(Set(large.map(\.top)) == Set((-60)...0))
        #expect(Set(large.map(\.left)) == Set((-90)...0))
        // At scale 0.5 it has 25 x 30: it is in the middle of the 40 rows (7 above, 8 below) and fills the columns.
        let small = views(count: 2000).filter { $0.scale == 0.5 }
        #expect(!small.isEmpty && small.allSatisfy { $0.top == 7 && $0.left == 0 })
    }

    @Test func withoutScalesAndMirroringAPictureOfTheCropsSizeStaysAsItIs() {
        let plain = Augmentation(cropHeight: 8, cropWidth: 9, scales: [1], mirrors: false, seed: 1)
        for index in 0..<10 {
            let view = plain.view(epoch: 0, index: index, sourceHeight: 8, sourceWidth: 9)
            #expect(view == .whole(sourceHeight: 8, sourceWidth: 9, frameHeight: 8, frameWidth: 9))
        }
    }
}

@Suite("Views are rendered")
struct ViewRendererTests {
    private func render(_ map: PixelMap, _ task: LearningTask, _ view: SampleView) -> [Float] {
        var renderer = ViewRenderer()
        let count = view.frameHeight * view.frameWidth * map.channels
        return [Float](unsafeUninitializedCapacity: count) { target, initialized in
            renderer.renderLabels(map, task: task, view: view, to: target.baseAddress!)
            initialized = count
        }
    }

    private func view(
        of map: PixelMap, frame: (Int, Int), scale: Double = 1, top: Int = 0, left: Int = 0, isMirrored: Bool = false
    ) -> SampleView {
        SampleView(
            sourceHeight: map.height, sourceWidth: map.width, frameHeight: frame.0, frameWidth: frame.1, scale: scale,
            top: top, left: left, isMirrored: isMirrored)
    }

    @Test func mirroringReversesColumnsAndNegatesXOfNormals() {
        let normals = PixelMap(height: 1, width: 3, channels: 3, values: [0.6, 0, 0.8, 0, 0, 0, -1, 0, 0])
        let mirrored = render(normals, .normals, view(of: normals, frame: (1, 3), isMirrored: true))
        #expect(mirrored == [1, 0, 0, 0, 0, 0, -0.6, 0, 0.8])
        // The unknown vector keeps positive zeros, so that its bytes stay those of unknown.
        #expect(mirrored[3].sign == .plus)
        let classes = PixelMap(height: 1, width: 3, channels: 1, values: [4, 255, 6])
        #expect(render(classes, .semseg, view(of: classes, frame: (1, 3), isMirrored: true)) == [6, 255, 4])
        // The padding on the left of a crop is on the right of its mirror image.
        let padded = view(of: classes, frame: (1, 5), left: 2, isMirrored: true)
        #expect(render(classes, .semseg, padded) == [6, 255, 4, 255, 255])
    }

    @Test func depthIsDividedByTheScale() {
        let depth = PixelMap(height: 2, width: 2, channels: 1, values: [3, 3, 3, 3])
        #expect(render(depth, .depth, view(of: depth, frame: (3, 3), scale: 1.5)) == Array(repeating: 2, count: 9))
        #expect(render(depth, .depth, view(of: depth, frame: (1, 1), scale: 0.5)) == [6])
    }

    private func values(_ channels: Int, mirror: [Double], _ scaling: ValueScaling) -> LearningTask {
        var task = LearningTask("heat", .value)
        (task.channels, task.mirrorFactors, task.scaling) = (channels, mirror, scaling)
        return task
    }

    @Test func valuesAreMirroredByTheirTasksFactors() {
        let map = PixelMap(height: 1, width: 2, channels: 2, values: [1, 2, -3, .nan])
        let mirrored = render(map, values(2, mirror: [-1, 0.5], .none), view(of: map, frame: (1, 2), isMirrored: true))
        #expect(mirrored[0] == 3 && mirrored[1].isNaN && mirrored[2...] == [-1, 1])
    }

    @Test(arguments: [(ValueScaling.none, Float(6)), (.multiply, 12), (.divide, 3)])
    func valuesAreScaledAsTheirTaskSays(scaling: ValueScaling, expected: Float) {
        let map = PixelMap(height: 2, width: 2, channels: 1, values: [6, 6, 6, 6])
        let scaled = render(map, values(1, mirror: [1], scaling), view(of: map, frame: (4, 4), scale: 2))
        #expect(scaled == Array(repeating: expected, count: 16))
    }

    @Test func anUnknownValueMakesUnknownOnlyWhatItHasAPartIn() {
        let map = PixelMap(height: 1, width: 3, channels: 1, values: [1, .nan, 5])
        let task = values(1, mirror: [1], .none)
        let whole = render(map, task, view(of: map, frame: (1, 5), left: 1))
        #expect(whole.map(\.isNaN) == [true, false, true, false, true])
        #expect(whole[1] == 1 && whole[3] == 5)
        // Doubled: places -0.25 (clamped), 0.25, 0.75, 1.25, 1.75 and 2.25 (clamped) of the row, and both rows alike.
        let doubled = render(map, task, view(of: map, frame: (1, 6), scale: 2))
        #expect(doubled.map(\.isNaN) == [false, true, true, true, true, false])
    }

    @Test func linearAndNearestTakeHalfPixelAndCornerPositions() {
        let ramp = PixelMap(height: 1, width: 2, channels: 1, values: [0, 4])
        // Doubling: coordinates -0.25 (clamped), 0.25, 0.75, 1.25 (clamped); depth is halved.
        #expect(render(ramp, .depth, view(of: ramp, frame: (2, 4), scale: 2)) == [0, 0.5, 1.5, 2, 0, 0.5, 1.5, 2])
        #expect(render(ramp, .semseg, view(of: ramp, frame: (2, 4), scale: 2)) == [0, 0, 4, 4, 0, 0, 4, 4])
        // 366 scaled by 0.75 gives 274: for 137, whole-number arithmetic takes 183, and the float64 quotients 182.
        let long = PixelMap(height: 1, width: 366, channels: 1, values: (0..<366).map(Float.init))
        let short = render(long, .edge, view(of: long, frame: (1, 274), scale: 0.75))
        #expect((0..<274).filter { short[$0] != Float($0 * 366 / 274) } == [137])
        #expect(short[137] == 182)
    }

    @Test func whatThePictureDoesNotCoverIsUnknown() {
        for task in LearningTask.paper {
            let known: Float = task == .edge || task == .sal ? 1 : 2
            let map = PixelMap(
                height: 1, width: 1, channels: task.labelChannels,
                values: Array(repeating: known, count: task.labelChannels))
            let values = render(map, task, view(of: map, frame: (3, 3), top: 1, left: 1))
            let unknown = Array(repeating: task.unknownLabel, count: 4 * task.labelChannels)
            #expect(values == unknown + Array(repeating: known, count: task.labelChannels) + unknown)
        }
        let image = PixelMap(height: 1, width: 1, channels: 3, values: [10, 20, 30])
        var renderer = ViewRenderer()
        var values = [Float](repeating: 9, count: 6)
        renderer.renderImage(image, view: view(of: image, frame: (1, 2), left: 1), to: &values)
        let normalization = ImageNormalization.imageNet
        let levels: [(Float, Int)] = [(123, 0), (116, 1), (103, 2), (10, 0), (20, 1), (30, 2)]
        #expect(values == levels.map { normalization.value(ofLevel: $0.0, channel: $0.1) })
    }

    @Test func levelsAreTruncatedAndNormalized() {
        let normalization = ImageNormalization.imageNet
        #expect(normalization.value(ofLevel: 99.99, channel: 1) == (Float(99) / 255 - 0.456) / 0.224)
        #expect(normalization.value(ofLevel: -3, channel: 0) == -Float(0.485) / 0.229)
        #expect(normalization.value(ofLevel: 300, channel: 2) == (1 - Float(0.406)) / 0.225)
    }
}
