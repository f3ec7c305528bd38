#if canImport(Glibc)
import Glibc
#endif

/// A block of memory with one owner: zero at first, aligned to 4096 bytes, freed with its owner.
///
/// Page alignment lets a block be write-protected as a whole; it is also a multiple of every cache line.
package final class AlignedMemory: @unchecked Sendable {
    // The pointer never changes. Who writes what is decided by the owner, as for any shared memory.
    package let base: UnsafeMutableRawPointer
    package let byteCount: Int
    /// Who keeps the block where it is another's.
    private let owner: AnyObject?

    /// Another's block, such as shared memory, which begins on a page and lasts as long as `owner`.
    package init(base: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject) {
        precondition(UInt(bitPattern: base) % 4096 == 0, "a block begins on a page")
        self.base = base
        self.byteCount = byteCount
        self.owner = owner
    }

    /// - Parameter byteCount: at least the bytes that will be used; rounded up to whole pages.
    package init(byteCount: Int) {
        let page = 4096
        let size = max(page, (byteCount + page - 1) / page * page)
        let mapped = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED else {
            fatalError("no memory for \(size) bytes: use a smaller batch, crop or width")
        }
        madvise(mapped, size, MADV_HUGEPAGE)
        base = mapped
        self.byteCount = size
        owner = nil
    }

    deinit {
        if owner == nil { munmap(base, byteCount) }
    }

    /// Room for `count` float32 values from `byteOffset` on.
    package func floats(at byteOffset: Int = 0) -> UnsafeMutablePointer<Float> {
        (base + byteOffset).assumingMemoryBound(to: Float.self)
    }

    /// Makes the block readable only; a write to it ends the process with a memory fault.
    package func protect() {
        mprotect(base, byteCount, PROT_READ)
    }
}
