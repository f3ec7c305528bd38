import Datasets
import Foundation

/// `tasks.NAME.labels`: how the files of a task say its labels.
///
///     semseg:  {labels: {map: void-first}}
///     paint:   {kind: classes, labels: {colours: {road: [128, 64, 128], ignore: [0, 0, 0]}}}
///     depth:   {labels: {unit: 1/256, max: 80}}
///     normals: {labels: {encoding: unsigned, axes: [x, -y, -z]}}
///
/// Each kind of task has keys of its own; ``LabelConvention`` says what they mean.
package struct LabelSettings: ConfigurationSection {
    package let kind: TaskKind
    package var convention: LabelConvention

    /// The keys of each kind that has any.
    private static let keys: [(kind: TaskKind, keys: [String])] = [
        (.classes, ["map", "colours", "ignore", "other"]), (.score, ["threshold"]), (.direction, ["encoding", "axes"]),
        (.distance, ["unit", "offset", "inverse", "max"]),
    ]

    package mutating func visit(_ visitor: inout some ConfigurationVisitor) {
        switch kind {
        case .classes: visitClasses(&visitor)
        case .score: visitor.value("threshold", &convention.threshold, .threshold)
        case .direction:
            visitor.value("encoding", &convention.encoding)
            visitor.value("axes", &convention.axes, .axes)
        case .distance:
            var unit = convention.unit.map { Metres(value: $0) }
            visitor.value("unit", &unit, .aboveZero)
            convention.unit = unit?.value
            visitor.value("offset", &convention.offset, .range(0...65535))
            visitor.value("inverse", &convention.isInverse)
            visitor.value("max", &convention.largest, .aboveZero)
        case .value: break
        }
        for (owner, keys) in Self.keys where owner != kind {
            for key in keys {
                visitor.foreign(
                    key,
                    "is for tasks of kind \(owner.rawValue), and this one is of kind \(kind.rawValue)"
                        + (kind == .value ? ", whose numbers mean themselves" : ""))
            }
        }
    }

    private mutating func visitClasses(_ visitor: inout some ConfigurationVisitor) {
        visitor.value("map", &convention.map)
        visitor.value("colours", &convention.colours)
        visitor.value("ignore", &convention.ignored, .numbers)
        visitor.value("other", &convention.others)
        let hasColours = convention.colours != nil
        visitor.require(
            "colours", !hasColours || convention.map == nil,
            "is given beside map: files hold colours or numbers; leave one of them out")
        visitor.require(
            "ignore", !hasColours || convention.ignored.isEmpty,
            "has numbers, and labels.colours says that files hold colours: give those that mean unknown there, as "
                + "ignore: [[0, 0, 0]]")
        if case .numbers(let classes) = convention.map {
            let both = convention.ignored.first { number in classes[number].map { $0 != 255 } ?? false }
            visitor.require(
                "ignore", both == nil, "has \(both ?? 0), which map makes a class; leave it out in one of them")
        }
    }
}

extension LabelConvention.Others: ConfigurationChoice {}
extension VectorEncoding: ConfigurationChoice {}
extension Axis: ConfigurationChoice {}

/// A preset's name, or a mapping of numbers to classes.
extension ClassMap: ConfigurationValue {
    package static let expectation =
        presets.map(\.name).joined(separator: ", ")
        + " or a mapping such as {7: 0, 8: 1, 9: ignore}, of numbers from \(allowedNumbers.lowerBound) to "
        + "\(allowedNumbers.upperBound) to classes from 0 to 254 or ignore"
    package static var words: [String] { presets.map(\.name) }

    package var yaml: String {
        guard case .numbers(let classes) = self else { return Self.presets.first { $0.map == self }!.name }
        let entries = classes.sorted { $0.key < $1.key }.map { number, index in
            "\(number): \(index == 255 ? ColourTable.unknown : "\(index)")"
        }
        return "{\(entries.joined(separator: ", "))}"
    }

