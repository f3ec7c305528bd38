/// A value of a MAT file. Elements of arrays are in MATLAB's order: the first dimension changes fastest.
package indirect enum MATValue: Sendable {
    case numeric(MATNumericArray)
    case text(MATText)
    case cell(MATCellArray)
    case structure(MATStructure)
    /// Something that is not read: what it is, such as "a sparse matrix", and what to save in its place.
    case unsupported(String, remedy: String)

    /// What the value is, for messages: "a 3 x 4 array of numbers".
    package var summary: String {
        func size(_ dimensions: [Int]) -> String { dimensions.map(String.init).joined(separator: " x ") }
        return switch self {
        case .numeric(let array): "a \(size(array.dimensions)) array of numbers"
        case .text(let text): "a \(size(text.dimensions)) array of characters"
        case .cell(let cells): "a \(size(cells.dimensions)) cell array"
        case .structure(let structure): "a \(size(structure.dimensions)) struct"
        case .unsupported(let kind, _): kind
        }
    }

    /// What to do where another value is needed.
    func remedy(orElse other: String) -> String {
        if case .unsupported(_, let remedy) = self { remedy } else { other }
    }
}

/// A character array; one string for each of its rows.
package struct MATText: Sendable {
    package let dimensions: [Int]
    package let rows: [String]
}

/// A cell array.
package struct MATCellArray: Sendable {
    package let dimensions: [Int]
    package let values: [MATValue]
}

/// A struct array: every element has a value for every field.
package struct MATStructure: Sendable {
    package let dimensions: [Int]
    package let fields: [String]
    /// The values of the first element in the order of `fields`, then those of the second, and so on.
    package let values: [MATValue]

    /// How many elements hold values: none where there are no fields.
    package var count: Int { fields.isEmpty ? 0 : values.count / fields.count }

    /// The value of `field` in an element; nil where there is no such field.
    package func value(of field: String, at element: Int) -> MATValue? {
        precondition(element >= 0 && element < count, "an element lies within its struct array")
        return fields.firstIndex(of: field).map { values[element * fields.count + $0] }
    }
}
