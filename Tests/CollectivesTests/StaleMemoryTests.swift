import Collectives
import Foundation
import Testing

/// What jobs that were killed have left of shared memory.
@Suite struct StaleMemoryTests {
    @Test func onlyOldFilesThatNobodyHasMappedAreRemoved() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("modulor-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let identity = UUID().uuidString
        let stale = ["modulor-\(identity)", "vader_segment.\(identity)", "sm_segment.\(identity)"]
        let mapped = "modulor-mapped-\(identity)"
        let recent = "modulor-recent-\(identity)"
        let foreign = "database-\(identity)"
        let old = Date(timeIntervalSinceNow: -3600)
        for name in stale + [mapped, recent, foreign] {
            try Data(count: 4096).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            guard name != recent else { continue }
            try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: "\(folder)/\(name)")
        }
        let descriptor = open("\(folder)/\(mapped)", O_RDONLY)
        let memory = mmap(nil, 4096, PROT_READ, MAP_SHARED, descriptor, 0)
        close(descriptor)
        try #require(memory != MAP_FAILED)
        func names() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: folder)) }

        StaleMemory.remove(in: folder)
        #expect(try names() == [mapped, recent, foreign])
        munmap(memory, 4096)
        StaleMemory.remove(in: folder)
        #expect(try names() == [recent, foreign])
    }
}
