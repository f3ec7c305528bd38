import Datasets
import Foundation
import ProgramTesting
import Testing

/// The files beside the tests.
enum Fixtures {
    static func path(_ relative: String) -> String {
        Bundle.module.resourceURL!.appendingPathComponent("Fixtures").appendingPathComponent(relative).path
    }

    static func bytes(_ relative: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(relative))))
    }

    /// The object at `keys` in a file of expected figures.
    static func expected(_ file: String, _ keys: String...) throws -> Expected {
        let data = try Data(contentsOf: URL(fileURLWithPath: path("expected/\(file).json")))
        var object = try JSONSerialization.jsonObject(with: data) as! [String: Any]
        for key in keys {
            object = object[key] as! [String: Any]
        }
        return Expected(object: object)
    }

    /// A copy of one of the data sets, to damage.
    static func withCopy(of set: String, _ body: (String) throws -> Void) throws {
        try withTemporaryPath { folder in
            try FileManager.default.copyItem(atPath: path(set), toPath: "\(folder)/\(set)")
            try body("\(folder)/\(set)")
        }
    }
}

/// Figures that the reference programs gave.
struct Expected {
    let object: [String: Any]

    func object(_ keys: String...) -> Expected {
        Expected(object: keys.reduce(object) { $0[$1] as! [String: Any] })
    }

    func number(_ key: String) -> Double { (object[key] as! NSNumber).doubleValue }
    func numbers(_ key: String) -> [Double] { (object[key] as! [NSNumber]).map(\.doubleValue) }
    func integer(_ key: String) -> Int { (object[key] as! NSNumber).intValue }
    func integers(_ key: String) -> [Int] { (object[key] as! [NSNumber]).map(\.intValue) }
    func string(_ key: String) -> String { object[key] as! String }
    func strings(_ key: String) -> [String] { object[key] as! [String] }
    func counts(_ key: String) -> [String: Int] { (object[key] as! [String: NSNumber]).mapValues(\.intValue) }
    func has(_ key: String) -> Bool { object[key] != nil }
}

/// CRC-32 of the values as bytes.
func checksum(_ values: some Sequence<Float>) -> Int {
    var remainder: UInt32 = 0xFFFF_FFFF
    for value in values {
        remainder ^= UInt32(value)
        for _ in 0..<8 {
            remainder = remainder & 1 == 1 ? (remainder >> 1) ^ 0xEDB8_8320 : remainder >> 1
        }
    }
    return Int(~remainder)
}

/// Channels last to channels first, as the expected figures are.
func channelsFirst(_ values: [Float], channels: Int) -> [Float] {
    (0..<channels).flatMap { channel in stride(from: channel, to: values.count, by: channels).map { values[$0] } }
}

/// Expects an error whose text is about `subject` and says all of `parts`.
func expectRefusal<Result>(
    _ subject: String, contains parts: String..., sourceLocation: SourceLocation = #_sourceLocation,
    body: () throws -> Result
) {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) { try body() }
    let text = error.map { "\($0)" } ?? ""
    for part in [subject] + parts {
        #expect(text.contains(part), sourceLocation: sourceLocation)
    }
}
