extension StringProtocol {
    /// How a text of somebody else's stands on a terminal and in messages: on one line, and without effect.
    ///
    /// Control characters (C0, DEL and C1, which begin a terminal's commands), other ends of lines, and marks that turn
    /// the direction of writing, so that a text looks like another one, become U+FFFD.
    ///
    /// - Parameter limit: how many scalars are shown; "…" stands for more. It bounds the time too, however long the text
    ///   is: one name may be shown in very many places.
    package func printable(limit: Int = .max) -> String {
        var text = ""
        var room = limit
        for scalar in unicodeScalars {
            guard room > 0 else { return text + "…" }
            room -= 1
            text.unicodeScalars.append(scalar.isSeen ? scalar : "\u{FFFD}")
        }
        return text
    }

    /// The same of a name, which gets no more than a line's room.
    package var printableName: String { printable(limit: 80) }
}

/// How names stand in messages: quoted, printable, and not longer than a line.
package func quoted(_ name: some StringProtocol) -> String {
    "'\(name.printableName)'"
}

extension Unicode.Scalar {
    /// Whether it shows itself, and does nothing to a terminal or to the order of what stands around it.
    fileprivate var isSeen: Bool {
        if isASCII { return value >= 0x20 && value != 0x7F }
        if properties.isBidiControl { return false }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }
}
