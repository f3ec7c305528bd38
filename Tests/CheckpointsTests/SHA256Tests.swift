import ProgramTesting
import Testing

import Checkpoints

@Suite struct SHA256Tests {
    /// The examples of FIPS 180-4, the last one fed in uneven pieces.
    @Test func examplesOfTheStandard() {
        var digest = SHA256()
        #expect(digest.hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        Array("abc".utf8).withUnsafeBytes { digest.update($0) }
        #expect(digest.hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")

        var million = SHA256()
        let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        for start in stride(from: 0, to: 1000, by: 8) {
            letters[..<(start + 1)].withUnsafeBytes { million.update($0) }
            letters[..<(999 - start)].withUnsafeBytes { million.update($0) }
            for _ in 0..<7 { letters.withUnsafeBytes { million.update($0) } }
        }
        #expect(million.hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func aFileOfSeveralPiecesHasTheDigestOfItsBytes() throws {
        let folder = try TemporaryFolder()
        let content = (0..<(1 << 21) + 17).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try put(content, at: folder("file"))
        var digest = SHA256()
        content.withUnsafeBytes { digest.update($0) }
        #expect(try SHA256.hexadecimal(ofFile: folder("file")) == digest.hexadecimal)
        #expect(try AtomicFile.write(to: folder("copy")) { try $0.write(content) } == digest.hexadecimal)
    }
}
