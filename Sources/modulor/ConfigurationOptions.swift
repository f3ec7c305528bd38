import ArgumentParser
import Configuration

/// The configuration that a command works on: a file, and keys that are changed on the command line.
struct ConfigurationOptions: ParsableArguments {
    @Argument(help: "The configuration, a YAML file.")
    var config: String

    @OptionGroup var changes: OverrideOptions

    func load<Document: ConfigurationDocument>(_ type: Document.Type = Document.self) throws -> Document {
        try Document.load(path: config, overrides: changes.overrides)
    }
}
