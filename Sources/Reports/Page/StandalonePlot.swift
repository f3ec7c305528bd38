/// A plot that is a file of its own, light or dark as the reader prefers.
struct StandalonePlot {
    let title: String
    let height: Double
    let parts: [String]

    static let width = 640.0

    var svg: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(height))" role="img" \
        aria-label="\(escaped(title))">
        <style>
        \(Self.style)
        </style>
        <rect class="paper" width="100%" height="100%"/>
        \(PlotFrame.text(title, x: 14, y: 22))
        \(parts.joined(separator: "\n"))
        </svg>

        """
    }

    /// The last two curves are broken, so that what they lie on is seen.
    private static let style = """
        :root{--paper:#fff;--ink:#1d1b18;--soft:#6d675e;--line:#e4dfd5;--c0:#6d675e;--c1:#c8432b;--c2:#b07d12;--c3:#2d7d46;
        --c4:#117f8c;--c5:#7a4aa8;--c6:#1f4fb5}
        @media(prefers-color-scheme:dark){:root{--paper:#1d1c18;--ink:#ece7dc;--soft:#a39c8e;--line:#34322b;--c0:#a39c8e;
        --c1:#ff8a70;--c2:#e5b54a;--c3:#6cc789;--c4:#5cc8d6;--c5:#c39bf0;--c6:#84a9ff}}
        .paper{fill:var(--paper)}
        text{font:12px system-ui,sans-serif;fill:var(--ink)}
        .grid{stroke:var(--line);fill:none}
        .axis{stroke:var(--soft);fill:none}
        .whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
        \((0...6).map { ".c\($0){stroke:var(--c\($0));fill:none;stroke-width:2}.f\($0){fill:var(--c\($0))}" }
            .joined(separator: "\n"))
        .c5{stroke-dasharray:9 7}
        .c6{stroke-dasharray:3 6;stroke-width:2.5}
        """
}
