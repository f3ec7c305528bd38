import ArgumentParser

/// Whether a command goes on with a run that is there.
struct ResumeOptions: ParsableArguments {
    @Flag(
        name: .customLong("resume"),
        help: """
            Go on with the run in the folder, or start it if there is none; --convolution, --gemm and --tune are then \
            as the run was begun, and can be left out.
            """)
    var isAsked = false
}
