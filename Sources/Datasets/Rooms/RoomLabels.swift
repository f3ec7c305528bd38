/// The truth of each task, in the encodings of ``TaskKind``.
extension RoomView {
    func labels(of task: PaperTask) -> PixelMap {
        let values: [Float] =
            switch task {
            case .semseg: (0..<height * width).map { Float(semanticClass($0).rawValue) }
            case .humanParts: bodyParts()
            case .edge: edges()
            case .sal: salientObject()
            case .normals: normals()
            case .depth: depth
            }
        return PixelMap(height: height, width: width, channels: task.task.labelChannels, values: values)
    }

    /// Body parts; unknown everywhere in a picture without people, as in the paper's data (PASCAL-Parts).
    private func bodyParts() -> [Float] {
        let parts = (0..<height * width).map { part($0) }
        guard parts.contains(where: { $0 > 0 }) else {
            return [Float](repeating: LearningTask.humanParts.unknownLabel, count: height * width)
        }
        return parts.map { Float($0) }
    }

    /// Unit normals in camera axes: x right, y up, z towards the camera.
    private func normals() -> [Float] {
        var values = [Float](repeating: 0, count: height * width * 3)
        for row in 0..<height {
            for column in 0..<width {
                let normal = scene.camera.local(direction: geometry(row: row, column: column).normal).normalized
                let start = (row * width + column) * 3
                values[start] = normal.x
                values[start + 1] = normal.y
                values[start + 2] = normal.z
            }
        }
        return values
    }

    /// Where one object or side of the room ends and the next begins: 1 on lines one pixel wide, else 0.
    private func edges() -> [Float] {
        // A rim of one pixel around the picture spares the neighbours' bounds checks.
        let stride = width + 2
        var lines = [Bool](repeating: false, count: stride * (height + 2))
        for row in 0..<height {
            for column in 0..<width {
                let pixel = row * width + column
                let own = instance(pixel)
                let changesRight = column + 1 < width && instance(pixel + 1) != own
                let changesBelow = row + 1 < height && instance(pixel + width) != own
                lines[(row + 1) * stride + column + 1] = changesRight || changesBelow
            }
        }
        // A slanting line is a flight of steps now. Takes away, in reading order, the inner corners of the steps: pixels
        // whose only two side neighbours touch each other diagonally, and whose absence leaves the rest in one piece.
        for row in 1...height {
            for column in 1...width where lines[row * stride + column] {
                let here = row * stride + column
                let up = lines[here - stride]
                let left = lines[here - 1]
                guard up != lines[here + stride], left != lines[here + 1] else { continue }
                let vertical = up ? -stride : stride
                let horizontal = left ? -1 : 1
                let touching = lines[here + vertical + horizontal]
                let alone = lines[here - vertical - horizontal]
                if !touching, !alone { lines[here] = false }
            }
        }
        var values = [Float](repeating: 0, count: height * width)
        for row in 0..<height {
            for column in 0..<width where lines[(row + 1) * stride + column + 1] {
                values[row * width + column] = 1
            }
        }
        return values
    }

    /// The one object that stands out: 1 on it, else 0. People count twice; area counts most near the centre.
    private func salientObject() -> [Float] {
        var scores = [Float](repeating: 0, count: scene.objects.count)
        let centreRow = Float(height) * 0.5
        let centreColumn = Float(width) * 0.5
        let reach = Float(max(height, width)) * 0.55
        for row in 0..<height {
            for column in 0..<width {
                guard let object = object(row * width + column), scene.objects[object].kind != .panel else { continue }
                let dy = (Float(row) + 0.5 - centreRow) / reach
                let dx = (Float(column) + 0.5 - centreColumn) / reach
                let weight = max(1 - (dx * dx + dy * dy), 0)
                scores[object] += scene.objects[object].kind == .person ? 2 * weight : weight
            }
        }
        var best: Int?
        for object in scores.indices where scores[object] > 0 {
            if best.map({ scores[object] > scores[$0] }) ?? true { best = object }
        }
        return (0..<height * width).map { best != nil && object($0) == best ? 1 : 0 }
    }
}
