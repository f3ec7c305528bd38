/// A value of a configuration together with where each of its parts was written.
package struct YAMLNode: Sendable {
    indirect enum Content: Sendable {
        /// `isQuoted` tells the text "8" from the number 8.
        case scalar(String, isQuoted: Bool)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        let key: String
        let keyPlace: ConfigurationPlace
        var value: YAMLNode
    }

    var content: Content
    let place: ConfigurationPlace
    /// True for a mapping that stands for the way to one overridden key, and so adds to what is there; a mapping
    /// that was written out says all there is.
    var isPartial = false

    /// What a plain (unquoted) text means in YAML's core schema.
    enum PlainMeaning {
        case null, boolean, number, text
    }

    static func plainMeaning(of text: String) -> PlainMeaning {
        switch text.lowercased() {
        case "", "~", "null": .null
        case "true", "false", "yes", "no", "on", "off": .boolean
        case ".nan", ".inf", "+.inf", "-.inf": .number
        default: isDecimal(text) ? .number : .text
        }
    }

    /// Whether `text` is a decimal number, with or without fraction and exponent: Swift's own conversion would
    /// also take hexadecimal numbers, "nan" and "infinity".
    static func isDecimal(_ text: String) -> Bool {
        text.utf8.contains { 0x30...0x39 ~= $0 } && text.utf8.allSatisfy { "0123456789.+-eE".utf8.contains($0) }
            && Double(text) != nil
    }

    var isNull: Bool {
        if case .scalar(let text, isQuoted: false) = content {
            Self.plainMeaning(of: text) == .null
        } else {
            false
        }
    }

    /// The value as it is named in complaints, at most a few dozen characters long.
    var summary: String {
        switch content {
        case .scalar(let text, let isQuoted):
            if isNull { return "empty" }
            let short = text.count > 40 ? String(text.prefix(40)) + "…" : text
            return isQuoted ? quotedYAML(short) : plainOrQuotedYAML(short)
        case .sequence(let items):
            let parts = items.map { item in
                if case .scalar = item.content { item.summary } else { "…" }
            }
            let text = "[" + parts.prefix(4).joined(separator: ", ") + (parts.count > 4 ? ", …]" : "]")
            return text.count > 60 ? "a list" : text
        case .mapping(let entries):
            return entries.isEmpty ? "{}" : "a mapping"
        }
    }
}

/// `text` in double quotes, escaped so that YAML reads back exactly the same characters.
func quotedYAML(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case " "..."~": result.unicodeScalars.append(scalar)
        default:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            let padding = String(repeating: "0", count: 8 - digits.count)
            // Letters stay readable; what a reader of YAML would refuse or fold is escaped.
            if scalar.properties.isAlphabetic {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\U" + padding + digits
            }
        }
    }
    return result + "\""
}

/// `text` as it is where YAML cannot mistake it for anything else, and in quotes elsewhere.
func plainOrQuotedYAML(_ text: String) -> String {
    let isSafe = text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F: true
        default: false
        }
    }
    return isSafe && !text.isEmpty ? text : quotedYAML(text)
}
