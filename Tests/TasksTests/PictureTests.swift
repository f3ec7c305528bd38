import Datasets
import Tasks
import Testing

@Suite struct PictureTests {
    private func row(_ values: [Float], channels: Int = 1) -> PixelMap {
        PixelMap(height: 1, width: values.count / channels, channels: channels, values: values)
    }

    private func drawn(label: [Float], _ task: LearningTask, range: ValueRange = .standard) -> [Color] {
        let picture = row(label, channels: task.labelChannels).withView {
            Picture(label: $0, task: task, range: range)
        }
        return (0..<picture.width).map { picture[0, $0] }
    }

    private func drawn(
        output: [Float], channels: Int, _ task: LearningTask, range: ValueRange = .standard
    ) -> [Color] {
        let picture = row(output, channels: channels).withView {
            Picture(output: $0, task: task, range: range)
        }
        return (0..<picture.width).map { picture[0, $0] }
    }

    @Test func classesHaveThePaletteOfPascalVOC() {
        #expect(Palette.color(ofClass: 0) == .black)
        #expect(Palette.color(ofClass: 1) == Color(red: 128, green: 0, blue: 0))
        #expect(Palette.color(ofClass: 6) == Color(red: 0, green: 128, blue: 128))
        #expect(Palette.color(ofClass: 15) == Color(red: 192, green: 128, blue: 128))
        #expect(Palette.color(ofClass: 20) == Color(red: 0, green: 64, blue: 128))
        #expect(Palette.unknownClass == Color(red: 224, green: 224, blue: 192))
        #expect(Set((0..<256).map(Palette.color(ofClass:))).count == 256)
    }

    @Test func truthAndPredictionOfAClassHaveOneColor() {
        #expect(drawn(label: [2, 1, 255], .semseg).prefix(2) == [2, 1].map(Palette.color(ofClass:))[...])
        #expect(drawn(label: [255], .semseg) == [Palette.unknownClass])
        #expect(drawn(output: [0, 1, 5, 0, 3, -1], channels: 3, .semseg) == [2, 1].map(Palette.color(ofClass:)))
    }

    @Test func normalsAreColorsOfTheirComponents() {
        let colors = [
            Color(red: 255, green: 128, blue: 128), Color(red: 128, green: 0, blue: 128), .black,
        ]
        #expect(drawn(label: [1, 0, 0, 0, -1, 0, 0, 0, 0], .normals) == colors)
        #expect(drawn(output: [7, 0, 0, 0, -0.1, 0, 0, 0, 0], channels: 3, .normals) == colors)
    }

    @Test func binaryMapsAreGray() {
        #expect(drawn(label: [0, 1, 255], .edge) == [.black, .white, Palette.unknown])
        #expect(drawn(output: [-30, 0, 30], channels: 1, .sal) == [.black, Color(gray: 128), .white])
    }

