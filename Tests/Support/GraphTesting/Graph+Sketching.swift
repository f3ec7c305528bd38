import Graph

extension Graph {
    /// Adds a parameter of which only the name, shape and role matter: the name's last word is that of the tensor.
    package mutating func parameter(_ name: String, shape: [Int], role: Parameter.Role) -> ParameterID {
        let words = name.split(separator: ".").map(String.init)
        return add(
            Parameter(
                Parameter.Module(words.dropLast().joined(separator: "."), owner: .shared), words.last ?? "",
                shape: shape,
                role: role, part: .backbone, kind: .filter, start: .zeros))
    }
}
