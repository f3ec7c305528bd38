/// An array in a `.npy` file of which not all is read.
struct NumPyFile {
    let path: String
    private let header: NumPyHeader
    private let element: NumPyArray.ElementType

    var shape: [Int] { header.shape }

    /// - Parameter start: the file's first bytes, the header among them.
    /// - Throws: ``DataFileError`` where it is damaged or holds something else than real numbers.
    init(_ path: String, start: [UInt8]) throws {
        self.path = path
        do {
            header = try NumPyHeader(start)
        } catch {
            throw DataFileError(path: path, problem: error.problem, remedy: error.remedy)
        }
        element = try NumPyArray.ElementType(of: header, path: path)
    }

    /// Whether what an axis parts lies one behind the other.
    func isSlowest(_ axis: Int) -> Bool { axis == (header.isFortranOrder ? shape.count - 1 : 0) }

    /// One part of the array along its slowest axis, without that axis.
    func slice(_ index: Int, along axis: Int) throws -> NumPyArray {
        precondition(isSlowest(axis) && (0..<shape[axis]).contains(index), "a slice lies in one piece within the array")
        var rest = shape
        rest.remove(at: axis)
        let damaged = DataFileError(
            path: path, problem: "its shape is \(shape), of \(element.byteCount) bytes each, and fewer bytes follow",
            remedy: "write or fetch the file again")
        guard let count = header.count, count > 0,
            case let (end, overflows) = count.multipliedReportingOverflow(by: element.byteCount), !overflows
        else { throw damaged }
        let byteCount = end / shape[axis]
        guard byteCount <= NumPyArray.byteLimit else {
            throw DataFileError(
                path: path, problem: "a map of it has \(byteCount) bytes, and \(NumPyArray.byteLimit) are the most",
                remedy: "scale the maps down")
        }
        let bytes = try contents(ofFile: path, from: header.dataOffset + index * byteCount, count: byteCount)
        guard bytes.count == byteCount else { throw damaged }
        let values = bytes.withUnsafeBytes { element.values($0, from: 0, count: byteCount / element.byteCount) }
        return NumPyArray(
            shape: rest, kind: element.kind,
            values: header.isFortranOrder ? NumPyArray.rowMajor(values, shape: rest) : values)
    }
}

extension NumPyArray {
    /// One part of the array along an axis, without that axis.
    func slice(_ index: Int, along axis: Int) -> NumPyArray {
        let inner = shape[(axis + 1)...].reduce(1, *)
        let outer = shape[..<axis].reduce(1, *)
        var rest = shape
        rest.remove(at: axis)
        return NumPyArray(
            shape: rest, kind: kind,
            values: (0..<outer).flatMap { place in
                let start = (place * shape[axis] + index) * inner
                return values[start..<start + inner]
            })
    }

    /// The array with its axes as height, width and channels.
    ///
    /// - Parameter axes: what they are now, height and width among them.
    func transposed(from axes: [ArrayAxis]) -> NumPyArray {
        let wanted = [ArrayAxis.height, .width, .channels].filter(axes.contains)
        guard wanted != axes else { return self }
        let places = wanted.map { axes.firstIndex(of: $0)! }
        func stride(_ place: Int) -> Int { shape[(place + 1)...].reduce(1, *) }
        let (rows, columns) = (shape[places[0]], shape[places[1]])
        let channels = places.count > 2 ? shape[places[2]] : 1
        let (byRow, byColumn) = (stride(places[0]), stride(places[1]))
        let byChannel = places.count > 2 ? stride(places[2]) : 0
        let moved = [Float](unsafeUninitializedCapacity: values.count) { target, filled in
            for row in 0..<rows {
                for column in 0..<columns {
                    for channel in 0..<channels {
                        target[filled] = values[row * byRow + column * byColumn + channel * byChannel]
                        filled += 1
                    }
                }
            }
        }
        return NumPyArray(shape: places.map { shape[$0] }, kind: kind, values: moved)
    }
}
