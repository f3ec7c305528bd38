import TensorCore
import Testing

@Suite struct SystemFileTests {
    @Test("a file of no told size is read whole")
    func whole() throws {
        // As the kernel does, /proc reports 0 bytes and then gives many pages.
        let text = try #require(SystemFile.text("/proc/self/smaps"))
        #expect(text.utf8.count > 16_384)
        #expect(text.contains("VmFlags:"))
        #expect(text.last?.isWhitespace == false)
    }

    @Test("a missing file is no text")
    func missing() {
        #expect(SystemFile.text("/proc/no-such-file") == nil)
        #expect(SystemFile.text("/proc") == nil)
    }
}
