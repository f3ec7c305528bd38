/// The element types of the safetensors format that fill whole bytes, in the order in which the official writer puts
/// tensors into a file: wide before narrow, so that every tensor is aligned to its own elements.
package enum StoredElementType: String, Sendable, CaseIterable {
    case uint64 = "U64"
    case int64 = "I64"
    case float64 = "F64"
    case complex64 = "C64"
    case float32 = "F32"
    case uint32 = "U32"
    case int32 = "I32"
    case bfloat16 = "BF16"
    case float16 = "F16"
    case uint16 = "U16"
    case int16 = "I16"
    case float8Exponent8 = "F8_E8M0"
    case float8Exponent4 = "F8_E4M3"
    case float8Exponent5 = "F8_E5M2"
    case int8 = "I8"
    case uint8 = "U8"
    case boolean = "BOOL"

    /// The bytes of one element.
    package var byteCount: Int {
        switch self {
        case .uint64, .int64, .float64, .complex64: 8
        case .float32, .uint32, .int32: 4
        case .bfloat16, .float16, .uint16, .int16: 2
        case .float8Exponent8, .float8Exponent4, .float8Exponent5, .int8, .uint8, .boolean: 1
        }
    }

    /// The place of this type in the order above.
    var writingOrder: Int {
        StoredElementType.allCases.firstIndex(of: self)!
    }
}

/// A Swift type whose values stand in a file exactly as in memory (the format and the machine are little-endian).
package protocol StoredElement: BitwiseCopyable {
    static var storedType: StoredElementType { get }
}

extension Float: StoredElement { package static var storedType: StoredElementType { .float32 } }
extension Double: StoredElement { package static var storedType: StoredElementType { .float64 } }
extension Int64: StoredElement { package static var storedType: StoredElementType { .int64 } }
extension Int32: StoredElement { package static var storedType: StoredElementType { .int32 } }
extension UInt8: StoredElement { package static var storedType: StoredElementType { .uint8 } }

#if _endian(big)
#error("Tensors are read and written as they stand in memory, which must be little-endian.")
#endif
