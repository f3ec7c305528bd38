import ArgumentParser

/// Keys of a configuration that are changed on the command line.
struct OverrideOptions: ParsableArguments {
    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "Change one key of the configuration; repeat it for several.", valueName: "section.key=value"))
    var overrides: [String] = []
}
