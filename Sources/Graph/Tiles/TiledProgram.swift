import ConvolutionEngine
import TensorCore

/// A network over a picture that is too large for one pass: the same numbers, tile after tile, in bounded memory.
///
/// The features that a global pool averages are computed first, in tiles, and kept whole, so that it sees all of them as ever.
/// The output follows in bands of rows from the top, each in tiles; of what is enlarged for it (the pyramid's answer) only the
/// rows that a band needs are there. Each tile's `GraphWindow` begins at the picture, or at what is kept. What tiles share
/// at their rims is computed for each of them, so a larger tile is less work.
///
/// A convolution sums the same products for a number whatever else it computes, and a pool is one pass over the same map. By
/// direct algorithms that is in the same order, so tiles have the bits of the whole; others may be chosen by a tile's size.
package final class TiledProgram {
    /// A map that is computed in tiles, all of it before what follows or in bands of rows.
    private struct Stage {
        let value: Graph.Value
        let isWhole: Bool
        /// Of a tile.
        var rows = 1
        var columns = 1
        /// What a tile is computed in.
        var workByteCount = 0
        /// Rows of the map that are there at once.
        var capacity = 1
    }

    package let height: Int
    package let width: Int
    /// Bytes that a run takes at most, about: kept maps, a band of the output, and what a tile is computed in.
    package private(set) var byteCount = 0
    private let graph: Graph
    private let bank: PreparedBank
    private let plan: (Graph, PreparedBank) -> ProgramPlan
    private let image: Graph.Value
    private let pools: [Graph.Node]
    /// The last one is the output.
    private var stages: [Stage]
    /// What windows may begin at.
    private let sources: Set<Graph.Value>

    /// What a tile is computed in, and what a band of the output is, unless less is there: larger ones gain little.
    private static let usualWorkByteCount = 96 << 20
    private static let sides = [
        512, 384, 256, 224, 192, 160, 128, 112, 96, 80, 72, 64, 56, 48, 40, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1,
    ]

    /// Chooses tiles with which a run takes at most `limit` bytes, if there are such; else `byteCount` is more.
    ///
    /// - Parameters:
    ///   - graph: for the size of the picture. All of its global pools before the output see one map.
    ///   - plan: plans a window of it for one sample, with filters of the bank that it is given.
    package init(
        _ graph: Graph, output name: String, bank: PreparedBank, limit: Int,
        plan: @escaping (Graph, PreparedBank) -> ProgramPlan
    ) {
        self.graph = graph
        self.bank = bank
        self.plan = plan
        let output = graph.outputs.first { $0.name == name }!.value
        image = graph.nodes.first { $0.operation == .input }!.output
        (height, width) = (graph.shape(of: image).height, graph.shape(of: image).width)
        let places = graph.keptValues(before: output)
        pools = places.pools
        stages = [places.pooled.map { Stage(value: $0, isWhole: true) }].compactMap { $0 }
        stages += [places.enlarged.map { Stage(value: $0, isWhole: false) }].compactMap { $0 }
        stages.append(Stage(value: output, isWhole: false))
        sources = Set([image] + pools.map(\.output) + stages.dropLast().map(\.value))
        chooseTiles(limit: limit)
    }

    // MARK: Choosing tiles

    /// Takes the largest tiles that have room: of what is whole in all that is left beside it, up to twice what is usual; of
    /// the others in as much as is usual, or in half of that, until all that is there at once has room.
    private func chooseTiles(limit: Int) {
        var kept = 0
        for place in stages.indices where stages[place].isWhole {
            let shape = graph.shape(of: stages[place].value)
            stages[place].capacity = shape.height
            kept += RowBand.byteCount(shape, rows: shape.height)
            choose(place, rows: nil, columns: 1, in: min(2 * Self.usualWorkByteCount, limit - kept))
            byteCount = max(byteCount, kept + stages[place].workByteCount)
        }
        var work = max(1, min(Self.usualWorkByteCount, limit))
        var needed = kept + bandByteCount(work: work)
        while needed > limit, work > 1 << 12 {
            work /= 2
            needed = kept + bandByteCount(work: work)
        }
        byteCount = max(byteCount, needed)
    }

    /// Chooses tiles and bands that are computed in so many bytes, and tells what all of them take.
    private func bandByteCount(work: Int) -> Int {
        for place in stages.indices where !stages[place].isWhole {
            let shape = graph.shape(of: stages[place].value)
            let isOutput = place == stages.count - 1
            let rows = Self.sides.first { RowBand.byteCount(shape, rows: $0) <= work } ?? 1
            choose(place, rows: isOutput ? rows : nil, columns: isOutput ? 4 : 1, in: work)
        }
        var bytes = 0
        for place in stages.indices where !stages[place].isWhole {
            stages[place].capacity = stages[place].rows + rowsRead(of: stages[place].value)
            bytes += RowBand.byteCount(graph.shape(of: stages[place].value), rows: stages[place].capacity)
        }
        return bytes + (stages.filter { !$0.isWhole }.map(\.workByteCount).max() ?? 0)
    }

    /// Takes the largest tile that is computed in so many bytes, or the smallest there is: of `rows`, or else as many rows as
    /// columns, `columns` to each of one.
    private func choose(_ place: Int, rows: Int?, columns: Int, in byteCount: Int) {
        let shape = graph.shape(of: stages[place].value)
        for side in [max(shape.height, shape.width)] + Self.sides {
            stages[place].rows = min(rows ?? side, shape.height)
            stages[place].columns = min(columns * side, shape.width)
            stages[place].workByteCount = workByteCount(stages[place])
            if stages[place].workByteCount <= byteCount { break }
        }
    }

    /// A tile in the middle takes the most: nothing of what it needs is cut off by the picture's border.
    private func middle(_ stage: Stage) -> Region {
        let shape = graph.shape(of: stage.value)
        let (row, column) = ((shape.height - stage.rows) / 2, (shape.width - stage.columns) / 2)
        return Region(rows: row..<row + stage.rows, columns: column..<column + stage.columns)
    }

    private func workByteCount(_ stage: Stage) -> Int {
        let window = GraphWindow(stage.value, middle(stage), of: graph, from: sources)
        // Of filters that are only planned with, none is made ready.
        return plan(window.graph, bank.unprepared()).arenaByteCount + inputByteCount(window)
    }

    private func inputByteCount(_ window: GraphWindow) -> Int {
        window.graph.inputShapes.reduce(0) { $0 + Self.padded($1.count) } * MemoryLayout<Float>.stride
    }

    private static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

    /// Rows that a band of a later map reads, at most about.
    private func rowsRead(of value: Graph.Value) -> Int {
        stages.reduce(0) { most, stage in
            guard stage.value != value else { return most }
            let window = GraphWindow(stage.value, middle(stage), of: graph, from: sources)
            return max(most, window.inputs.first { $0.source == value }?.region.height ?? 0)
        }
    }

    // MARK: Running

    /// Computes the output, band after band.
    ///
    /// - Parameters:
    ///   - image: writes a region of the normalized picture, row after row.
    ///   - body: is given each band of all columns, with the number of its first row, while it lasts.
    /// - Returns: what computing took, without `body`.
    package func run(
        on pool: ThreadPool, image: (Region, UnsafeMutablePointer<Float>) throws -> Void,
        body: (_ firstRow: Int, _ rows: TensorView) throws -> Void
    ) throws -> Duration {
        let run = Run(
            bands: Dictionary(
                uniqueKeysWithValues: stages.map {
                    ($0.value, RowBand(graph.shape(of: $0.value), capacity: $0.capacity))
                }))
        let output = stages[stages.count - 1]
        let band = run.bands[output.value]!
        var duration = Duration.zero
        while band.rows.upperBound < band.shape.height {
            let start = ContinuousClock.now
            band.drop(before: band.rows.upperBound)
            try extend(output, to: band.rows.upperBound + 1, run, pool, image)
            duration += ContinuousClock.now - start
            try body(band.rows.lowerBound, band.view)
        }
        return duration
    }

    /// What a run has computed.
    private final class Run {
        let bands: [Graph.Value: RowBand]
        /// The values of global pools, once the map that they see is whole.
        var pooled: [Graph.Value: [Float]] = [:]
        var arena = AlignedMemory(byteCount: 1)
        var inputs = AlignedMemory(byteCount: 1)

        init(bands: [Graph.Value: RowBand]) {
            self.bands = bands
        }

        /// Has memory of so many bytes, whatever was in it; what is too small is given back first.
        static func ensure(_ memory: inout AlignedMemory, _ byteCount: Int) {
            guard memory.byteCount < byteCount else { return }
            give(&memory)
            memory = AlignedMemory(byteCount: byteCount)
        }

        /// Gives memory back.
        static func give(_ memory: inout AlignedMemory) { memory = AlignedMemory(byteCount: 1) }
    }

    /// Computes rows of a stage's map until it has those before `row`.
    private func extend(
        _ stage: Stage, to row: Int, _ run: Run, _ pool: ThreadPool,
        _ image: (Region, UnsafeMutablePointer<Float>) throws -> Void
    ) throws {
        let band = run.bands[stage.value]!
        while band.rows.upperBound < min(row, band.shape.height) {
            let first = band.rows.upperBound
            let end = min(first + stage.rows, band.shape.height)
            let windows = stride(from: 0, to: band.shape.width, by: stage.columns).map { column in
                GraphWindow(
                    stage.value,
                    Region(rows: first..<end, columns: column..<min(column + stage.columns, band.shape.width)),
                    of: graph, from: sources)
            }
            for source in stages where source.value != stage.value {
                let rows = windows.compactMap { $0.inputs.first { $0.source == source.value }?.region.rows }
                guard let least = rows.map(\.lowerBound).min(), let most = rows.map(\.upperBound).max() else {
                    continue
                }
                if !source.isWhole { run.bands[source.value]!.drop(before: least) }
                try extend(source, to: source.isWhole ? .max : most, run, pool, image)
            }
            let averages = Set(pools.map(\.output))
            if windows[0].inputs.contains(where: { averages.contains($0.source) }) { try average(run, pool, image) }
            band.append(end - first)
            for window in windows { try compute(window, band, run, pool, image) }
        }
    }

    /// Computes what the global pools give, of their whole map.
    private func average(
        _ run: Run, _ pool: ThreadPool, _ image: (Region, UnsafeMutablePointer<Float>) throws -> Void
    ) throws {
        guard run.pooled.isEmpty, let pooled = pools.first?.inputs[0] else { return }
        try extend(stages[0], to: .max, run, pool, image)
        // Tiles of what follows take less.
        Run.give(&run.arena)
        Run.give(&run.inputs)
        let map = run.bands[pooled]!.view
        var graph = Graph()
        let input = graph.input(height: map.height, width: map.width, channels: map.channels)
        graph.addOutput(GraphWindow.output, graph.globalAveragePool(input))
        let plan = plan(graph, bank)
        let program = plan.bind(arena: AlignedMemory(byteCount: plan.arenaByteCount), inputs: [map.data])
        program.runForward(on: pool)
        let values = Array(UnsafeBufferPointer(start: program.outputs[0].value.data, count: map.channels))
        for node in pools { run.pooled[node.output] = values }
    }

    private func compute(
        _ window: GraphWindow, _ band: RowBand, _ run: Run, _ pool: ThreadPool,
        _ image: (Region, UnsafeMutablePointer<Float>) throws -> Void
    ) throws {
        let plan = plan(window.graph, bank)
        Run.ensure(&run.arena, plan.arenaByteCount)
        Run.ensure(&run.inputs, inputByteCount(window))
        var inputs: [UnsafeMutablePointer<Float>] = []
        var target = run.inputs.floats()
        for ((source, region), shape) in zip(window.inputs, window.graph.inputShapes) {
            if source == self.image {
                try image(region, target)
            } else if let values = run.pooled[source] {
                target.update(from: values, count: values.count)
            } else {
                run.bands[source]!.copy(region, to: target)
            }
            inputs.append(target)
            target += Self.padded(shape.count)
        }
        let program = plan.bind(arena: run.arena, inputs: inputs)
        program.runForward(on: pool)
        band.set(window.region, from: program.outputs[0].value, holding: window.computed)
    }
}

