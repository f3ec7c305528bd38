import Datasets
import Foundation

/// A whole configuration: read strictly, written completely, and compared key by key.
package protocol ConfigurationDocument: ConfigurationSection {
    /// The configuration with every default.
    init()
}

extension ConfigurationDocument {
    /// Reads the configuration file at `path` and then the overrides, each `section.key=value` with a YAML value;
    /// later ones win. An override inside `tasks` changes or adds one task; all other keys are replaced.
    /// - Throws: `ConfigurationError` with everything that is wrong: what cannot be read, malformed YAML, and each
    ///   unknown key, wrong type and value out of range.
    package static func load(path: String, overrides: [String] = []) throws(ConfigurationError) -> Self {
        try parse(readText(path: path), file: path, overrides: overrides)
    }

    /// Reads a configuration from its text; `file` is its name in complaints and what relative paths start from.
    package static func parse(
        _ text: String, file: String, overrides: [String] = []
    ) throws(ConfigurationError) -> Self {
        var tree = try YAMLNode.parse(text, from: .file(file))
        for override in overrides { tree = try tree.overridden(by: override) }
        var configuration = Self()
        let knownPaths = ConfigurationWriter.entries(of: configuration).map(\.path)
        let problems = ConfigurationReader.read(tree, into: &configuration, at: [], knownPaths: knownPaths)
        guard problems.isEmpty else { throw ConfigurationError(inReadingOrder(problems)) }
        return configuration
    }

    /// The resolved configuration as YAML: every key, always in the same order; it reads back to an equal value.
    package func yaml() -> String {
        ConfigurationWriter.yaml(ConfigurationWriter.entries(of: self))
    }

    /// The keys in which this configuration differs from `other`, each as "training.batch: 8 -> 16" with the value
    /// of `other` first.
    package func differences(from other: Self) -> [String] {
        changes(from: other).map(\.description)
    }

    /// The differences from the configuration that a run was started with that forbid to resume it with this one.
    ///
    /// Threads, task groups, the stall limit, the memory of evaluations and all of `output` may differ, since nothing that is
    /// trained depends on them; and when a run ends for want of a gain, so that one that did can go on.
    package func resumeConflicts(with started: Self) -> [String] {
        let mayDiffer = [
            ["parallel", "threads"], ["parallel", "task_groups"], ["parallel", "stall_seconds"],
            ["parallel", "evaluation_bytes"], ["training", "stop_after"], ["output"],
        ]
        return changes(from: started)
            .filter { change in !mayDiffer.contains { change.path.starts(with: $0) } }
            .map(\.description)
    }

    private func changes(from other: Self) -> [ConfigurationChange] {
        ConfigurationChange.between(ConfigurationWriter.entries(of: other), ConfigurationWriter.entries(of: self))
    }
}

/// One key with two values.
private struct ConfigurationChange: CustomStringConvertible {
    let path: [String]
    /// `nil` where the key does not exist.
    let before: String?
    let after: String?

    var description: String {
        "\(path.joined(separator: ".")): \(before ?? "absent") -> \(after ?? "absent")"
    }

    static func between(
        _ before: [ConfigurationWriter.Entry], _ after: [ConfigurationWriter.Entry]
    ) -> [ConfigurationChange] {
        func value(_ path: [String], in entries: [ConfigurationWriter.Entry]) -> String? {
            entries.first { $0.path == path }?.yaml
        }
        let paths = before.map(\.path) + after.map(\.path).filter { value($0, in: before) == nil }
        let changes = paths.map {
            ConfigurationChange(path: $0, before: value($0, in: before), after: value($0, in: after))
        }
        .filter { $0.before != $0.after }
        guard changes.isEmpty, before != after else { return changes }
        // The same keys and values in another order: only a list of named sections has an order of its own.
        let firstDifferent = zip(before, after).first { $0.path != $1.path }!
        let list = firstDifferent.0.path.prefix(1)
        func order(_ entries: [ConfigurationWriter.Entry]) -> String {
            var names: [String] = []
            for entry in entries where entry.path.starts(with: list) && !names.contains(entry.path[list.count]) {
                names.append(entry.path[list.count])
            }
            return names.joined(separator: ", ")
        }
        return [ConfigurationChange(path: Array(list), before: order(before), after: order(after))]
    }
}

/// Problems of the file by line and column, and then those of the overrides.
private func inReadingOrder(_ problems: [ConfigurationProblem]) -> [ConfigurationProblem] {
    let inFile = problems.filter { $0.place.position != nil }
    let inOverrides = problems.filter { $0.place.position == nil }
    return inFile.sorted { $0.place.position! < $1.place.position! } + inOverrides
}

/// The text of a file of bounded size.
private func readText(path: String) throws(ConfigurationError) -> String {
    let place = ConfigurationPlace(.file(path))
    func failure() -> ConfigurationError {
        ConfigurationError(place, "the configuration cannot be read: \(String(cString: strerror(errno)))")
    }
    guard !path.isEmpty else {
        throw ConfigurationError(place, "the configuration has no name; give the path of a YAML file")
    }
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        throw ConfigurationError(
            place,
            "this is a folder and no configuration; give a YAML file, behind the model where a command takes both")
    }
    guard let file = fopen(path, "rb") else { throw failure() }
    defer { fclose(file) }
    // Not the size that the system tells: a pipe has none, and a device no end.
    var bytes = [UInt8](repeating: 0, count: YAMLNode.largestFile + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw failure() }
    guard count < bytes.count else {
        throw ConfigurationError(place, "this is larger than \(YAMLNode.largestFile) bytes, and so no configuration")
    }
    do {
        return try TextFile.text(of: bytes[..<count])
    } catch {
        switch error {
        case .utf16: throw ConfigurationError(place, "this is text in UTF-16; save it as UTF-8")
        case .notUTF8(let line):
            throw ConfigurationError(
                ConfigurationPlace(.file(path), line: line, column: 1), "this line is not text in UTF-8")
        }
    }
}
