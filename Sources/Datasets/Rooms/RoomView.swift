import TensorCore

/// What the camera sees at the centre of every pixel: the nearest surface and its depth.
///
/// Primitives are tried only where their bounds project to, so the cost follows what is in view. Pixels are
/// row-major; pixel (row, column) looks along forward + slopeX · right + slopeY · up, so that the length of a ray
/// in units of that direction is the depth along the optical axis.
struct RoomView {
    let scene: RoomScene
    let height: Int
    let width: Int
    /// Pixels per unit of slope.
    let pixelsPerSlope: Float
    /// Depth in metres, greater than 0.
    private(set) var depth: [Float]
    /// The primitive in view, or -1 - side for a side of the room.
    private(set) var surface: [Int32]

    /// Nothing is closer than this, in metres.
    private static let nearest: Float = 0.02

    init(scene: RoomScene, height: Int, width: Int) {
        precondition(height > 0 && width > 0, "a picture has at least one pixel")
        self.scene = scene
        self.height = height
        self.width = width
        pixelsPerSlope = scene.camera.focalLength * Float(max(height, width)) * 0.5
        depth = [Float](repeating: .infinity, count: height * width)
        surface = [Int32](repeating: 0, count: height * width)
        drawSides()
        for index in scene.primitives.indices {
            draw(scene.primitives[index], index: Int32(index))
        }
    }

    func slopeX(_ column: Int) -> Float {
        (Float(column) + 0.5 - Float(width) * 0.5) / pixelsPerSlope
    }

    func slopeY(_ row: Int) -> Float {
        (Float(height) * 0.5 - Float(row) - 0.5) / pixelsPerSlope
    }

    /// The ray of a pixel in the world, one metre of depth long.
    func direction(row: Int, column: Int) -> SIMD3<Float> {
        scene.camera.right * slopeX(column) + scene.camera.up * slopeY(row) - scene.camera.back
    }

    private mutating func drawSides() {
        let position = scene.camera.position
        for row in 0..<height {
            for column in 0..<width {
                let ray = direction(row: row, column: column)
                let pixel = row * width + column
                var nearest = Float.infinity
                var side = RoomScene.Side.floor
                let x = (ray.x > 0 ? scene.extent.x - position.x : position.x) / abs(ray.x)
                if x < nearest { (nearest, side) = (x, ray.x > 0 ? .right : .left) }
                let y = (ray.y > 0 ? scene.extent.y - position.y : position.y) / abs(ray.y)
                if y < nearest { (nearest, side) = (y, ray.y > 0 ? .ceiling : .floor) }
                let z = (ray.z > 0 ? scene.extent.z - position.z : position.z) / abs(ray.z)
                if z < nearest { (nearest, side) = (z, ray.z > 0 ? .front : .back) }
                depth[pixel] = nearest
                surface[pixel] = Int32(-1 - side.rawValue)
            }
        }
    }

    private mutating func draw(_ primitive: RoomPrimitive, index: Int32) {
        guard let area = bounds(primitive) else { return }
        let camera = scene.camera
        let origin = primitive.frame.local(point: camera.position)
        let forward = primitive.frame.local(direction: -camera.back)
        let right = primitive.frame.local(direction: camera.right)
        let up = primitive.frame.local(direction: camera.up)
        for row in area.rows {
            let start = forward + up * slopeY(row)
            for column in area.columns {
                let pixel = row * width + column
                let entry = primitive.entry(origin: origin, direction: start + right * slopeX(column))
                if entry < depth[pixel], entry > RoomView.nearest {
                    depth[pixel] = entry
                    surface[pixel] = index
                }
            }
        }
    }