    @Test func depthsShareTheRangeOfTheirTruth() {
        let truth: [Float] = [2, 0, 4, 3]
        let range = row(truth).withView { ValueRange(of: $0, task: .depth) }
        #expect(range == ValueRange(lowest: 2, highest: 4))
        let colors = [0, 0.5, 1].map { Palette.color(ofDistance: $0) }
        #expect(drawn(label: truth, .depth, range: range) == [colors[0], Palette.unknown, colors[2], colors[1]])
        // Beyond the range is drawn as its end, and nothing is unknown to a network.
        #expect(
            drawn(output: [-1, 3, 9], channels: 1, .depth, range: range) == [colors[0], colors[1], colors[2]])
        #expect(row([0, 0]).withView { ValueRange(of: $0, task: .depth) } == .standard)
        #expect(drawn(label: [5], .depth, range: ValueRange(lowest: 5, highest: 5)) == [colors[0]])
    }

    @Test func fartherIsDarker() {
        let lightness = (0...50).map { step -> Double in
            let color = Palette.color(ofDistance: Float(step) / 50)
            return 0.2126 * Double(color.red) + 0.7152 * Double(color.green) + 0.0722 * Double(color.blue)
        }
        for (nearer, farther) in zip(lightness, lightness.dropFirst()) {
            #expect(farther < nearer)
        }
    }

    @Test func anImageComesBackFromNormalizedInput() {
        let picture = row([-1, 0, 2], channels: 3).withView {
            Picture(image: $0, mean: [100, 110, 120], deviation: [50, 60, 70])
        }
        #expect(picture[0, 0] == Color(red: 50, green: 110, blue: 255))
        let plain = row([0, 127.6, 255], channels: 3).withView { Picture(image: $0) }
        #expect(plain[0, 0] == Color(red: 0, green: 128, blue: 255))
    }

    @Test func aContactSheetShowsImageTruthAndPredictionOfEveryTask() throws {
        let image = PixelMap(height: 2, width: 3, channels: 3, values: [Float](repeating: 200, count: 18))
        let label = PixelMap(height: 2, width: 3, channels: 1, values: [1, 1, 1, 1, 1, 1])
        let scores = PixelMap(
            height: 2, width: 3, channels: 3, values: (0..<6).flatMap { _ in [0, 0, 1] as [Float] })
        let depth = PixelMap(height: 2, width: 3, channels: 1, values: [1, 2, 3, 4, 5, 6])
        var sheet = ContactSheet(tasks: [.semseg, .depth], magnification: 40)
        let captions = sheet.picture()
        sheet.add(
            image: image, label: { $0 == .depth ? depth : label }, output: { $0 == .depth ? depth : scores })
        sheet.add(
            image: image, label: { $0 == .depth ? depth : label }, output: { $0 == .depth ? depth : scores })
        let picture = sheet.picture()
        #expect(picture.width > 5 * 3 * 40)
        #expect(picture.height >= captions.height + 2 * 2 * 40)

        // Runs of colour along a line through the first row of samples, the background left out.
        let line = captions.height + 10
        let background = picture[line, 0]
        var runs: [(color: Color, width: Int)] = []
        for column in 0..<picture.width where picture[line, column] != background {
            if runs.last?.color == picture[line, column] {
                runs[runs.count - 1].width += 1
            } else {
                runs.append((picture[line, column], 1))
            }
        }
        let depths = [0, 0.2, 0.4].map { Palette.color(ofDistance: $0) }
        #expect(
            runs.map(\.color) == [Color(gray: 200), Palette.color(ofClass: 1), Palette.color(ofClass: 2)]
                + depths + depths)
        #expect(runs.map(\.width) == [120, 120, 120, 40, 40, 40, 40, 40, 40])

        // Captions have ink, and stay above the samples.
        let inked = (0..<captions.height).filter { row in
            (0..<captions.width).contains { captions[row, $0] != background }
        }
        #expect(inked.count == 7)
    }

    @Test func aContactSheetWithoutPredictionsHasOneColumnPerTask() {
        var sheet = ContactSheet(tasks: [.semseg, .depth], predictions: false)
        let colors = [10, 20, 30].map { Color(gray: $0) }
        let pictures = colors.map { Picture(height: 40, width: 60, color: $0) }
        let captions = sheet.picture()
        sheet.add(image: pictures[0], truths: [pictures[1], pictures[2]])
        let picture = sheet.picture()
        let line = captions.height + 10
        let seen = (0..<picture.width).map { picture[line, $0] }.filter { $0 != picture[line, 0] }
        #expect(seen == colors.flatMap { [Color](repeating: $0, count: 60) })
    }

    @Test func aReducedPictureKeepsItsMeansAndAPartItsPixels() {
        let picture = Picture(height: 5, width: 7, rgb: (0..<105).map { UInt8($0) })
        #expect(picture.reduced(toFit: 7) == picture)
        let half = picture.reduced(toFit: 4)
        #expect((half.height, half.width) == (2, 3))
        // Rows are 21 bytes apart: 0, 3, 21 and 24 have the mean 12.
        #expect(half[0, 0] == Color(red: 12, green: 13, blue: 14))
        #expect(picture.reduced(toFit: 1).rgb.count == 3)
        let part = picture.part(row: 1, column: 2, height: 2, width: 3)
        #expect(part[0, 0] == picture[1, 2])
        #expect(part[1, 2] == picture[2, 4])
    }
}
