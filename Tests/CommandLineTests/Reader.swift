import Checkpoints
import Foundation
import ProgramTesting
import Testing

/// Somebody who does what a page says, in a folder that looks like a clone of the repository.
///
/// `modulor` is a script there that runs the program with small settings at the end of its arguments: commands are run
/// as they are written, and none takes long. What pages take for granted is in the folder when they speak of it: a
/// demonstration that was trained (`runs/demo`), torchvision's ResNet-18 (`resnet18.pth`), pictures (`photos`, and
/// `kitchen.jpg`), pictures with labels (`mydata`), the data sets of the paper (`data`) and a configuration (`my.yaml`).
struct Reader {
    let folder: URL

    /// Commands that no test runs, by a part of them, and why. README.md names them.
    static let untested = [
        "launch/benchmark pytorch": "it measures for minutes, and installs PyTorch",
        "kubectl apply": "it needs a cluster of Kubernetes; KubernetesTests reads the file",
    ]

    /// Commands that are not run here, by a part of them, and where they are.
    static let testedElsewhere = [
        "launch/test": "it runs these tests",
        "launch/study": "it trains for two hours; StudyTests runs its miniature",
        "modulor study": "it sums up what launch/study has trained; StudyTests runs it",
        "--hostfile": "it needs several hosts; HostsTests trains on three",
        "--mpi /opt/": "it needs another MPI; AnyMPITests trains under each that is named",
        "BSDS500/": "it needs public data; BoundaryFiguresTests makes a small set of that form",
        "contours bsds.yaml": "it needs that data; BoundaryFiguresTests scores such contours",
        "sbatch ": "it needs a cluster; SlurmTests makes one",
    ]

    init(in folder: URL, reading document: Document) throws {
        self.folder = folder
        // Scripts and recipes name what is beside them, which a link would lead elsewhere.
        for name in ["launch", "cluster"] {
            try FileManager.default.copyItem(
                at: RunningJob.root.appendingPathComponent(name), to: folder.appendingPathComponent(name))
        }
        for name in ["Sources", "Tests", "Package.swift"] {
            try FileManager.default.createSymbolicLink(
                at: folder.appendingPathComponent(name),
                withDestinationURL: RunningJob.root.appendingPathComponent(name))
        }
        try writeProgram()
        try write(
            "my.yaml",
            String(contentsOf: RunningJob.root.appendingPathComponent("launch/recipes/demo.yaml"), encoding: .utf8)
                .replacing("rooms-bank", with: "launch/recipes/rooms-bank").replacing("runs/demo", with: "runs/my"))
        if document.text.contains("data/") { try linkDatasets() }
        if document.text.contains("resnet18.pth") {
            try PretrainedFile.write(to: folder.appendingPathComponent("resnet18.pth"))
        }
        if document.text.contains("mydata") || document.text.contains("photos") { try drawPictures() }
        if document.text.contains("kitchen.jpg") {
            try FileManager.default.copyItem(
                at: Self.fixtures.appendingPathComponent("PASCAL_MT/JPEGImages/2008_000057.jpg"),
                to: folder.appendingPathComponent("kitchen.jpg"))
        }
        if document.text.contains("runs/demo") {
            try follow(.command("modulor train launch/recipes/demo.yaml --output runs/demo"))
        }
    }

    /// Does everything that the document says but its Python, which not every machine can run.
    func follow(_ document: Document) throws {
        for step in document.steps { try follow(step) }
    }

    private func follow(_ step: Document.Step) throws {
        switch step {
        case .python: break
        case .file(let name, let content): try write(name, content)
        case .command(let command):
            let isLeftOut = [Self.untested, Self.testedElsewhere].contains { $0.keys.contains(where: command.contains) }
            guard !isLeftOut else { return }
            let outcome = try Program.run(
                ["-euo", "pipefail", "-c", "cd \"$0\"\n\(command)", folder.path],
                environment: [
                    "PATH": folder.appendingPathComponent(".build/release").path + ":"
                        + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
                    "MODULOR_PROGRAM": folder.appendingPathComponent(".build/release/modulor").path,
                    "MODULOR_CACHE": folder.appendingPathComponent(".cache").path,
                ], seconds: 300, executable: URL(fileURLWithPath: "/bin/bash"))
            #expect(outcome.status == 0, "\(command)\n\(outcome.output)\n\(outcome.errors)")
        }
    }

