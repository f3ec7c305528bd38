import Foundation
import ProgramTesting
import Testing

/// Training over three hosts: what crosses the network, and what happens when it does not.
@Suite(
    .serialized,
    .enabled(if: TestHosts.obstacle == nil, "\(TestHosts.obstacle ?? "")"))
struct HostsTests {
    /// Tensors of a file by name, with their numbers of elements.
    private func counts(_ file: URL) throws -> [String: Int] {
        let bytes = try Data(contentsOf: file)
        let length = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        let header = try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as! [String: [String: Any]]
        return header.compactMapValues { ($0["shape"] as? [Int])?.reduce(1, *) }
    }

    @Test func whatCrossesTheNetworkIsTheBankOnceAndPartials() throws {
        try withTemporaryFolder { folder in
            let steps = 6
            let configuration = try SmallRun.configuration(in: folder, iterations: steps)
            let run = folder.appendingPathComponent("run")
            let hosts = try TestHosts(3)
            let before = try hosts.received()
            let job = try RunningJob(
                "cluster/namespaces",
                [
                    "mpirun", "-n", "3", "train", configuration, "--output", run.path, "--set", "model.width=32",
                    "--set", "training.validate_every=0",
                ], in: folder, environment: hosts.environment)
            #expect(job.status() == 0, "\(job.errors)")
            let received = zip(try hosts.received(), before).map(-)

            let float = 4
            let tasks = try ["semseg", "normals"].map {
                try counts(run.appendingPathComponent("model/tasks/\($0).safetensors"))
            }
            let bank = try counts(run.appendingPathComponent("model/bank.safetensors")).values.reduce(0, +) * float
            let all = tasks.flatMap { Array($0) }
            let stored = all.map(\.value).reduce(0, +) * float
            let statistics = all.filter { $0.key.contains("running_") }
            let trained = stored - statistics.map(\.value).reduce(0, +) * float
            let channels = statistics.filter { $0.key.hasSuffix("running_mean") }.map(\.value).reduce(0, +)
            // Shards of four of twelve samples are single subtrees, so a rank gets 2 (R - 1) / R of the gradients.
            let gradients = trained * 4 / 3
            // Count, mean and M2 forward and two sums backward, in double, of each other rank.
            let sums = 2 * 5 * 8 * channels
            let content = stored + steps * (gradients + sums)
            // Frames of TCP around 1448 bytes take 66 of them, and as much again for small messages and answers to them.
            // Starting a process and writing its log is below a megabyte.
            let most = Double(content) * 1.15 + 1e6
            for (host, bytes) in received.enumerated() {
                // The first host has the bank, and the others get it once: a second time would not fit.
                let own = host == 0 ? 0 : bank
                #expect(Double(bytes) < most + 1.05 * Double(own), "\(received) \(bank) \(content)")
                #expect(bytes > steps * gradients + own, "\(received) \(bank) \(content)")
            }
            #expect(Double(bank) > most - Double(content), "the bank is too small to be seen")
        }
    }

    @Test(arguments: InstalledMPI.others) func filesDoNotDependOnHosts(mpi: InstalledMPI) throws {
        try withTemporaryFolder { folder in
            let configuration = try SmallRun.configuration(in: folder, iterations: 6)
            let (alone, run) = (folder.appendingPathComponent("alone"), folder.appendingPathComponent("run"))
            try Program.succeed("train", configuration, "--output", alone.path)
            let hosts = try TestHosts(3)
            let job = try RunningJob(
                "cluster/namespaces",
                ["mpirun", "-n", "3"] + mpi.options + ["train", configuration, "--output", run.path],
                in: folder, environment: hosts.environment)
            #expect(job.status() == 0, "\(job.errors)")
            for (rank, host) in hosts.names.enumerated() {
                #expect(job.output.contains("rank \(rank) of 3 on \(host): "), "\(job.output)")
            }
            let isSame = try SmallRun.files(run) == SmallRun.files(alone)
            #expect(isSame)
        }
    }

    @Test(arguments: InstalledMPI.all) func aLinkThatIsCutEndsTheJobAndNamesTheHost(mpi: InstalledMPI) throws {
        try withTemporaryFolder { folder in
            let configuration = try SmallRun.configuration(in: folder, iterations: 100_000)
            let run = folder.appendingPathComponent("run")
            let hosts = try TestHosts(3)
            let job = try RunningJob(
                "cluster/namespaces",
                ["mpirun", "-n", "3"] + mpi.options + ["train", configuration, "--output", run.path],
                in: folder, environment: hosts.environment)
            #expect(job.wait { SmallRun.step(job.output[...]) >= 5 }, "\(job.errors)")
            try hosts.command("cut", hosts.names[2])
            #expect(job.status(within: 45) == 75)
            #expect(job.complaints.count == 1, "\(job.errors)")
            // Open MPI 5 may end all ranks before these can tell.
            if mpi.folder == nil || !job.errors.hasPrefix("launch/mpirun: lost the ranks: mpirun ") {
                #expect(job.errors.contains("lost rank 2 on \(hosts.names[2]) "), "\(job.errors)")
                #expect(job.errors.contains(#/; the others (wait for|cannot go on)/#), "\(job.errors)")
            }
            // Nor does anything go on behind the cut.
            let end = Date() + 30
            while !job.ranks().isEmpty, Date() < end { usleep(100_000) }
            #expect(job.ranks().isEmpty)
        }
    }
}
