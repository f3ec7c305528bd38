import Glibc
import TensorCore
import Testing

@Suite struct AlignedMemoryTests {
    @Test("memory begins on a page, is whole pages long, and is zero", arguments: [0, 1, 4096, 4097, 1_000_000])
    func fresh(byteCount: Int) {
        let memory = AlignedMemory(byteCount: byteCount)
        #expect(UInt(bitPattern: memory.base) % 4096 == 0)
        #expect(memory.byteCount % 4096 == 0 && memory.byteCount >= max(1, byteCount))
        #expect(memory.byteCount - byteCount <= 4096)
        #expect(UnsafeRawBufferPointer(start: memory.base, count: memory.byteCount).allSatisfy { $0 == 0 })
    }

    @Test("floats lie where they are asked for")
    func floats() {
        let memory = AlignedMemory(byteCount: 4096)
        memory.floats()[3] = 1.5
        #expect(memory.floats(at: 8)[1] == 1.5)
    }

    @Test("protected memory can be read")
    func reading() {
        let memory = AlignedMemory(byteCount: 4096)
        memory.floats()[1023] = 2
        memory.protect()
        #expect(memory.floats()[1023] == 2)
    }

    @Test("a write to protected memory ends the process")
    func writing() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            let memory = AlignedMemory(byteCount: 8192)
            memory.protect()
            memory.floats()[2047] = 1
        }
    }

    @Test func anothersBlockLastsAsLongAsItsOwner() {
        weak var seen: AlignedMemory?
        var block: AlignedMemory?
        do {
            let owner = AlignedMemory(byteCount: 8192)
            seen = owner
            owner.floats()[2047] = 3
            block = AlignedMemory(base: owner.base, byteCount: 8192, owner: owner)
        }
        #expect(seen != nil)
        #expect(block?.floats()[2047] == 3)
        block = nil
        #expect(seen == nil)
    }
}