    /// Runs Python of the document after its commands. A `network` of PyTorch that is spoken of is one as the exported
    /// file's, with values of its own.
    func run(python code: String) throws {
        let network = """
            sys.path.insert(0, "Tests/InferenceTests/Scripts")
            from load_backbone import network_of, read
            network = network_of(*read("depth.safetensors"))
            """
        let lines =
            ["import os, sys", "os.chdir(sys.argv[1])"] + (code.contains("network.") ? [network] : []) + [code]
        let outcome = try Python.run(["-c", lines.joined(separator: "\n"), folder.path])
        #expect(outcome.status == 0, "\(code)\n\(outcome.output)\n\(outcome.errors)")
    }

    private func write(_ name: String, _ content: String) throws {
        try Data(content.utf8).write(to: folder.appendingPathComponent(name))
    }

    /// The program, made small: options at the end count more than those before them.
    private func writeProgram() throws {
        let release = folder.appendingPathComponent(".build/release")
        try FileManager.default.createDirectory(at: release, withIntermediateDirectories: true)
        let program = release.appendingPathComponent("modulor")
        try """
        #!/usr/bin/env bash
        rooms=(--set data.rooms.train=8 --set data.rooms.validation=2 --set "data.rooms.size=[48, 64]")
        steps=(--set training.iterations=2 --set training.batch=4 --set "data.crop=[32, 32]" "${rooms[@]}")
        small=()
        case "$1 ${2:-} $*" in
        *--help*) ;;
        plan*) small=("${steps[@]}" --set training.batch=64) ;;
        # A baseline has to be right somewhere, or nothing can be compared with it.
        train*single.yaml*) small=("${steps[@]}" --set data.workers=1 --set training.iterations=20) ;;
        train* | add*) small=("${steps[@]}" --set data.workers=1) ;;
        pretrain*) small=("${steps[@]}") ;;
        evaluate* | "data check"*) small=("${rooms[@]}") ;;
        initialize*--responses*) small=(--images 8 --crop 64x64) ;;
        "bench step"* | "bench convolution"*) small=("${steps[@]}" --rounds 1) ;;
        "bench inference"*) small=(--height 64 --width 64 --rounds 1) ;;
        "bench update"*) small=(--parameters 65536 --rounds 1) ;;
        "bench allreduce"*) small=(--largest 65536 --rounds 2) ;;
        "bench scaling"*)
            small=(--set "data.crop=[32, 32]" --set model.width=4 --set model.aspp=8 --set model.low=4)
            small+=(--samples 2 --rounds 1)
            ;;
        esac
        exec "\(Program.location.path)" "$@" "${small[@]}"

        """.write(to: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    }

    private static let fixtures = RunningJob.root.appendingPathComponent("Tests/DatasetsTests/Fixtures")

    /// `data`: the synthetic scenes that DatasetsTests reads.
    private func linkDatasets() throws {
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("data"), withIntermediateDirectories: true)
        for name in ["PASCAL_MT", "NYUD_MT"] {
            try FileManager.default.createSymbolicLink(
                at: folder.appendingPathComponent("data/\(name)"),
                withDestinationURL: Self.fixtures.appendingPathComponent(name))
        }
    }

    /// `mydata`: twenty rooms with their normals, as somebody would lay out pictures of their own; `photos`: the rooms.
    private func drawPictures() throws {
        let drawn = folder.appendingPathComponent(".drawn")
        let outcome = try Program.run(
            "data", "rooms", "--index", "0..20", "--size", "72x96", "--output", drawn.path)
        try #require(outcome.status == 0, "\(outcome.errors)")
        for name in ["images", "normals"] {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent("mydata/\(name)"), withIntermediateDirectories: true)
        }
        let names = (0..<20).map { "rooms-1-\($0)" }
        for name in names {
            for (kind, place) in [("image", "images"), ("normals", "normals")] {
                try FileManager.default.moveItem(
                    at: drawn.appendingPathComponent("\(name)-\(kind).png"),
                    to: folder.appendingPathComponent("mydata/\(place)/\(name).png"))
            }
        }
        try FileManager.default.removeItem(at: drawn)
        try write("mydata/train.txt", names.prefix(16).joined(separator: "\n"))
        try write("mydata/val.txt", names.dropFirst(16).joined(separator: "\n"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.appendingPathComponent("photos").path, withDestinationPath: "mydata/images")
    }
}
