import Configuration

/// Reads `text` as the file "run.yaml" and gives the complaints about it, one a line; empty where there are none.
func complaints(_ text: String, overrides: [String] = []) -> String {
    do {
        _ = try RunConfiguration.parse(text, file: "run.yaml", overrides: overrides)
        return ""
    } catch {
        return error.description
    }
}
