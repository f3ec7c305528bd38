/// The parts of YAML that a configuration does without: anchors and aliases (a few lines of which can stand for
/// billions of values), tags and block text.
///
/// They are found in the text, before it is parsed, because the parser expands aliases while it compares keys. The
/// scan follows YAML's rule that these marks count only where a value may begin, so that they remain free inside
/// quotes, comments and plain text.
struct UnsupportedYAML {
    let line: Int
    let column: Int
    let sentence: String

    private static func sentence(for mark: Unicode.Scalar) -> String? {
        switch mark {
        case "*": "an alias (*name) is not allowed in a configuration; write the value itself"
        case "&": "an anchor (&name) is not allowed in a configuration; write each value where it belongs"
        case "!": "a tag (!name) is not allowed in a configuration; the key decides the type of its value"
        case "|", ">": "block text (\(mark)) is not allowed in a configuration; write the text in quotes on one line"
        default: nil
        }
    }

    /// The first such part of `text`.
    static func first(in text: String) -> UnsupportedYAML? {
        var scan = Scan(scalars: Array(text.unicodeScalars))
        return scan.run()
    }

    private struct Scan {
        let scalars: [Unicode.Scalar]
        var index = 0
        var line = 1
        var column = 1
        /// A value may begin here.
        var atValueStart = true
        var flowDepth = 0

        init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

        mutating func run() -> UnsupportedYAML? {
            while index < scalars.count {
                let scalar = scalars[index]
                if isBreak(scalar) {
                    atValueStart = true
                } else if isBlank(at: index) {
                    // Blanks change nothing.
                } else if scalar == "#", index == 0 || isBlank(at: index - 1) {
                    while index + 1 < scalars.count, !isBreak(scalars[index + 1]) { advance() }
                } else if atValueStart {
                    if let sentence = UnsupportedYAML.sentence(for: scalar) {
                        return UnsupportedYAML(line: line, column: column, sentence: sentence)
                    }
                    beginValue(scalar)
                } else {
                    continuePlainText(scalar)
                }
                advance()
            }
            return nil
        }

        private mutating func beginValue(_ scalar: Unicode.Scalar) {
            switch scalar {
            case "'", "\"":
                skipQuoted(by: scalar)
                atValueStart = false
            case "[", "{": flowDepth += 1
            case "]", "}":
                flowDepth = max(0, flowDepth - 1)
                atValueStart = false
            case "-": atValueStart = isBlank(at: index + 1) || scalars[index + 1] == "-"
            case "?", ":": atValueStart = flowDepth > 0 || isBlank(at: index + 1)
            case ",": atValueStart = flowDepth > 0
            default: atValueStart = false
            }
        }

        private mutating func continuePlainText(_ scalar: Unicode.Scalar) {
            switch scalar {
            case ":": atValueStart = flowDepth > 0 || isBlank(at: index + 1)
            case "," where flowDepth > 0: atValueStart = true
            case "[", "{":
                guard flowDepth > 0 else { return }
                flowDepth += 1
                atValueStart = true
            case "]", "}": flowDepth = max(0, flowDepth - 1)
            default: break
            }
        }

        /// Moves from the opening quote to the closing one, or to the end of the text.
        private mutating func skipQuoted(by quote: Unicode.Scalar) {
            advance()
            while index < scalars.count {
                let scalar = scalars[index]
                if scalar == "\\", quote == "\"" {
                    advance()
                } else if scalar == quote {
                    guard quote == "'", index + 1 < scalars.count, scalars[index + 1] == "'" else { return }
                    advance()
                }
                advance()
            }
        }

        private mutating func advance() {
            guard index < scalars.count else { return }
            if scalars[index] == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
            index += 1
        }

        private func isBreak(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar {
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
            default: false
            }
        }

        /// Whether a blank, a line break or the end of the text is at `index`.
        private func isBlank(at index: Int) -> Bool {
            guard index < scalars.count else { return true }
            return scalars[index] == " " || scalars[index] == "\t" || isBreak(scalars[index])
        }
    }
}
