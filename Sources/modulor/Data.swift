import ArgumentParser

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Looks at data sets.", subcommands: [DataCheck.self, DataRooms.self])
}
