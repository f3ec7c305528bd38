import Checkpoints
import Foundation
import ProgramTesting
import Testing

@Suite struct SafetensorsRefusalTests {
    @Test func everyTruncationIsRefused() throws {
        let folder = try TemporaryFolder()
        let whole = try bytes(of: officialPath)
        for count in 0..<whole.count {
            try put(whole[..<count], at: folder("f"))
            let text = sentence { _ = try SafetensorsFile(path: folder("f")) }
            #expect(text?.hasPrefix(folder("f")) == true, "\(count) bytes: \(text ?? "accepted")")
        }
        try put(whole + [0], at: folder("f"))
        #expect(sentence { _ = try SafetensorsFile(path: folder("f")) }?.contains("belong to no tensor") == true)
    }

    /// A header over eight bytes of data, and what its refusal must say.
    static let badHeaders: [(header: String, message: String)] = [
        ("", "does not begin with '{'"),
        (#" {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "does not begin with '{'"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#, "'}' is missing"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x"#, "something follows"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}"#, "'\"' is missing"),
        (#"{"a":[{"dtype":"F32","shape":[2],"data_offsets":[0,8]}]}"#, "'{' is missing"),
        (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, "']' is missing"),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "a whole number is missing"),
        (#"{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}"#, "begins with 0"),
        (#"{"a":{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,8]}}"#, "too large"),
        (#"{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}"#, "more than 16"),
        (#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#, "'a': its shape"),
        (#"{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}"#, "than memory can hold"),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "takes 12 bytes"),
        (#"{"a":{"dtype":"F4","shape":[18],"data_offsets":[0,8]}}"#, "of F4 takes 9 bytes"),
        (#"{"a":{"dtype":"F6_E2M3","shape":[3],"data_offsets":[0,8]}}"#, "of F6_E2M3 takes 3 bytes"),
        (#"{"a":{"dtype":"F99","shape":[72],"data_offsets":[0,8]}}"#, "more elements than the 8 bytes"),
        (#"{"a":{"dtype":"F32","shape":[2]}}"#, "does not give its data_offsets"),
        (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, "does not give its dtype"),
        (#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, "does not give its shape"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, "not a begin and an end"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "not a begin and an end"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"dtype":"F32"}}"#, "gives its dtype twice"),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"stride":[1],"stride":[1]}}"#,
            "gives its stride twice"
        ),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"stride":[1}}}"#, "brackets do not fit"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"stride":}}"#, "brackets do not fit"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"stride":[[[["#, "a value does not end"),
        (#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, "holds only 8 bytes"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "4 bytes of data that belong to no tensor"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, "leave a gap"),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            "tensor 'a': the header lists it twice"
        ),
        (
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            "tensor 'b': its bytes 4 to 8 overlap"
        ),
        (#"{"__metadata__":{"k":"1","k":"2"}}"#, "have 'k' twice"),
        (#"{"__metadata__":{},"__metadata__":{}}"#, "'__metadata__' twice"),
        (#"{"__metadata__":{"k":1}}"#, "'\"' is missing"),
        (#"{"__metadata__":{"k":"\ud800"}}"#, "half of a surrogate pair"),
        (#"{"__metadata__":{"k":"\u12g4"}}"#, "four hexadecimal digits"),
        (#"{"__metadata__":{"k":"\x"}}"#, "unknown escape"),
        ("{\"__metadata__\":{\"k\":\"\n\"}}", "control character"),
    ]

    @Test(arguments: badHeaders.indices)
    func aBadHeaderIsRefusedAndSaysWhy(_ index: Int) throws {
        let folder = try TemporaryFolder()
        let (header, message) = Self.badHeaders[index]
        try put(file(Array(header.utf8)), at: folder("f"))
        let text = sentence { _ = try SafetensorsFile(path: folder("f")) } ?? "accepted"
        #expect(text.contains(message) && text.hasPrefix(folder("f")), "\(text)")
    }

    @Test func bytesThatAreNotUTF8AreRefused() throws {
        let folder = try TemporaryFolder()
        try put(file(Array(#"{"__metadata__":{"k":""#.utf8) + [0xC3] + Array(#""}}"#.utf8)), at: folder("f"))
        #expect(sentence { _ = try SafetensorsFile(path: folder("f")) }?.contains("not UTF-8") == true)
    }

    @Test(arguments: [17, 100_000_001, 1 << 40, UInt64(Int.max), UInt64.max] as [UInt64])
    func aHeaderLongerThanItsFileIsRefused(_ length: UInt64) throws {
        let folder = try TemporaryFolder()
        try put(
            withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(repeating: 0x20, count: 16), at: folder("f"))
        #expect(
            sentence { _ = try SafetensorsFile(path: folder("f")) }?
                .contains("claims \(length) bytes, but at most 16 are possible") == true)
    }

    @Test func whatIsNoFileIsRefused() throws {
        let folder = try TemporaryFolder()
        #expect(
            sentence { _ = try SafetensorsFile(path: folder("none")) }
                == "cannot read \(folder("none")): No such file or directory; check that the path is right")
        #expect(sentence { _ = try SafetensorsFile(path: folder.path) }?.contains("Is a directory") == true)
        #expect(sentence { _ = try SafetensorsFile(path: "/dev/zero") }?.contains("not a regular file") == true)
    }

    /// A file with `header` and eight bytes of data.
    private func file(_ header: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + Array(repeating: 0, count: 8)
    }
}
