/// A rectangle of an activation, in rows and columns of the whole of it.
package struct Region: Hashable, Sendable {
    package var rows: Range<Int>
    package var columns: Range<Int>

    /// - Precondition: it has a pixel.
    package init(rows: Range<Int>, columns: Range<Int>) {
        precondition(!rows.isEmpty && !columns.isEmpty, "a region has pixels")
        self.rows = rows
        self.columns = columns
    }

    /// All of an activation.
    package init(_ shape: Graph.Shape) {
        self.init(rows: 0..<shape.height, columns: 0..<shape.width)
    }

    package var height: Int { rows.count }
    package var width: Int { columns.count }

    /// The smallest one that holds both.
    func union(_ other: Region) -> Region {
        func union(_ one: Range<Int>, _ two: Range<Int>) -> Range<Int> {
            min(one.lowerBound, two.lowerBound)..<max(one.upperBound, two.upperBound)
        }
        return Region(rows: union(rows, other.rows), columns: union(columns, other.columns))
    }

    /// The smallest one around it that begins at multiples of `step`.
    func beginning(atMultiplesOf step: Int) -> Region {
        func beginning(_ range: Range<Int>) -> Range<Int> { range.lowerBound / step * step..<range.upperBound }
        return Region(rows: beginning(rows), columns: beginning(columns))
    }

    /// What a window of `size` taps that lie `dilation` apart, moved by `stride` over an input of `shape` that is padded,
    /// sees for these outputs; where that is padding alone, the nearest pixel.
    func seen(size: Int, stride: Int, padding: Int, dilation: Int = 1, of shape: Graph.Shape) -> Region {
        func seen(_ outputs: Range<Int>, _ inputs: Int) -> Range<Int> {
            let first = outputs.lowerBound * stride - padding
            let end = (outputs.upperBound - 1) * stride - padding + dilation * (size - 1) + 1
            let start = min(max(first, 0), inputs - 1)
            return start..<max(start + 1, min(end, inputs))
        }
        return Region(rows: seen(rows, shape.height), columns: seen(columns, shape.width))
    }

    /// What a bilinear resize reads for these outputs.
    func seen(resizing shape: Graph.Shape, to output: Graph.Shape) -> Region {
        func seen(_ outputs: Range<Int>, _ from: Int, _ to: Int) -> Range<Int> {
            func low(_ output: Int) -> Int { Int(ResizeAxis.tap(of: output, inputs: from, outputs: to).low) }
            return low(outputs.lowerBound)..<min(low(outputs.upperBound - 1) + 2, from)
        }
        return Region(
            rows: seen(rows, shape.height, output.height), columns: seen(columns, shape.width, output.width))
    }
}

/// Which part of a bilinear resize is computed, and from which part of its input.
package struct ResizePart: Hashable, Sendable {
    /// One axis: lengths of the whole, and where the parts begin.
    package struct Axis: Hashable, Sendable {
        let inputs: Int
        let outputs: Int
        let firstInput: Int
        let firstOutput: Int
    }

    let rows: Axis
    let columns: Axis
}

extension ResizePart.Axis {
    /// The taps of `outputs` outputs, counted in a part of `inputs` inputs. What would be read outside of it, whoever made
    /// the part does not need.
    func axis(inputs: Int, outputs: Int) -> ResizeAxis {
        ResizeAxis(
            inputs: inputs,
            taps: (0..<outputs).map { output in
                var tap = ResizeAxis.tap(of: firstOutput + output, inputs: self.inputs, outputs: self.outputs)
                tap.low = Int32(min(max(Int(tap.low) - firstInput, 0), inputs - 1))
                return tap
            })
    }
}
