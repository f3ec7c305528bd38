import TensorCore

/// The picture of a view: textures, lights with shadows, exposure and sensor noise.
extension RoomView {
    /// RGB, each channel a value from 0 to 255, row-major with channels last.
    func image() -> [Float] {
        var values = [Float](repeating: 0, count: height * width * 3)
        var occluder = -1
        for row in 0..<height {
            for column in 0..<width {
                let pixel = row * width + column
                let light = radiance(row: row, column: column, occluder: &occluder)
                // Three numbers of 21 bits each are the pixel's noise.
                let noise = scene.pixels.bits(UInt64(pixel) &* 2)
                for channel in 0..<3 {
                    let level = light[channel]
                    // A film's shoulder instead of clipping; displays square the signal, roughly.
                    let signal = (level * 1.25 / (0.25 + level)).squareRoot()
                    let grain = Float((noise >> UInt64(21 * channel)) & 0x1F_FFFF) * 0x1p-21 - 0.5
                    values[pixel * 3 + channel] = min(max(signal * 228 + grain * 14, 0), 255)
                }
            }
        }
        return values
    }

    /// Light that reaches the pixel, per channel; `occluder` remembers the last primitive that threw a shadow.
    private func radiance(row: Int, column: Int, occluder: inout Int) -> SIMD3<Float> {
        let pixel = row * width + column
        let seen = geometry(row: row, column: column)
        let material = scene.materials[seen.material]
        let reflectance = material.reflectance(at: seen.texture, footprint: depth[pixel] / pixelsPerSlope)

        var light = scene.ambient + scene.ambientFromAbove * (0.5 + 0.5 * seen.normal.y)
        light += SIMD3(repeating: material.emission)
        // Off the surface, so that it does not shade itself.
        let start = seen.point + seen.normal * 0.004
        let jitter = scene.pixels.bits(UInt64(pixel) &* 2 &+ 1)
        for lamp in scene.lights {
            let scatter =
                SIMD3(
                    Float(jitter & 0xFFFF), Float((jitter >> 16) & 0xFFFF), Float((jitter >> 32) & 0xFFFF)) * 0x1p-15
                - 1
            let way = lamp.position + scatter * lamp.radius - start
            let facing = way.dot(seen.normal)
            guard facing > 0, !isShaded(from: start, way: way, occluder: &occluder) else { continue }
            let square = way.dot(way)
            light += lamp.power * (facing / (square.squareRoot() * (square + 0.3)))
        }
        return reflectance * light
    }

    /// Whether anything stands between `start` and `start + way`.
    private func isShaded(from start: SIMD3<Float>, way: SIMD3<Float>, occluder: inout Int) -> Bool {
        if occluder >= 0, meets(scene.primitives[occluder], start, way) { return true }
        let inverseSquare = 1 / way.dot(way)
        for object in scene.objects {
            guard RoomView.passes(object.centre - start, way, inverseSquare, radius: object.radius) else { continue }
            for index in object.primitives {
                let primitive = scene.primitives[index]
                guard
                    RoomView.passes(
                        primitive.frame.origin - start, way, inverseSquare, radius: primitive.boundingRadius),
                    meets(primitive, start, way)
                else { continue }
                occluder = index
                return true
            }
        }
        return false
    }

    /// Whether the segment `way` from the origin comes within `radius` of `centre`.
    @inline(__always)
    private static func passes(
        _ centre: SIMD3<Float>, _ way: SIMD3<Float>, _ inverseSquare: Float, radius: Float
    ) -> Bool {
        let share = min(max(centre.dot(way) * inverseSquare, 0), 1)
        let miss = centre - way * share
        return miss.dot(miss) < radius * radius
    }

    @inline(__always)
    private func meets(_ primitive: RoomPrimitive, _ start: SIMD3<Float>, _ way: SIMD3<Float>) -> Bool {
        let entry = primitive.entry(
            origin: primitive.frame.local(point: start), direction: primitive.frame.local(direction: way))
        return entry > 0 && entry < 1
    }
}
