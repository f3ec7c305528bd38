import ArgumentParser

@main
struct Modulor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modulor", abstract: "Trains multi-task networks over a shared, frozen filter bank.",
        subcommands: [Pretrain.self, Verify.self])
}
