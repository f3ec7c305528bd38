/// The picture of a sample in any file that it may lie in: JPEG, PNG, TIFF of 8 bits, or an array of RGB or grey levels.
///
/// Numbers of an array are 0 … 255, or as fractions 0 … 1, which are brought to whole levels. A picture whose camera noted
/// that it is to be turned is refused: labels beside it may lie either way.
struct PictureFile {
    let place: StoredPlace

    /// RGB, each channel from 0 to 255; grey is repeated in all three.
    ///
    /// - Throws: ``DataFileError``.
    func map() throws -> PixelMap {
        guard try isArray else {
            let bytes = try contents(ofFile: place.path)
            guard TIFFFile.isStart(bytes) else {
                return try ImageFile.decode(bytes, path: place.path, orientation: .refused).rgbMap
            }
            return try rgb(TIFFFile(bytes, path: place.path))
        }
        return try rgb(place.read())
    }

    /// Height and width, where it can be from the beginning of the file.
    ///
    /// - Throws: ``DataFileError``.
    func size() throws -> (height: Int, width: Int) {
        if try isArray {
            let (height, width) = try place.size()
            // Memory is planned by what damaged bytes may say.
            guard height > 0, width > 0, height <= ImageFile.defaultPixelLimit / width else {
                throw refusal("it says that it has \(height) x \(width) pixels", "look at the file, or scale it down")
            }
            return (height, width)
        }
        guard try TIFFFile.isStart(FileStart(place.path).bytes) else { return try ImageFile.size(place.path) }
        let file = try TIFFFile(contents(ofFile: place.path), path: place.path)
        return (file.height, file.width)
    }

    private var isArray: Bool {
        get throws {
            guard !place.isOfArray else { return true }
            return switch try FileStart(place.path).content {
            case .npy, .npz, .zip, .mat5, .hdf5: true
            default: false
            }
        }
    }

    private func rgb(_ file: TIFFFile) throws -> PixelMap {
        let channels = file.channels - file.alphaChannels
        guard file.kind == .unsigned(bits: 8), !file.hasPalette, channels == 1 || channels == 3 else {
            throw refusal(
                "it is a TIFF, but not of grey or RGB with 8 bits, which pictures are", "convert it to PNG of 8 bits")
        }
        return Self.rgb(try file.map(channels: channels))
    }

    private func rgb(_ array: NumPyArray) throws -> PixelMap {
        guard let (height, width, channels) = array.pictureSize else {
            throw refusal(
                "its shape is \(array.shape), and a picture is height x width x 3, or height x width",
                "say in data.files which axis is which, as order: [c, h, w]")
        }
        var values = array.values
        let range: ClosedRange<Float> = array.kind == .floatingPoint ? 0...1 : 0...255
        if let wrong = values.first(where: { !range.contains($0) }) {
            throw refusal(
                "it has the number \(wrong.text), and a picture in an array is integers from 0 to 255 or fractions from 0 to 1",
                "save levels as uint8")
        }
        if array.kind == .floatingPoint {
            for index in values.indices { values[index] = (values[index] * 255).rounded() }
        }
        return Self.rgb(PixelMap(height: height, width: width, channels: channels, values: values))
    }

    private static func rgb(_ map: PixelMap) -> PixelMap {
        guard map.channels == 1 else { return map }
        return PixelMap(
            height: map.height, width: map.width, channels: 3,
            values: map.values.flatMap { [Float](repeating: $0, count: 3) })
    }

    private func refusal(_ problem: String, _ remedy: String) -> DataFileError {
        DataFileError(path: place.description, problem: problem, remedy: remedy)
    }
}

extension NumPyArray {
    /// Height, width and channels of a picture; nil where it is none.
    fileprivate var pictureSize: (Int, Int, Int)? {
        guard shape.allSatisfy({ $0 > 0 }) else { return nil }
        return switch shape.count {
        case 2: (shape[0], shape[1], 1)
        case 3 where shape[2] == 1 || shape[2] == 3: (shape[0], shape[1], shape[2])
        default: nil
        }
    }
}
