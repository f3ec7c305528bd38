import Checkpoints
import Testing

@Suite("Texts of others on a terminal")
struct PrintableTextTests {
    @Test(
        "what a terminal obeys, ends of lines and turned writing are replaced, each by one mark",
        arguments: [
            "\0", "\u{7}", "\t", "\n", "\r", "\u{1B}", "\u{1F}", "\u{7F}", "\u{80}", "\u{9B}", "\u{9F}", "\u{61C}",
            "\u{200E}", "\u{200F}", "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}",
        ])
    func replaced(text: String) {
        #expect("a\(text)[31mb".printable() == "a\u{FFFD}[31mb")
    }

    @Test("everything else stays", arguments: ["", "conv1.weight", " ~\u{A0}é", "Größe 大小 😀", "e\u{301}"])
    func kept(text: String) {
        #expect(Array(text.printable().unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test("a limit counts scalars, and tells that more follow")
    func shortened() {
        #expect("abc".printable(limit: 3) == "abc" && "abcd".printable(limit: 3) == "abc…")
        #expect("abc".dropFirst().printable(limit: 1) == "b…" && "".printable(limit: 0).isEmpty)
        let name = String(repeating: "k", count: 1 << 20)
        #expect(name.printableName == String(repeating: "k", count: 80) + "…")
    }
}
