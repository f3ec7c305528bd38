import Foundation

/// Figures as people read them; bytes, and counts to the last digit, are written by ``ByteText``.
package enum Figure {
    /// So many of something: "1 thread", "2 threads".
    package static func number(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// So many digits after the point.
    static func fixed(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// `99999`, `0.45 M`.
    static func count(_ number: Int) -> String {
        number < 100_000 ? "\(number)" : String(format: "%.2f M", Double(number) / 1e6)
    }

    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        if seconds < 9.95 { return String(format: "%.1f s", max(seconds, 0)) }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return String(format: "%d:%02d min", whole / 60, whole % 60) }
        return String(format: "%d:%02d h", whole / 3600, whole / 60 % 60)
    }

    static func percent(_ share: Double) -> String { String(format: "%.0f %%", share * 100) }

    /// Three digits that count, and below a million all that stand before the point.
    static func short(_ value: Double) -> String { String(format: isLong(value) ? "%.0f" : "%.3g", value) }

    /// The same with zeros at the end too, so that a line that is rewritten does not jump.
    static func steady(_ value: Double) -> String {
        let text = String(format: isLong(value) ? "%.0f" : "%#.3g", value)
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// Three digits of it would need an exponent.
    private static func isLong(_ value: Double) -> Bool { (999.5..<1e6).contains(abs(value)) }
}
