import CAllocationCounter
import CFuzzing
import Foundation

/// A program that reads damaged files of one kind:  PROGRAM READER COUNT [FIRST]. Alone, it lists its readers.
///
/// Each is accepted or refused with an error that names it. Status 3 says that one was neither, that one took an
/// allocation that its size does not allow, or that all or none were accepted; 4 that one took no end. Then, as on a
/// crash, the last line of standard error has the number, and `PROGRAM READER 1 NUMBER` reads that file again.
package enum FuzzProgram {
    /// Processor seconds for one file; the slowest sound one takes milliseconds.
    private static let seconds: Int32 = 20
    private static let memory: Int64 = 2 << 30

    package static func main(_ readers: [FuzzedReader]) {
        let arguments = CommandLine.arguments.dropFirst()
        let names = readers.map(\.name)
        guard !arguments.isEmpty else { return print(names.joined(separator: "\n")) }
        guard (2...3).contains(arguments.count), let name = arguments.first,
            let reader = readers.first(where: { $0.name == name }),
            let count = Int(arguments.dropFirst().first!), let first = arguments.count == 3 ? Int(arguments.last!) : 0
        else { fail("give READER COUNT [FIRST], with one of \(names.joined(separator: ", "))", 2) }
        mdl_fuzz_watch(strdup(name), seconds)
        _ = mdl_fuzz_limit_memory(memory)
        var accepted = 0
        var largest = 0
        for number in first..<first + count {
            mdl_fuzz_begin(Int64(number))
            let input = reader.input(number)
            _ = mdl_take_largest_allocation()
            mdl_count_allocations(1)
            do {
                if try reader.accepts(input) { accepted += 1 }
            } catch {
                fail("\(error) in \(name) at number \(number)", 3)
            }
            mdl_count_allocations(0)
            let allocation = Int(mdl_take_largest_allocation())
            largest = max(largest, allocation)
            guard allocation <= reader.allowance(input.count) else {
                fail("\(allocation) bytes at once for a file of \(input.count) in \(name) at number \(number)", 3)
            }
        }
        // Sanitizers allocate for themselves, and nothing is counted.
        let most = largest > 0 ? ", at most \(largest) bytes at once" : ""
        print("\(name): \(count) files, \(accepted) accepted\(most)")
        guard count < 1000 || (accepted > count / 1000 && accepted < count - count / 20) else {
            fail("\(accepted) of \(count) were accepted: such damage tests nothing in \(name)", 3)
        }
    }

    private static func fail(_ sentence: String, _ status: Int32) -> Never {
        FileHandle.standardError.write(Data((sentence + "\n").utf8))
        exit(status)
    }
}
