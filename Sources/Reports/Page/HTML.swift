/// Text as it may stand in HTML, in attributes too.
func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.append(character)
        }
    }
    return result
}

/// A page that needs nothing beside itself: `main` in the style of reports.
///
/// - Parameters:
///   - moreStyle: CSS of this page alone.
///   - main: HTML.
func page(_ name: String, moreStyle: String = "", main: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <title>\(escaped(name)) · Modulor</title>
    <style>
    \(RunReport.style)\(moreStyle)
    </style>
    </head>
    <body>
    <div class="rule"></div>
    <main>
    \(main)
    </main>
    </body>
    </html>

    """
}

/// An HTML table; the first column aligns left, all others right.
struct HTMLTable {
    private let columns: [String]
    private var rows: [[String]] = []

    init(_ columns: [String]) {
        self.columns = columns
    }

    /// Cells are HTML.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row has a cell for every column")
        rows.append(cells)
    }

    var html: String {
        let head = columns.map { "<th>\($0)</th>" }.joined()
        let body = rows.map { "<tr>\($0.map { "<td>\($0)</td>" }.joined())</tr>" }.joined(separator: "\n")
        return "<div class=\"wide\"><table><thead><tr>\(head)</tr></thead><tbody>\n\(body)\n</tbody></table></div>"
    }
}
