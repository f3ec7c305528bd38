import Foundation
import ProgramTesting
import Testing

/// What editors and copies do to a list of hosts; nothing is started.
@Suite struct HostFileTests {
    @Test(arguments: [
        ("node1 slots=2\r\nnode2 slots=2\r\n", "has line ends of Windows"),
        ("node1 slots=2\nnode2\nnode1 slots=1 # again\n", "lists node1 twice"),
        ("", "lists no host"), ("# none yet\n\n", "lists no host"), ("\u{FEFF}", "lists no host"),
        ("\u{FEFF}node1\nnode1\n", "lists node1 twice"),
    ])
    func whatIsWrongIsNamed(_ text: String, _ part: String) throws {
        try expectComplaint(Data(text.utf8), part)
    }

    @Test func utf16IsNamed() throws {
        for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian] {
            try expectComplaint("node1 slots=1\n".data(using: encoding)!, "is text in UTF-16")
        }
    }

    @Test func aByteOrderMarkIsDropped() throws {
        try withTemporaryFolder { folder in
            let hosts = folder.appendingPathComponent("hosts")
            try Data("\u{FEFF}localhost slots=1\n".utf8).write(to: hosts)
            let outcome = try Program.run(
                ["-n", "1", "--hostfile", hosts.path, "heard"], environment: ["MODULOR_PROGRAM": "/bin/echo"],
                executable: Self.launcher)
            #expect(outcome.status == 0 && outcome.output == "heard\n", "\(outcome.errors)")
        }
    }

    private static let launcher = Program.repository.appendingPathComponent("launch/mpirun")

    private func expectComplaint(_ text: Data, _ part: String) throws {
        try withTemporaryFolder { folder in
            let hosts = folder.appendingPathComponent("hosts")
            try text.write(to: hosts)
            let outcome = try Program.run(
                ["-n", "1", "--hostfile", hosts.path, "train", "x.yaml"],
                environment: ["MODULOR_PROGRAM": "/bin/false"], executable: Self.launcher)
            #expect(outcome.status == 2)
            #expect(outcome.errors.hasPrefix("launch/mpirun: \(hosts.path) "), "\(outcome.errors)")
            #expect(outcome.errors.contains(part), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
    }
}
