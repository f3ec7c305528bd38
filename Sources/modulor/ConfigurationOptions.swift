import ArgumentParser
import Configuration

/// The configuration that a command works on: a file, and keys that are changed on the command line.
struct ConfigurationOptions: ParsableArguments {
    @Argument(help: "The configuration, a YAML file.")
    var config: String

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Change one key of the configuration.", valueName: "key=value"))
    var overrides: [String] = []

    func load<Document: ConfigurationDocument>(_ type: Document.Type = Document.self) throws -> Document {
        try Document.load(path: config, overrides: overrides)
    }
}
