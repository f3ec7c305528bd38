import ArgumentParser
import Foundation
import Testing
import Yams
import modulor

/// What `kubectl apply` is given: no cluster reads it here, but what it asks for hangs together.
@Suite struct KubernetesTests {
    /// Of an MPIJob, what is to be looked at.
    private struct Job: Decodable {
        let apiVersion: String
        let kind: String
        let spec: Specification

        struct Specification: Decodable {
            let slotsPerWorker: Int
            let mpiImplementation: String
            let mpiReplicaSpecs: [String: Replica]
        }

        struct Replica: Decodable {
            let replicas: Int
            let template: Template
        }

        struct Template: Decodable {
            let spec: Pod
        }

        struct Pod: Decodable {
            let containers: [Container]
            let volumes: [Volume]
        }

        struct Container: Decodable {
            let image: String
            let command: [String]
            let args: [String]?
            let volumeMounts: [Mount]
        }

        struct Volume: Decodable {
            let name: String
        }

        struct Mount: Decodable {
            let name: String
            let mountPath: String
        }
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: Program.repository.appendingPathComponent(path), encoding: .utf8)
    }

    /// The job, and the only container of its launcher and of its workers.
    private func read() throws -> (job: Job, launcher: Job.Container, worker: Job.Container) {
        let job = try YAMLDecoder().decode(Job.self, from: Self.text("cluster/kubernetes/train.yaml"))
        func container(_ name: String) throws -> Job.Container {
            let pod = try #require(job.spec.mpiReplicaSpecs[name]).template.spec
            #expect(pod.containers.count == 1)
            for mount in pod.containers[0].volumeMounts {
                #expect(pod.volumes.contains { $0.name == mount.name }, "\(mount.name)")
            }
            return pod.containers[0]
        }
        return try (job, container("Launcher"), container("Worker"))
    }

    /// What launch/mpirun is given for itself, by option, and what it hands on.
    private func parts(_ words: [String]) -> (own: [String: String], handedOn: [String]) {
        var (own, rest): ([String: String], [String]) = ([:], words)
        while rest.count > 1, rest[0].hasPrefix("-") {
            own[rest[0]] = rest[1]
            rest.removeFirst(2)
        }
        return (own, rest)
    }

    @Test("the launcher runs a command that launch/mpirun and the program take, on all slots of the workers")
    func command() throws {
        let (job, launcher, _) = try read()
        #expect(job.apiVersion == "kubeflow.org/v2beta1" && job.kind == "MPIJob")
        #expect(job.spec.mpiImplementation == "OpenMPI")
        // The image has the folder launch of the repository.
        let script = try #require(launcher.command.first)
        #expect(launcher.command.count == 1 && script.hasPrefix("/opt/modulor/"))
        #expect(try Self.text("cluster/kubernetes/Containerfile").contains("COPY launch /opt/modulor/launch\n"))
        let options = try Self.text(String(script.dropFirst("/opt/modulor/".count)))

        let (own, handedOn) = parts(try #require(launcher.args))
        for option in own.keys { #expect(options.contains("\n    \(option)) "), "\(option)") }
        let workers = try #require(job.spec.mpiReplicaSpecs["Worker"]).replicas
        #expect(own["-n"] == "\(workers * job.spec.slotsPerWorker)")
        #expect(own["--restarts"].flatMap { Int($0) } ?? 0 > 0)
        #expect(handedOn.first == "train" && handedOn.last == "--resume")
        #expect(throws: Never.self) { try Modulor.parseAsRoot(handedOn) }
    }

    @Test("the image has the library that nothing is built with and the program opens")
    func library() throws {
        let setup = try Self.text("launch/setup")
        let name = try #require(setup.firstMatch(of: #/\nopened \S+ (\S+)\n/#)).1
        let stages = try Self.text("cluster/kubernetes/Containerfile").components(separatedBy: "\nFROM ")
        let image = try #require(stages.last)
        #expect(stages.count == 3 && image.contains(" \(name) "))
    }

    @Test("launcher and workers have the same image, and see the data at the same place")
    func containers() throws {
        let (_, launcher, worker) = try read()
        #expect(launcher.image == worker.image)
        func places(_ container: Job.Container) -> [String: String] {
            Dictionary(uniqueKeysWithValues: container.volumeMounts.map { ($0.name, $0.mountPath) })
        }
        let data = try #require(places(launcher)["data"])
        #expect(places(worker)["data"] == data)
        // Where ranks of a host share the bank.
        #expect(places(worker).values.contains("/dev/shm"))
        let paths = try #require(launcher.args).filter { $0.hasPrefix("/") && !$0.hasPrefix("/etc/") }
        #expect(paths.count == 2 && paths.allSatisfy { $0.hasPrefix(data + "/") }, "\(paths)")
    }
}
