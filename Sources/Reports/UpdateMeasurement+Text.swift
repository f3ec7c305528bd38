import Training

extension UpdateMeasurement {
    /// The figures for a person.
    package var text: String {
        var table = TextTable(columns: ["update by \(optimizer)", ""])
        table.add(["milliseconds", Figure.fixed(secondsPerUpdate * 1e3, digits: 2)])
        table.add(["gigabytes per second", Figure.fixed(gigabytesPerSecond, digits: 1)])
        table.add(["trained values", ByteText.grouped(parameters)])
        table.add(["threads", "\(threads)"])
        table.add(["instruction set", isa])
        table.add(["rounds", "\(rounds)"])
        return table.text
    }
}
