/// A file of PASCAL-Part: the objects of a picture, each with its mask and those of its parts.
///
/// It holds a struct `anno` with `objects(i)`: `class_ind`, `mask`, `parts(j)`: `part_name`, `mask`. An object without
/// parts has an empty array for them.
struct PartAnnotation {
    private let file: LabelFile
    private let objects: MATStructure?

    init(_ file: LabelFile) throws {
        try self.init(MATFile(file.path).variable("anno"), of: file)
    }

    /// - Parameter file: where `annotation` is from, for messages.
    init(_ annotation: MATValue, of file: LabelFile) throws {
        self.file = file
        guard case .structure(let annotation) = annotation, annotation.count == 1,
            let objects = annotation.value(of: "objects", at: 0)
        else { throw Self.refusal(file, "anno is no struct with objects") }
        self.objects = try Self.elements(objects, named: "anno.objects", of: file)
    }

    /// The class of every object, in the order of the file.
    func classes() throws -> [Int] {
        guard let objects else { return [] }
        return try (0..<objects.count).map { try classIndex(objects, $0) }
    }

    /// The parts of all persons, drawn in the order of the file, later ones over earlier ones: ``PersonPart``, 0 off
    /// them. Nil where there is no person.
    func personParts() throws -> PixelMap? {
        guard let objects else { return nil }
        let persons = try (0..<objects.count).filter { try classIndex(objects, $0) == PascalContext.personClass }
        guard let first = persons.first else { return nil }
        let canvas = try mask(objects, first, "anno.objects(\(first + 1))").size
        // Columns first, as the file's masks are.
        var drawn = [Float](repeating: 0, count: canvas.rows * canvas.columns)
        for person in persons {
            let place = "anno.objects(\(person + 1)).parts"
            guard let field = objects.value(of: "parts", at: person) else {
                throw Self.refusal(file, "\(place) is missing")
            }
            guard let parts = try Self.elements(field, named: place, of: file) else { continue }
            for index in 0..<parts.count {
                let place = "\(place)(\(index + 1))"
                let part = try part(parts, index, place)
                let (mask, size) = try mask(parts, index, place)
                guard size == canvas else {
                    throw Self.refusal(
                        file,
                        "\(place).mask has \(size.rows) x \(size.columns) pixels, the first person's has "
                            + "\(canvas.rows) x \(canvas.columns)")
                }
                let value = Float(part.rawValue)
                for pixel in drawn.indices where mask[pixel] { drawn[pixel] = value }
            }
        }
        return PixelMap(
            height: canvas.rows, width: canvas.columns, channels: 1,
            values: MATNumericArray.rowMajor(drawn, rows: canvas.rows, columns: canvas.columns))
    }

    private func classIndex(_ objects: MATStructure, _ index: Int) throws -> Int {
        guard case .numeric(let array) = objects.value(of: "class_ind", at: index), array.count == 1,
            let value = Int(exactly: array.values[0])
        else { throw Self.refusal(file, "anno.objects(\(index + 1)).class_ind is no whole number") }
        return value
    }

    private func part(_ parts: MATStructure, _ index: Int, _ place: String) throws -> PersonPart {
        guard case .text(let text) = parts.value(of: "part_name", at: index), text.rows.count == 1 else {
            throw Self.refusal(file, "\(place).part_name is no text")
        }
        guard let part = PersonPart(pascalPart: text.rows[0]) else {
            let name = text.rows[0].unicodeScalars.prefix(40).map { (" "..."~").contains($0) ? Character($0) : "?" }
            throw Self.refusal(file, "\(place).part_name is \(String(name)), which is no part of a person")
        }
        return part
    }

    private func mask(
        _ elements: MATStructure, _ index: Int, _ place: String
    ) throws -> (mask: [Bool], size: MaskSize) {
        let value = elements.value(of: "mask", at: index)
        guard case .numeric(let array)? = value, let size = array.matrixSize else {
            throw file.refusal(
                "\(place).mask is \(value?.summary ?? "missing") and no matrix",
                value?.remedy(orElse: Self.remedy) ?? Self.remedy)
        }
        return (array.isNonzero, MaskSize(rows: size.rows, columns: size.columns))
    }

    private struct MaskSize: Equatable {
        let rows: Int
        let columns: Int
    }

    /// The elements of a struct array; nil for an empty array of any kind.
    private static func elements(_ value: MATValue, named name: String, of file: LabelFile) throws -> MATStructure? {
        switch value {
        case .structure(let structure): return structure
        case .numeric(let array) where array.count == 0: return nil
        case .cell(let cells) where cells.values.isEmpty: return nil
        default: throw refusal(file, "\(name) is \(value.summary), not a struct")
        }
    }

    private static func refusal(_ file: LabelFile, _ problem: String) -> DataFileError {
        file.refusal(problem, remedy)
    }

    private static let remedy = "fetch the file again, or take it off the list"
}
