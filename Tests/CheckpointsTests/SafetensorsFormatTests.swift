import Checkpoints
import ProgramTesting
import Testing

@Suite struct SafetensorsFormatTests {
    @Test func readsTheOfficialWritersFile() throws {
        let file = try SafetensorsFile(path: officialPath)
        #expect(file.metadata == ["format": "pt"])
        #expect(file.tensors.count == 12)
        let weights = try file.floats("layer1.0.conv1.Ws.weight", shape: [2, 1, 1, 3])
        let expected: [Float] = [0, -0.0, 1.5, 0x1p-149, 3.4028235e38, 0.1]
        #expect(weights.map(\.bitPattern) == expected.map(\.bitPattern))
        #expect(try file.floats("bn1.running_mean", shape: [2]) == [0x1p127, -2.25])
        #expect(try file.floats("scalar", shape: []) == [7])
        #expect(try file.floats("empty", shape: [0, 3]) == [])
        #expect(try file.values("double", shape: [2]) == [0.1, -3.0])
        #expect(try file.values("step", shape: [1], of: Int64.self) == [-(1 << 40)])
        #expect(try file.values("count", shape: [1, 2], of: Int32.self) == [3, -4])
        #expect(try file.values("bytes", shape: [3], of: UInt8.self) == [0, 127, 255])
        #expect(try file.values("a \"quoted\"\\\n\u{01} näme", shape: [1], of: UInt8.self) == [9])
        #expect(file.tensor("mask")?.elementType == .boolean)
        #expect(file.tensor("mask")?.shape == [2])
        #expect(file.tensor("nothing") == nil)
    }

    @Test func convertsOtherFloatingPointTypes() throws {
        let file = try SafetensorsFile(path: officialPath)
        // 1/3 rounds to 1365 / 4096 in float16.
        #expect(try file.floats("half", shape: [4]) == [1365 / 4096, -2, 65504, 0x1p-24])
        #expect(try file.floats("bfloat", shape: [3]) == [1.5, -2, 0x1p-133])
        #expect(try file.floats("double", shape: [2]) == [0.1, -3])
    }

    /// More than one piece of 1 MiB, so that a boundary between pieces is crossed.
    @Test func convertsLargeTensors() throws {
        let folder = try TemporaryFolder()
        let values = (0..<300_000).map { Double($0) / 7 }
        try SafetensorsFile.write(to: folder("f"), tensors: [TensorEntry("x", shape: [300_000], values: values)])
        #expect(try SafetensorsFile(path: folder("f")).floats("x", shape: [300_000]) == values.map { Float($0) })
    }

    @Test func writesTheOfficialWritersBytes() throws {
        let folder = try TemporaryFolder()
        let entries = [
            TensorEntry("scalar", shape: [], values: [Float(7)]),
            TensorEntry("mask", elementType: .boolean, shape: [2], bytes: [1, 0]),
            TensorEntry("bytes", shape: [3], values: [0, 127, 255] as [UInt8]),
            TensorEntry("a \"quoted\"\\\n\u{01} näme", shape: [1], values: [9] as [UInt8]),
            TensorEntry("step", shape: [1], values: [-(1 << 40)] as [Int64]),
            TensorEntry("half", elementType: .float16, shape: [4], bytes: [0x55, 0x35, 0, 0xC0, 0xFF, 0x7B, 1, 0]),
            TensorEntry("bfloat", elementType: .bfloat16, shape: [3], bytes: [0xC0, 0x3F, 0, 0xC0, 1, 0]),
            TensorEntry("double", shape: [2], values: [0.1, -3]),
            TensorEntry("empty", shape: [0, 3], values: [Float]()),
            TensorEntry("count", shape: [1, 2], values: [3, -4] as [Int32]),
            TensorEntry("bn1.running_mean", shape: [2], values: [0x1p127, -2.25] as [Float]),
            TensorEntry(
                "layer1.0.conv1.Ws.weight", shape: [2, 1, 1, 3],
                values: [0, -0.0, 1.5, 0x1p-149, 3.4028235e38, 0.1] as [Float]),
        ]
        for (name, order) in [("ours", entries), ("again", entries.reversed())] {
            let digest = try SafetensorsFile.write(to: folder(name), tensors: order, metadata: ["format": "pt"])
            #expect(try bytes(of: folder(name)) == bytes(of: officialPath))
            #expect(try digest == SHA256.hexadecimal(ofFile: officialPath))
        }
    }

    @Test func metadataOfAnyOrderGiveTheSameBytesAndComeBack() throws {
        let folder = try TemporaryFolder()
        let metadata = Dictionary(uniqueKeysWithValues: (0..<50).map { ("key \($0)", "\u{7F}\t\"\\é \($0)") })
        let again = Dictionary(uniqueKeysWithValues: metadata.reversed())
        try SafetensorsFile.write(to: folder("a"), tensors: [], metadata: metadata)
        try SafetensorsFile.write(to: folder("b"), tensors: [], metadata: again)
        #expect(try bytes(of: folder("a")) == bytes(of: folder("b")))
        #expect(try bytes(of: folder("a")).count % 8 == 0)
        #expect(try SafetensorsFile(path: folder("a")).metadata == metadata)
    }

    @Test func lentAndProducedTensorsAreWrittenWhereTheyStand() throws {
        let folder = try TemporaryFolder()
        let lent = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
        defer { lent.deallocate() }
        for index in 0..<6 { lent[index] = Float(index) }
        // The shorter producer runs after the longer one in the same memory and must not show its values.
        try SafetensorsFile.write(
            to: folder("f"),
            tensors: [
                TensorEntry("a", shape: [2, 3], lending: UnsafeBufferPointer(lent)),
                TensorEntry("b", shape: [5]) { (memory: UnsafeMutableBufferPointer<Float>) in
                    for index in memory.indices { memory[index] = 10 + Float(index) }
                },
                TensorEntry("c", shape: [2]) { (memory: UnsafeMutableBufferPointer<Float>) in
                    for index in memory.indices { memory[index] = -Float(index) }
                },
            ])
        let file = try SafetensorsFile(path: folder("f"))
        #expect(try file.floats("a", shape: [2, 3]) == [0, 1, 2, 3, 4, 5])
        #expect(try file.floats("b", shape: [5]) == [10, 11, 12, 13, 14])
        #expect(try file.floats("c", shape: [2]) == [0, -1])
    }

    @Test func aTensorThatIsNotAsExpectedIsRefused() throws {
        let file = try SafetensorsFile(path: officialPath)
        #expect(
            sentence { _ = try file.floats("scalar", shape: [1]) }
                == "\(officialPath), tensor 'scalar': it has shape [], needed is [1]; "
                + "use a file of the same backbone, width, decoder and classes")
        #expect(sentence { _ = try file.floats("conv9", shape: [1]) }?.contains("no such tensor") == true)
        #expect(sentence { _ = try file.floats("step", shape: [1]) }?.contains("holds I64, needed is F32") == true)
        #expect(
            sentence { _ = try file.values("scalar", shape: [], of: Int64.self) }?
                .contains("holds F32, needed is I64") == true)
    }
}
