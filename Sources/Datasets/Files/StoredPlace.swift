import Archives

/// A file with a picture or a label, or a part of one that holds several.
package struct StoredPlace: Sendable, Hashable {
    package let path: String
    /// The array that is meant in a `.npz`, `.mat` or HDF5 file; nil or empty for the only one.
    package var array: String?
    /// The map that is meant in an array of several, from 0 on.
    package var index: Int?
    /// The axes of the array; nil for height, width and channels, behind the number of the map if there is one, and for the
    /// reverse of that in a file of MATLAB 7.3.
    package var order: [ArrayAxis]?

    package init(_ path: String) {
        self.path = path
    }

    /// Whether a part of a file is meant, or another order of axes.
    var isOfArray: Bool { array != nil || index != nil || order != nil }

    /// The path, with the array where one is named.
    var description: String {
        guard array != nil || index != nil else { return path }
        return path + ":/" + (array ?? "") + (index.map { "[\($0)]" } ?? "")
    }
}

extension StoredPlace {
    /// The array, height x width or height x width x channels.
    ///
    /// Of HDF5, and of a `.npy` file whose maps lie one behind the other, the one map is read.
    ///
    /// - Throws: ``DataFileError`` where the file cannot be read, is damaged, or has no such array or map.
    func read() throws -> NumPyArray {
        let start = try FileStart(path)
        if start.isHDF5 { return try mapOfHDF5(isReversed: start.isMATLAB) }
        guard start.content == .npy else { return try map(of: whole(start)) }
        let file = try arrayFile(start)
        var axes = try axes(of: file.shape)
        guard let index, let place = axes.firstIndex(of: .n), file.isSlowest(place) else {
            return try map(of: NumPyArray(path))
        }
        axes.remove(at: place)
        return try file.slice(index, along: place).transposed(from: axes)
    }

    /// The height and width of the map; the values of `.npy` and HDF5 files are not read.
    ///
    /// - Throws: as ``read()``.
    func size() throws -> (height: Int, width: Int) {
        let start = try FileStart(path)
        guard start.content == .npy || start.isHDF5 else {
            let array = try map(of: whole(start))
            return (array.shape[0], array.shape[1])
        }
        let shape = try start.isHDF5 ? HDF5Process.shared.shape(path, array: array ?? "") : arrayFile(start).shape
        let axes = try axes(of: shape, isReversed: start.isMATLAB)
        return (shape[axes.firstIndex(of: .height)!], shape[axes.firstIndex(of: .width)!])
    }

    /// The numbers of an array of any shape, in the file's order: those of a list.
    func numbers() throws -> [Float] {
        let start = try FileStart(path)
        if start.isHDF5 { return try HDF5Process.shared.read(path, array: array ?? "").values }
        return try start.content == .npy ? NumPyArray(path).values : whole(start).values
    }

    /// - Parameter isReversed: whether MATLAB has written the file, which has the axes of arrays the other way round.
    private func mapOfHDF5(isReversed: Bool) throws -> NumPyArray {
        let name = array ?? ""
        var axes = try axes(of: HDF5Process.shared.shape(path, array: name), isReversed: isReversed)
        let place = axes.firstIndex(of: .n)
        let map = try HDF5Process.shared.read(path, array: name, axis: place, index: index ?? 0)
        if let place { axes.remove(at: place) }
        guard map.shape.count == axes.count else { throw refusal("it changes while it is read", "leave it as it is") }
        return map.transposed(from: axes)
    }

    private func arrayFile(_ start: FileStart) throws -> NumPyFile {
        if let array, !array.isEmpty {
            throw refusal("a .npy file has one array, which has no name", "leave \(array) out in data.files")
        }
        return try NumPyFile(path, start: start.bytes)
    }

    private func whole(_ start: FileStart) throws -> NumPyArray {
        let name = array.flatMap { $0.isEmpty ? nil : $0 }
        switch start.content {
        case .mat5:
            let file = try MATFile(path)
            guard let name else { return NumPyArray(try file.onlyArray()) }
            let value = try file.variable(name)
            guard case .numeric(let array) = value else {
                throw refusal(
                    "variable \(name) is \(value.summary), not an array of numbers",
                    value.remedy(orElse: "name another in data.files"))
            }
            return NumPyArray(array)
        case .zip, .npz: return try NumPyArray(archive: contents(ofFile: path), name: name, path: path)
        default:
            throw DataFileError(
                path: path, "it holds no arrays", of: start.bytes,
                remedy: "name a file of NumPy, MATLAB or HDF5, or leave :/ and order out in data.files")
        }
    }

    /// The one map of an array that was read whole.
    private func map(of array: NumPyArray) throws -> NumPyArray {
        var axes = try axes(of: array.shape)
        guard let index, let place = axes.firstIndex(of: .n) else { return array.transposed(from: axes) }
        axes.remove(at: place)
        return array.slice(index, along: place).transposed(from: axes)
    }

    /// The axes of an array of this shape, the number of the map among them where one is meant.
    private func axes(of shape: [Int], isReversed: Bool = false) throws -> [ArrayAxis] {
        let maps: [ArrayAxis] = index == nil ? [] : [.n]
        let channels: [ArrayAxis] = shape.count - maps.count == 3 ? [.channels] : []
        let axes =
            order ?? (isReversed ? maps + channels + [.width, .height] : maps + [.height, .width] + channels)
        guard axes.count == shape.count else {
            let named = axes.map(\.rawValue).joined(separator: ", ")
            throw refusal(
                "its shape is \(shape), and its axes are to be [\(named)]",
                "say in data.files which axis is which, as order: [c, h, w]")
        }
        if let index, case let count = shape[axes.firstIndex(of: .n)!], index >= count {
            throw refusal(
                "it has \(count) maps, and number \(index) is meant, from 0 on", "correct the list, or data.files")
        }
        return axes
    }

    private func refusal(_ problem: String, _ remedy: String) -> DataFileError {
        DataFileError(path: description, problem: problem, remedy: remedy)
    }
}

/// The beginning of a file, and what it shows the file to be.
struct FileStart {
    let bytes: [UInt8]
    let content: FileContent?

    /// Whether it is HDF5 of MATLAB, version 7.3.
    var isMATLAB: Bool { content == .hdf5(.matlab) }

    /// Whether it is one of HDF5, whoever has written it.
    var isHDF5: Bool { if case .hdf5 = content { true } else { false } }

    /// - Throws: ``DataFileError`` where it cannot be read.
    init(_ path: String) throws {
        bytes = try contents(ofFile: path, count: FileContent.startByteCount)
        content = FileContent(start: bytes[...], byteCount: bytes.count)
    }
}
