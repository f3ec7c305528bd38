import Datasets

/// The picture of an output as a PNG file to look at, encoded as its rows come: classes as a palette PNG whose indices are
/// the classes, distances and values of one channel with a bar of their colours.
package struct OutputPicture {
    private let width: Int
    private let task: LearningTask
    private let range: ValueRange
    private let bar: Picture?
    private let writer: PNGWriter
    private var rowsLeft: Int
    private var row = 0

    /// - Parameters:
    ///   - channels: of the output.
    ///   - range: of the numbers in all of it.
    package init(height: Int, width: Int, channels: Int, task: LearningTask, range: ValueRange) {
        self.width = width
        self.task = task
        self.range = range
        rowsLeft = height
        func bar(_ unit: String) -> Picture { Picture(barOf: range, unit: unit, height: height) }
        let layout: PNGWriter.Layout
        switch task.kind.content {
        case .classes:
            // More than 256 classes share indices.
            let colors = (0..<min(channels, 256)).map { Palette.color(ofClass: $0) }
            (layout, self.bar) = (.indices(colors: colors.flatMap { [$0.red, $0.green, $0.blue] }), nil)
        case .metres: (layout, self.bar) = (.rgb, bar(" m"))
        case .numbers where task.channels == 1: (layout, self.bar) = (.rgb, bar(""))
        case .shares where task.channels == 1: (layout, self.bar) = (.grey, nil)
        case .shares, .vectors, .numbers: (layout, self.bar) = (.rgb, nil)
        }
        writer = PNGWriter(
            height: self.bar?.height ?? height, width: width + (self.bar?.width ?? 0), layout)
    }

    /// Draws the next rows of the output.
    ///
    /// - Returns: how they look, without a bar, and the file's next bytes.
    package mutating func add(rows: MapView) -> (picture: Picture, encoded: [UInt8]) {
        let picture = Picture(output: rows, task: task, range: range)
        rowsLeft -= rows.height
        var encoded: [UInt8]
        switch writer.layout {
        case .indices: encoded = writer.encode(rows: rows.winningClasses.map { UInt8($0 & 255) })
        case .grey: encoded = writer.encode(rows: stride(from: 0, to: picture.rgb.count, by: 3).map { picture.rgb[$0] })
        case .rgb, .grey16: encoded = encode(picture)
        }
        if rowsLeft == 0, let bar, row < bar.height {
            // The bar is higher than a low picture.
            encoded += encode(Picture(height: bar.height - row, width: width, color: Picture.paper))
        }
        return (picture, encoded)
    }

    /// Encodes rows in colours, with those of the bar beside them.
    private mutating func encode(_ picture: Picture) -> [UInt8] {
        guard let bar else { return writer.encode(rows: picture.rgb) }
        var rows: [UInt8] = []
        rows.reserveCapacity(picture.height * (width + bar.width) * 3)
        for own in 0..<picture.height {
            let (start, beside) = (own * width * 3, (row + own) * bar.width * 3)
            rows += picture.rgb[start..<start + width * 3]
            rows += bar.rgb[beside..<beside + bar.width * 3]
        }
        row += picture.height
        return writer.encode(rows: rows)
    }
}
