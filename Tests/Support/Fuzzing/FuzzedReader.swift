import Foundation

/// A reader of bytes that somebody else wrote, and sound files to damage for it.
package struct FuzzedReader: Sendable {
    package let name: String
    /// Sound files.
    package let seeds: [[UInt8]]
    /// Where damage begins, and how far its favourite part goes.
    let first: Int
    let near: Int
    /// Makes checksums right again, so that damage gets past them.
    let repair: @Sendable (inout [UInt8]) -> Void
    /// No single allocation may be larger, given the file's bytes.
    package let allowance: @Sendable (Int) -> Int
    /// Reads all there is in the bytes of a file called `damaged`.
    ///
    /// - Throws: the reader's refusals; `Unsound` where something was accepted that must not be.
    let read: @Sendable ([UInt8]) throws -> Void
    /// Whether an error is a refusal that names the file.
    let isRefusal: @Sendable (any Error) -> Bool

    /// Something that a reader accepted and that contradicts itself.
    package struct Unsound: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) {
            self.description = description
        }
    }

    package init(
        _ name: String, seeds: [[UInt8]], first: Int = 0, near: Int = 400,
        repair: @escaping @Sendable (inout [UInt8]) -> Void = { _ in },
        allowance: @escaping @Sendable (Int) -> Int, isRefusal: @escaping @Sendable (any Error) -> Bool,
        read: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.seeds = seeds
        self.first = first
        self.near = near
        self.repair = repair
        self.allowance = allowance
        self.isRefusal = isRefusal
        self.read = read
    }

    /// The damaged file of a number.
    package func input(_ number: Int) -> [UInt8] {
        var bytes = Mutation(number).applied(to: seeds[number % seeds.count], from: first, near: near)
        // Odd ones of each seed keep the wrong checksums.
        if number / seeds.count % 2 == 0 { repair(&bytes) }
        return bytes
    }

    /// Reads one damaged file. Returns whether it was accepted.
    ///
    /// - Throws: whatever is neither acceptance nor a proper refusal.
    package func accepts(_ bytes: [UInt8]) throws -> Bool {
        do {
            try read(bytes)
            return true
        } catch  where isRefusal(error) {
            return false
        }
    }

    /// What must hold of something that was accepted.
    package static func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
        if !condition { throw Unsound(problem()) }
    }

    /// The bytes of a file below Tests.
    package static func seed(_ path: String) -> [UInt8] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        guard let data = try? Data(contentsOf: tests.appendingPathComponent(path)) else {
            fatalError("\(path) is missing below \(tests.path)")
        }
        return [UInt8](data)
    }
}
