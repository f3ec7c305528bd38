extension [Double] {
    /// The middle value, or the mean of the two in the middle.
    package var median: Double {
        precondition(!isEmpty, "a median needs a value")
        let ascending = sorted()
        return (ascending[(count - 1) / 2] + ascending[count / 2]) / 2
    }
}
