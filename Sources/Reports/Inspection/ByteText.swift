/// How sizes, counts and digests stand in tables for people.
package enum ByteText {
    /// `812 B`, `44.7 MB`: three digits, in powers of 1000.
    package static func of(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 999.5 || unit == "GB" {
                let digits = unit == "B" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
                return fixed(value, digits) + " " + unit
            }
            value /= 1000
        }
        preconditionFailure("the last unit takes all")
    }

    /// `704,496`.
    package static func grouped(_ count: Int) -> String {
        let digits = Array(String(count))
        return String(
            digits.enumerated().flatMap { place, digit in
                place > 0 && (digits.count - place) % 3 == 0 ? [",", digit] : [digit]
            })
    }

    /// The beginning of a digest, enough to tell tensors apart by eye.
    package static func shortDigest(_ hexadecimal: String) -> String {
        String(hexadecimal.prefix(12))
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        guard digits > 0 else { return String(Int(value.rounded())) }
        let scale = digits == 1 ? 10.0 : 100.0
        let scaled = Int((value * scale).rounded())
        let fraction = String(scaled % Int(scale))
        return "\(scaled / Int(scale)).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}