    /// The pixels that a primitive may cover, from its local box; nil when it is out of view.
    private func bounds(_ primitive: RoomPrimitive) -> (rows: Range<Int>, columns: Range<Int>)? {
        let camera = scene.camera
        let offset = primitive.frame.origin - camera.position
        let centre = camera.local(direction: offset)
        if -centre.z + primitive.boundingRadius < RoomView.nearest { return nil }
        let x = camera.local(direction: primitive.frame.x) * primitive.half.x
        let y = camera.local(direction: primitive.frame.y) * primitive.half.y
        let z = camera.local(direction: primitive.frame.z) * primitive.half.z
        var low = SIMD2<Float>(repeating: .infinity)
        var high = -low
        for corner in 0..<8 {
            let point =
                centre + (corner & 1 == 0 ? x : -x) + (corner & 2 == 0 ? y : -y) + (corner & 4 == 0 ? z : -z)
            guard -point.z > RoomView.nearest else { return (0..<height, 0..<width) }
            let slope = SIMD2(point.x, point.y) / -point.z
            low = SIMD2(min(low.x, slope.x), min(low.y, slope.y))
            high = SIMD2(max(high.x, slope.x), max(high.y, slope.y))
        }
        // A pixel more on each side makes up for rounding.
        func pixel(_ value: Float, limit: Int) -> Int {
            Int(min(max(value, 0), Float(limit)))
        }
        let firstColumn = pixel(low.x * pixelsPerSlope + Float(width) * 0.5 - 1.5, limit: width)
        let lastColumn = pixel(high.x * pixelsPerSlope + Float(width) * 0.5 + 1.5, limit: width)
        let firstRow = pixel(Float(height) * 0.5 - high.y * pixelsPerSlope - 1.5, limit: height)
        let lastRow = pixel(Float(height) * 0.5 - low.y * pixelsPerSlope + 1.5, limit: height)
        guard firstColumn < lastColumn, firstRow < lastRow else { return nil }
        return (firstRow..<lastRow, firstColumn..<lastColumn)
    }

    // MARK: - What a pixel shows

    /// The object in view, nil for a side of the room.
    func object(_ pixel: Int) -> Int? {
        let index = Int(surface[pixel])
        return index >= 0 ? scene.primitives[index].object : nil
    }

    /// A number that differs between objects and between sides of the room: 0 … 5 are the sides.
    func instance(_ pixel: Int) -> Int32 {
        let index = Int(surface[pixel])
        return index >= 0 ? Int32(6 + scene.primitives[index].object) : Int32(-1 - index)
    }

    func semanticClass(_ pixel: Int) -> RoomSemanticClass {
        let index = Int(surface[pixel])
        if index >= 0 { return scene.objects[scene.primitives[index].object].kind.semanticClass }
        return RoomScene.Side.allCases[-1 - index].semanticClass
    }

    /// Body part, 0 for what is no person.
    func part(_ pixel: Int) -> Int {
        let index = Int(surface[pixel])
        return index >= 0 ? scene.primitives[index].part : 0
    }

    /// The visible point in the world, its outward unit normal, and the point in its texture's axes.
    func geometry(
        row: Int, column: Int
    ) -> (point: SIMD3<Float>, normal: SIMD3<Float>, texture: SIMD3<Float>, material: Int) {
        let pixel = row * width + column
        let ray = direction(row: row, column: column)
        let point = scene.camera.position + ray * depth[pixel]
        let index = Int(surface[pixel])
        guard index < 0 else {
            let primitive = scene.primitives[index]
            let local = primitive.frame.local(point: point)
            let normal = primitive.normal(at: local, direction: primitive.frame.local(direction: ray))
            return (point, primitive.frame.direction(normal), local, primitive.material)
        }
        let side = -1 - index
        let normal: SIMD3<Float> =
            switch RoomScene.Side.allCases[side] {
            case .left: SIMD3(1, 0, 0)
            case .right: SIMD3(-1, 0, 0)
            case .floor: SIMD3(0, 1, 0)
            case .ceiling: SIMD3(0, -1, 0)
            case .back: SIMD3(0, 0, 1)
            case .front: SIMD3(0, 0, -1)
            }
        return (point, normal, point, side)
    }
}
