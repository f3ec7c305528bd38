/// A number that is coded as its bytes, so that arrays of it are copied whole.
package protocol PlainValue: Codable, BitwiseCopyable {}

extension Bool: PlainValue {}
extension Int: PlainValue {}
extension Int32: PlainValue {}
extension Int64: PlainValue {}
extension UInt8: PlainValue {}
extension UInt64: PlainValue {}
extension Float: PlainValue {}
extension Double: PlainValue {}

/// Any `Codable` value as bytes, for ranks that run the same program on machines of one kind: every number keeps its
/// bits (NaN and -0 too), so what comes back is what was sent.
///
/// A value is its own bytes, after their count, and its parts, after theirs, each under its name. Nothing is read that
/// was not written by this program, so a value that does not fit is a programmer's error.
enum ExactCoding {
    static func bytes<Value: Encodable>(of value: Value) -> [UInt8] {
        let part = Part()
        do { try part.set(value) } catch { preconditionFailure("\(Value.self) cannot be written: \(error)") }
        var bytes: [UInt8] = []
        part.append(to: &bytes)
        return bytes
    }

    static func value<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) -> Value {
        var place = 0
        let part = Part(reading: bytes, from: &place)
        do { return try part.value(type) } catch { preconditionFailure("\(type) cannot be read: \(error)") }
    }
}

/// What arrays of plain values have in common.
private protocol PlainArray {
    var plainBytes: [UInt8] { get }
    init(plainBytes: [UInt8])
}

extension Array: PlainArray where Element: PlainValue {
    fileprivate var plainBytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    fileprivate init(plainBytes bytes: [UInt8]) {
        let count = bytes.count / MemoryLayout<Element>.stride
        self.init(unsafeUninitializedCapacity: count) { target, initialized in
            UnsafeMutableRawBufferPointer(target).copyBytes(from: bytes)
            initialized = count
        }
    }
}

extension PlainValue {
    fileprivate var plainBytes: [UInt8] { [self].plainBytes }
    fileprivate init(plainBytes bytes: [UInt8]) { self = [Self](plainBytes: bytes)[0] }
}

/// A value in the making, or as it was read.
private final class Part {
    var isNil = false
    var own: [UInt8] = []
    var parts: [(name: String, part: Part)] = []

    init() {}

    // MARK: Bytes

    func append(to bytes: inout [UInt8]) {
        bytes += isNil.plainBytes + own.count.plainBytes
        bytes += own
        bytes += parts.count.plainBytes
        for (name, part) in parts {
            let text = Array(name.utf8)
            bytes += text.count.plainBytes + text
            part.append(to: &bytes)
        }
    }

    init(reading bytes: [UInt8], from place: inout Int) {
        func next(_ count: Int) -> [UInt8] {
            defer { place += count }
            return Array(bytes[place..<place + count])
        }
        func count() -> Int { Int(plainBytes: next(MemoryLayout<Int>.size)) }
        isNil = next(1) != [0]
        own = next(count())
        for _ in 0..<count() {
            let name = String(decoding: next(count()), as: UTF8.self)
            parts.append((name, Part(reading: bytes, from: &place)))
        }
    }

    // MARK: Values

    func set<Value: Encodable>(_ value: Value) throws {
        switch value {
        case let plain as any PlainValue: own = plain.plainBytes
        case let array as any PlainArray: own = array.plainBytes
        case let text as String: own = Array(text.utf8)
        default: try value.encode(to: Writer(part: self))
        }
    }

    func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        switch type {
        case let plain as any PlainValue.Type: plain.init(plainBytes: own) as! Value
        case let array as any PlainArray.Type: array.init(plainBytes: own) as! Value
        case is String.Type: String(decoding: own, as: UTF8.self) as! Value
        default: try Value(from: Reader(part: self))
        }
    }

    func add(_ name: String = "") -> Part {
        parts.append((name, Part()))
        return parts[parts.count - 1].part
    }

    func part(_ key: some CodingKey) throws -> Part {
        guard let found = parts.first(where: { $0.name == key.stringValue }) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "no such part"))
        }
        return found.part
    }
}

// MARK: Writing

private struct Writer: Encoder, SingleValueEncodingContainer {
    let part: Part
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedWriter(part: part))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer { ListWriter(part: part) }
    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { part.isNil = true }
    func encode<Value: Encodable>(_ value: Value) throws { try part.set(value) }
}

private struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let part: Part
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { part.add(key.stringValue).isNil = true }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try part.add(key.stringValue).set(value) }
    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        Writer(part: part.add(key.stringValue)).container(keyedBy: Nested.self)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        ListWriter(part: part.add(key.stringValue))
    }
    func superEncoder() -> any Encoder { Writer(part: part.add("super")) }
    func superEncoder(forKey key: Key) -> any Encoder { Writer(part: part.add(key.stringValue)) }
}

private struct ListWriter: UnkeyedEncodingContainer {
    let part: Part
    var codingPath: [any CodingKey] { [] }
    var count: Int { part.parts.count }

    func encodeNil() { part.add().isNil = true }
    func encode<Value: Encodable>(_ value: Value) throws { try part.add().set(value) }
    func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        Writer(part: part.add()).container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { ListWriter(part: part.add()) }
    func superEncoder() -> any Encoder { Writer(part: part.add()) }
}

// MARK: Reading

private struct Reader: Decoder, SingleValueDecodingContainer {
    let part: Part
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedReader(part: part))
    }
    func unkeyedContainer() -> any UnkeyedDecodingContainer { ListReader(part: part) }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { part.isNil }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try part.value(type) }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let part: Part
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { part.parts.compactMap { Key(stringValue: $0.name) } }

    func contains(_ key: Key) -> Bool { part.parts.contains { $0.name == key.stringValue } }
    func decodeNil(forKey key: Key) throws -> Bool { try part.part(key).isNil }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try part.part(key).value(type)
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { Reader(part: try part.part(key)).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        ListReader(part: try part.part(key))
    }
    func superDecoder() throws -> any Decoder { Reader(part: part.parts.first { $0.name == "super" }!.part) }
    func superDecoder(forKey key: Key) throws -> any Decoder { Reader(part: try part.part(key)) }
}

private struct ListReader: UnkeyedDecodingContainer {
    let part: Part
    var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    var count: Int? { part.parts.count }
    var isAtEnd: Bool { currentIndex == part.parts.count }

    init(part: Part) { self.part = part }

    private mutating func next() -> Part {
        defer { currentIndex += 1 }
        return part.parts[currentIndex].part
    }

    mutating func decodeNil() -> Bool {
        guard part.parts[currentIndex].part.isNil else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().value(type) }
    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        Reader(part: next()).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { ListReader(part: next()) }
    mutating func superDecoder() -> any Decoder { Reader(part: next()) }
}
