import Foundation

/// Boundaries that several people have drawn in one picture, each of them a map of its own.
///
/// They come as the `groundTruth` of BSDS500 in a MAT file, as an array of height x width x annotators, or as a folder with
/// one file for each of them.
extension LabelFile {
    /// The maps of all annotators, one channel for each: 0 … 1, truth above 0.5, and 255 where unknown.
    ///
    /// - Parameter task: of boundaries; a single map is read by its convention.
    func annotators(of task: LearningTask) throws -> PixelMap {
        if let files = try Self.files(in: path) {
            guard !files.isEmpty else {
                throw refusal(
                    "the folder is empty",
                    "put one map of each annotator there, or take the sample off the list")
            }
            return try joined(
                files.map { file in
                    (file, try LabelFile(file, orientation: orientation).sharesOfNoSmallMask())
                })
        }
        if place.isOfArray { return try annotators(of: task, in: contents()) }
        let bytes = try Datasets.contents(ofFile: path)
        if MATFile.isStart(bytes), let maps = try MATFile(bytes, path: path).boundaryMaps() {
            return try joined(maps.enumerated().map { (path, try map(of: $1, annotator: $0)) })
        }
        return try annotators(of: task, in: contents(of: bytes))
    }

    private func annotators(of task: LearningTask, in contents: Contents) throws -> PixelMap {
        if case .array(let array) = contents, array.shape.count == 3, array.shape[2] > 1 {
            return try shares(of: contents, channels: array.shape[2])
        }
        return try scores(of: task, in: contents)
    }

    /// What several annotators agree on, as labels to train on: 1 where more than half of those who know the pixel have drawn
    /// it, or more than the share `labels.threshold` of them; 0 where nobody has; unknown where they differ. A single map is
    /// what it is.
    func agreement(of task: LearningTask) throws -> PixelMap {
        let maps = try annotators(of: task)
        guard maps.channels > 1 else { return maps }
        let (unknown, least) = (task.unknownLabel, task.labels.threshold ?? 0.5)
        let values = (0..<maps.height * maps.width).map { pixel -> Float in
            var (known, drawn) = (0, 0)
            for place in pixel * maps.channels..<(pixel + 1) * maps.channels
            where maps.values[place] != unknown {
                known += 1
                if maps.values[place] > 0.5 { drawn += 1 }
            }
            guard known > 0 else { return unknown }
            return drawn == 0 ? 0 : Double(drawn) > least * Double(known) ? 1 : unknown
        }
        return PixelMap(height: maps.height, width: maps.width, channels: 1, values: values)
    }

    /// The files that a label is read from: of a folder all that are in it, sorted by their bytes.
    static func files(of path: String) -> [String] { (try? files(in: path)) ?? [path] }

    /// The files of a folder; nil where `path` is none.
    private static func files(in path: String) throws -> [String]? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        else { return nil }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(path)/\($0)" }
        } catch {
            throw DataFileError(
                path: path, problem: "the folder cannot be read (\(systemReason(of: error)))",
                remedy: "check that you may read it")
        }
    }

    /// Maps of one channel as the channels of one map.
    private func joined(_ maps: [(file: String, map: PixelMap)]) throws -> PixelMap {
        let (height, width) = (maps[0].map.height, maps[0].map.width)
        for (file, map) in maps.dropFirst() where map.height != height || map.width != width {
            throw DataFileError(
                path: file,
                problem:
                    "one annotator's map has \(height) x \(width) pixels and another's \(map.height) x \(map.width)",
                remedy: "make all as large as their picture")
        }
        var values = [Float](repeating: 0, count: height * width * maps.count)
        for (channel, part) in maps.enumerated() {
            for pixel in 0..<height * width {
                values[pixel * maps.count + channel] = part.map.values[pixel]
            }
        }
        return PixelMap(height: height, width: width, channels: maps.count, values: values)
    }

    /// A map of a MAT file, in which all that is not 0 is a boundary.
    private func map(of array: MATNumericArray, annotator: Int) throws -> PixelMap {
        guard let size = array.matrixSize, size.rows > 0, size.columns > 0 else {
            throw refusal(
                "the Boundaries of annotator \(annotator + 1) are "
                    + array.dimensions.map(String.init).joined(separator: " x ") + " numbers",
                "save height x width numbers")
        }
        let drawn = MATNumericArray.rowMajor(array.isNonzero, rows: size.rows, columns: size.columns)
        return PixelMap(
            height: size.rows, width: size.columns, channels: 1, values: drawn.map { $0 ? 1 : 0 })
    }
}
