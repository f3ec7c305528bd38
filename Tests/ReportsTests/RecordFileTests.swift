import Foundation
import Reports
import Testing

@Suite struct RecordFileTests {
    @Test("checksums are those of RFC 3720, appendix B.4")
    func checksums() {
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(0..<32) == 0x46DD_794E)
        #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
    }

    private let payloads: [[UInt8]] = [[1, 2, 3], [], Array(0..<200)]
    private var file: [UInt8] { payloads.flatMap(RecordFile.record) }

    private func read(_ bytes: some Sequence<UInt8>) -> (records: [[UInt8]], damage: String?) {
        var records: [[UInt8]] = []
        var reading = RecordFile.Reading()
        RecordFile.read(Data(bytes), after: &reading) { records.append([UInt8]($0)) }
        return (records, reading.damage)
    }

    @Test("a file that grows is read on from its last whole record")
    func growing() {
        var records: [[UInt8]] = []
        var reading = RecordFile.Reading()
        for count in file.indices {
            let start = reading.byteCount
            RecordFile.read(Data(file[start...count]), after: &reading) { records.append([UInt8]($0)) }
        }
        #expect(records == payloads)
        #expect(reading.byteCount == file.count && reading.damage == nil)
    }

    @Test("a file cut anywhere gives its whole records and is no damage")
    func cut() {
        let whole = read(file)
        #expect(whole.records == payloads && whole.damage == nil)
        for count in file.indices {
            let (records, damage) = read(file.prefix(count))
            #expect(records == Array(payloads.prefix(records.count)) && damage == nil)
            #expect(records.count == (count < 19 ? 0 : count < 35 ? 1 : 2))
        }
    }

    @Test("any changed byte is found, whatever length it claims")
    func changed() {
        for index in file.indices {
            var bytes = file
            bytes[index] ^= 0x80
            let (records, damage) = read(bytes)
            #expect(damage != nil && records.count < payloads.count, "byte \(index)")
        }
    }
}
