import Checkpoints
import Foundation
import Training

/// A trace as Perfetto and Chrome open it: JSON in the Trace Event Format, with a process for every rank.
///
/// Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
package struct TraceFile {
    private let trace: RunTrace

    package init(_ trace: RunTrace) {
        self.trace = trace
    }

    /// Writes the file, whole or not at all, some 64 KB of its text at a time.
    ///
    /// - Throws: `FileSystemError`.
    package func write(to path: String) throws {
        try AtomicFile.write(to: path) { file in
            var isFirst = true
            func line(_ text: String) -> String {
                defer { isFirst = false }
                return (isFirst ? "\n" : ",\n") + text
            }
            try file.write(#"{"displayTimeUnit":"ms","traceEvents":["#)
            for rank in trace.ranks {
                for metadata in Self.metadata(rank) { try file.write(line(metadata)) }
                let names = rank.names.map(Self.quoted)
                let graphs = trace.graphs.map(Self.quoted)
                var text = ""
                for event in rank.events {
                    text += line(Self.complete(event, rank: rank.rank, names: names, graphs: graphs))
                    guard text.utf8.count > 1 << 16 else { continue }
                    try file.write(text)
                    text = ""
                }
                try file.write(text)
            }
            try file.write("\n]}\n")
        }
    }

    private static func metadata(_ rank: RunTrace.Rank) -> [String] {
        let process = quoted("rank \(rank.rank) on \(rank.host)")
        let pid = #""ph":"M","pid":\#(rank.rank)"#
        let own = [
            #"{"name":"process_name",\#(pid),"args":{"name":\#(process)}}"#,
            #"{"name":"process_sort_index",\#(pid),"args":{"sort_index":\#(rank.rank)}}"#,
        ]
        return own
            + Trace.Row.allCases.flatMap { row in
                [
                    #"{"name":"thread_name",\#(pid),"tid":\#(row.rawValue),"args":{"name":"\#(row.name)"}}"#,
                    #"{"name":"thread_sort_index",\#(pid),"tid":\#(row.rawValue),"args":{"sort_index":\#(row.rawValue)}}"#,
                ]
            }
    }

    private static func complete(
        _ event: Trace.Event, rank: Int, names: [String], graphs: [String]
    ) -> String {
        let row = Trace.Row(rawValue: event.row)!
        let task = event.graph >= 0 ? #","tasks":\#(graphs[Int(event.graph)])"# : ""
        return #"{"name":\#(names[Int(event.name)]),"cat":"\#(row)","ph":"X","ts":\#(microseconds(event.began))"#
            + #","dur":\#(microseconds(event.ended - event.began)),"pid":\#(rank),"tid":\#(event.row)"#
            + #","args":{"step":\#(event.step)\#(task)}}"#
    }

    /// With all nanoseconds, exactly.
    private static func microseconds(_ nanoseconds: Int64) -> String {
        let rest = "\(nanoseconds % 1000)"
        return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    private static func quoted(_ text: String) -> String {
        String(decoding: (try? JSONEncoder().encode(text)) ?? Data("\"\"".utf8), as: UTF8.self)
    }
}

extension Trace.Row {
    fileprivate var name: String {
        switch self {
        case .computing: "compute"
        case .gradients: "communication: gradients"
        case .sums: "communication: sums"
        case .data: "data"
        }
    }
}
