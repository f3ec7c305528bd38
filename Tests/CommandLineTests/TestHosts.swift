import Foundation

/// Hosts that are network namespaces of this machine, made by cluster/namespaces and taken down with the last use.
final class TestHosts {
    let names: [String]
    /// What commands over these hosts need to know.
    let environment: [String: String]

    /// Why there can be no such hosts here; nil where there can.
    static let obstacle: String? = {
        guard getuid() == 0 else { return "only root can make network namespaces" }
        do {
            _ = try TestHosts(1)
            return nil
        } catch {
            return "cluster/namespaces: \(error)"
        }
    }()

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(_ count: Int) throws {
        let number = Int(getpid()) % 150 + 100
        environment = ["MODULOR_CLUSTER": "\(number)"]
        names = (1...count).map { "mdl\(number)-\($0)" }
        try command("up", "\(count)")
    }

    deinit {
        _ = try? command("down")
    }

    @discardableResult func command(_ arguments: String...) throws -> String {
        let outcome = try Program.run(
            arguments, environment: environment,
            executable: RunningJob.root.appendingPathComponent("cluster/namespaces"))
        guard outcome.status == 0 else { throw Failure(description: outcome.errors) }
        return outcome.output
    }

    /// Bytes that every host has received over its network so far.
    func received() throws -> [Int] {
        try command("bytes").split(separator: "\n").map { Int($0.split(separator: " ")[2])! }
    }
}