extension Graph {
    /// The sizes of the inputs, in their order.
    fileprivate var inputShapes: [Shape] {
        nodes.filter { $0.operation == .input }.map { shape(of: $0.output) }
    }

    /// What tiles begin at, of the values that `output` is computed from: the global pools, the map that they see, and what
    /// is first enlarged of all that follows from that map pixel by pixel.
    fileprivate func keptValues(before output: Value) -> (pools: [Node], pooled: Value?, enlarged: Value?) {
        var needed: Set = [output]
        for node in nodes.reversed() where needed.contains(node.output) { needed.formUnion(node.inputs) }
        let own = nodes.filter { needed.contains($0.output) }
        let pools = own.filter { $0.operation == .globalAveragePool }
        guard let pooled = pools.first?.inputs[0] else { return ([], nil, nil) }
        precondition(pools.allSatisfy { $0.inputs[0] == pooled }, "pools of several maps are not tiled")
        var following: Set = [pooled]
        for node in own where node.operation != .globalAveragePool {
            guard node.inputs.contains(where: following.contains) else { continue }
            if case .resize = node.operation {
                let enlarged = node.inputs[0]
                return (pools, pooled, enlarged == pooled ? nil : enlarged)
            }
            following.insert(node.output)
        }
        return (pools, pooled, nil)
    }
}
