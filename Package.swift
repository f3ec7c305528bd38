// swift-tools-version: 6.2

import PackageDescription

// A Swift target imports targets of lower levels, and none of its own level.
//
//     9  modulor
//     8  Reports
//     7  Training          Inference
//     6  Networks          Tasks
//     5  Configuration
//     4  Graph             Datasets      Checkpoints     MPICollectives
//     3  Collectives
//     2  ConvolutionEngine
//     1  TensorCore    Archives
//     0  CConvolution  CThreadPool  COpenBLAS  CJPEG  CPNG  CTIFF  CHDF5  CZlib  CCrypto  CSharedMemory  CSockets
//        CCollectives

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

/// A Swift target with the targets of lower levels that it imports.
func library(_ name: String, uses dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

/// The tests of one target; `resources` are copied beside the test bundle.
func tests(
    of name: String, uses dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.target(name: name)] + dependencies, exclude: exclude,
        resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "modulor",
    products: [.executable(name: "modulor", targets: ["modulor"])],
    dependencies: [
        // Parses the command line and writes its help and completions; kept by the Swift project.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Reads YAML with line numbers, so that every complaint names its place; kept by its authors since 2016.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // Writes protocol buffers, which ONNX files and TensorBoard's event files are; kept by Apple since 2016.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        .target(name: "CThreadPool", cSettings: strictC),
        .target(name: "CConvolution", cSettings: strictC),
        // LAPACK, and matrix products to compare with; opened only when asked for, see its header. Kept by the OpenBLAS
        // project.
        .target(
            name: "COpenBLAS", dependencies: ["CConvolution"], cSettings: strictC,
            linkerSettings: [.linkedLibrary("dl")]),
        // Reads JPEG in all its forms, faster than code of our own would; kept by the libjpeg-turbo project.
        .target(name: "CJPEG", cSettings: strictC, linkerSettings: [.linkedLibrary("jpeg")]),
        // Reads and writes PNG in all its forms; kept by its authors since 1995.
        .target(name: "CPNG", cSettings: strictC, linkerSettings: [.linkedLibrary("png")]),
        // Reads TIFF, of which there are more forms than any code of our own would know; kept by its authors since 1988.
        .target(name: "CTIFF", cSettings: strictC, linkerSettings: [.linkedLibrary("tiff")]),
        // Reads HDF5, which MATLAB's newer files are; opened only when asked for, see its header. Kept by The HDF Group.
        .target(name: "CHDF5", cSettings: strictC, linkerSettings: [.linkedLibrary("dl")]),
        // Inflates what MATLAB and NumPy compress; kept by its authors since 1995.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // SHA-256 with the processor's own instructions; kept by the OpenSSL project.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // Opens the MPI of whoever started the ranks, and needs none to be built; see its header.
        .target(name: "CCollectives", cSettings: strictC, linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CSharedMemory", cSettings: strictC),
        .target(name: "CSockets", cSettings: strictC),

        library("TensorCore", uses: ["CThreadPool"]),
        library("Archives", uses: ["CZlib"]),
        library("ConvolutionEngine", uses: ["TensorCore", "CConvolution", "COpenBLAS", "CThreadPool"]),
        library("Collectives", uses: ["ConvolutionEngine", "TensorCore", "CSharedMemory", "CSockets"]),
        library("MPICollectives", uses: ["Collectives", "CCollectives", "TensorCore"]),
        library("Graph", uses: ["ConvolutionEngine", "TensorCore", "CConvolution", "CThreadPool"]),
        library("Datasets", uses: ["TensorCore", "Archives", "CJPEG", "CPNG", "CTIFF", "CHDF5"]),
        library("Checkpoints", uses: ["Archives", "CCrypto"]),
        library("Configuration", uses: ["Datasets", "TensorCore", .product(name: "Yams", package: "Yams")]),
        library(
            "Networks", uses: ["Graph", "Configuration", "Datasets", "ConvolutionEngine", "TensorCore", "Checkpoints"]),
        library(
            "Tasks",
            uses: ["Configuration", "ConvolutionEngine", "CConvolution", "CThreadPool", "TensorCore", "Datasets"]),
        library(
            "Training",
            uses: [
                "Networks", "Tasks", "Configuration", "Graph", "Datasets", "Checkpoints", "Collectives",
                "ConvolutionEngine", "CConvolution", "CThreadPool", "TensorCore", "COpenBLAS",
            ]),
        .target(
            name: "Inference",
            dependencies: [
                "Networks", "Graph", "Datasets", "Configuration", "Checkpoints", "ConvolutionEngine", "TensorCore",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], exclude: ["ONNX/onnx.proto"], swiftSettings: strict),
        library(
            "Reports",
            uses: [
                "Training", "Inference", "Networks", "Configuration", "Graph", "Tasks", "Datasets", "Checkpoints",
                "Collectives", "MPICollectives", "ConvolutionEngine", "TensorCore", "Archives",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], exclude: ["Events/event.proto"]),
        .executableTarget(
            name: "modulor",
            dependencies: [
                "Training", "Inference", "Reports", "Networks", "Tasks", "Configuration", "Datasets", "Checkpoints",
                "Collectives", "MPICollectives", "ConvolutionEngine", "TensorCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        tests(of: "TensorCore", uses: ["CThreadPool"]),
        tests(of: "ConvolutionEngine", uses: ["TensorCore", "CConvolution", "CThreadPool"]),
        // What tests of reductions add up, threads as ranks, and the program that tests start as ranks of real jobs.
        .target(
            name: "CollectivesSupport", dependencies: ["Collectives", "ConvolutionEngine", "TensorCore"],
            path: "Tests/Support/CollectivesSupport", swiftSettings: strict),
        .executableTarget(
            name: "CollectivesProbe",
            dependencies: ["CollectivesSupport", "MPICollectives", "Collectives", "ConvolutionEngine"],
            path: "Tests/Support/CollectivesProbe", swiftSettings: strict),
        tests(of: "Collectives", uses: ["ConvolutionEngine", "CollectivesSupport"]),
        tests(of: "MPICollectives", uses: ["ProgramTesting", "CollectivesProbe"]),
        tests(of: "Graph", uses: ["GraphTesting", "ConvolutionEngine", "TensorCore"]),
        tests(
            of: "Datasets", uses: ["ProgramTesting", "Fuzzing", "Archives", "TensorCore"],
            resources: [.copy("Fixtures")]),
        tests(of: "Checkpoints", uses: ["ProgramTesting", "Fuzzing"], resources: [.copy("Fixtures")]),
        tests(of: "Configuration", uses: ["ProgramTesting", "Datasets"]),
        tests(
            of: "Networks",
            uses: [
                "ProgramTesting", "GraphTesting", "Configuration", "Checkpoints", "Datasets", "Graph",
                "ConvolutionEngine",
            ]),
        tests(
            of: "Tasks", uses: ["Configuration", "ConvolutionEngine", "TensorCore", "Datasets"],
            exclude: ["Scripts"], resources: [.copy("Fixtures")]),
        tests(
            of: "Training",
            uses: [
                "ProgramTesting", "GraphTesting", "CollectivesSupport", "CAllocationCounter", "Networks", "Tasks",
                "Configuration", "Graph",
                "Datasets", "Checkpoints", "Collectives", "ConvolutionEngine", "CThreadPool", "TensorCore",
            ], exclude: ["Scripts"], resources: [.copy("Fixtures")]),
        tests(
            of: "Inference",
            uses: [
                "ProgramTesting", "Networks", "Checkpoints", "Configuration", "ConvolutionEngine", "Datasets", "Graph",
                "TensorCore",
            ], exclude: ["Scripts"]),
        tests(
            of: "Reports",
            uses: [
                "ProgramTesting", "Training", "Configuration", "Checkpoints", "Datasets", "ConvolutionEngine",
                "TensorCore",
            ]),
        // Runs the program itself, which is built beside the tests.
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "modulor", "ProgramTesting", "Fuzzing", "Checkpoints", "Datasets", "Archives",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ], exclude: ["Scripts"], swiftSettings: strict),

        // Programs that tests start, the machine's Python, and folders to write to.
        .target(name: "ProgramTesting", path: "Tests/Support/ProgramTesting", swiftSettings: strict),

        // Damages files for every reader of them, in programs of their own that may crash and hang alone; tests of
        // other targets take what it builds files with. What is made of files in Swift alone, above the kernels, has a
        // program to itself, so that the other is built under sanitizers without them.
        .target(
            name: "Fuzzing",
            dependencies: [
                "CFuzzing", "CAllocationCounter", "Configuration", "Datasets", "Checkpoints", "Archives", "TensorCore",
                "CZlib",
            ], path: "Tests/Support/Fuzzing", swiftSettings: strict),
        .target(
            name: "ModelFuzzing", dependencies: ["Fuzzing", "Reports", "Networks", "Configuration", "Checkpoints"],
            path: "Tests/Support/ModelFuzzing", swiftSettings: strict),
        .target(name: "CFuzzing", path: "Tests/Support/CFuzzing", cSettings: strictC),
        .executableTarget(
            name: "FuzzProbe", dependencies: ["Fuzzing"], path: "Tests/Support/FuzzProbe", swiftSettings: strict),
        .executableTarget(
            name: "ModelFuzzProbe", dependencies: ["ModelFuzzing", "Fuzzing"], path: "Tests/Support/ModelFuzzProbe",
            swiftSettings: strict),
        .testTarget(
            name: "FuzzingTests", dependencies: ["Fuzzing", "ModelFuzzing", "FuzzProbe", "ModelFuzzProbe"],
            swiftSettings: strict),

        // What tests of several targets measure by: graphs computed naively in double precision, and allocations
        // counted.
        .target(
            name: "GraphTesting", dependencies: ["Graph", "ConvolutionEngine", "TensorCore"],
            path: "Tests/Support/GraphTesting", swiftSettings: strict),
        .target(
            name: "CAllocationCounter", path: "Tests/Support/CAllocationCounter", cSettings: strictC),
    ]
)