    package static func read(_ node: YAMLNode) -> ClassMap? {
        switch node.content {
        case .scalar(let text, _): return presets.first { $0.name == text }?.map
        case .sequence: return nil
        case .mapping(let entries):
            var classes: [Int: Int] = [:]
            for entry in entries {
                let key = YAMLNode(content: .scalar(entry.key, isQuoted: false), place: entry.keyPlace)
                let isUnknown = String.read(entry.value) == ColourTable.unknown
                guard let number = Int.read(key), allowedNumbers.contains(number), classes[number] == nil,
                    let index = isUnknown ? 255 : Int.read(entry.value), (0...255).contains(index)
                else { return nil }
                classes[number] = index
            }
            return classes.isEmpty ? nil : .numbers(classes)
        }
    }
}

/// A mapping of classes to a colour each, or to a list of them.
extension ColourTable: ConfigurationValue {
    package static let expectation =
        "a mapping such as {road: [128, 64, 128], car: [[0, 0, 142], [0, 0, 70]]}, of classes (or ignore) to red, green and "
        + "blue from 0 to 255, each colour once"

    package var yaml: String {
        let entries = entries.map { entry in
            let colours = entry.colours.map { "[\($0.red), \($0.green), \($0.blue)]" }
            return "\(entry.name.yaml): "
                + (colours.count == 1 ? colours[0] : "[\(colours.joined(separator: ", "))]")
        }
        return "{\(entries.joined(separator: ", "))}"
    }

    package static func read(_ node: YAMLNode) -> ColourTable? {
        guard case .mapping(let entries) = node.content, !entries.isEmpty else { return nil }
        var seen: Set<Colour> = []
        var read: [Entry] = []
        for entry in entries {
            let numbers = [Int].read(entry.value).map { [$0] } ?? [[Int]].read(entry.value) ?? []
            let colours = numbers.compactMap { colour -> Colour? in
                guard colour.count == 3, colour.allSatisfy((0...255).contains) else { return nil }
                return Colour(red: UInt8(colour[0]), green: UInt8(colour[1]), blue: UInt8(colour[2]))
            }
            guard !colours.isEmpty, colours.count == numbers.count, colours.allSatisfy({ seen.insert($0).inserted })
            else { return nil }
            read.append(Entry(name: entry.key, colours: colours))
        }
        let table = ColourTable(entries: read)
        return Allowed<[String]>.classNames.holds(table.entries.map(\.name)) ? table : nil
    }
}

/// Metres, as a number or as a fraction such as 1/256.
private struct Metres: ConfigurationValue {
    let value: Double

    static let expectation = "a number of metres or a fraction such as 1/256"
    var yaml: String { value.yaml }

    static func read(_ node: YAMLNode) -> Metres? {
        if let value = Double.read(node) { return Metres(value: value) }
        guard case .scalar(let text, _) = node.content else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { part in
            YAMLNode(content: .scalar(part.trimmingCharacters(in: .whitespaces), isQuoted: false), place: node.place)
        }
        guard parts.count == 2, let above = Double.read(parts[0]), let below = Double.read(parts[1]), below > 0
        else { return nil }
        let value = above / below
        return value.isFinite ? Metres(value: value) : nil
    }
}

extension Allowed where Value == Metres? {
    fileprivate static var aboveZero: Self { Self("above 0") { $0.map { $0.value > 0 } ?? true } }
}

extension Allowed where Value == Double? {
    fileprivate static var aboveZero: Self { Self("above 0") { $0.map { $0 > 0 } ?? true } }
    fileprivate static var threshold: Self { Self("from 0 to below 1") { $0.map { (0..<1).contains($0) } ?? true } }
}

extension Allowed where Value == [Axis] {
    fileprivate static var axes: Self {
        Self("x, y and z once each, such as [x, -y, -z]") { Set($0.map(\.index)).count == 3 && $0.count == 3 }
    }
}

extension Allowed where Value == [Int] {
    fileprivate static var numbers: Self {
        Self("from \(ClassMap.allowedNumbers.lowerBound) to \(ClassMap.allowedNumbers.upperBound), each once") {
            numbers in
            Set(numbers).count == numbers.count && numbers.allSatisfy(ClassMap.allowedNumbers.contains)
        }
    }
}
