/// The word of `words` that someone who typed `typed` most likely meant: the one with the fewest edits between them
/// (letters added, dropped, replaced or swapped with their neighbour), if those are few for its length, or else the
/// first that begins it or that it begins.
func nearestWord(to typed: String, among words: [String]) -> String? {
    // Longer than any key: nothing is near, and the comparison would be slow.
    guard typed.count <= 64 else { return nil }
    let scored = words.map { (word: $0, edits: editDistance(Array(typed.lowercased()), Array($0))) }
    guard let best = scored.min(by: { $0.edits < $1.edits }) else { return nil }
    if best.edits <= max(1, max(typed.count, best.word.count) * 2 / 5) { return best.word }
    return typed.count < 3 ? nil : words.first { $0.hasPrefix(typed) || typed.hasPrefix($0) }
}

/// The optimal string alignment distance.
private func editDistance(_ one: [Character], _ other: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...other.count)
    for row in one.indices {
        var current = [row + 1]
        for column in other.indices {
            var edits = min(
                last[column] + (one[row] == other[column] ? 0 : 1), last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, one[row] == other[column - 1], one[row - 1] == other[column] {
                edits = min(edits, beforeLast[column - 1] + 1)
            }
            current.append(edits)
        }
        beforeLast = last
        last = current
    }
    return last[other.count]
}
