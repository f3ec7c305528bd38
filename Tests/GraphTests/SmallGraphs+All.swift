extension SmallGraph {
    /// Every operation, alone and in the company in which plans go wrong: fused, shared, used twice, asked for as an
    /// output while others go on with it.
    static let all: [SmallGraph] = [
        SmallGraph("convolutions with strides, dilation and bias") { sketch, image in
            var value = sketch.convolution(image, 5, kernel: 7, stride: 2, bias: true)
            value = sketch.convolution(value, 4, kernel: 3, dilation: 6)
            sketch.output(sketch.convolution(value, 3, kernel: 1, stride: 2, bias: true))
        },
        SmallGraph("convolution, batch normalization") { sketch, image in
            sketch.output(sketch.normalization(sketch.convolution(image, 18)))
        },
        SmallGraph("residual block") { sketch, image in
            let input = sketch.graph.relu(sketch.normalization(sketch.convolution(image, 5)))
            var value = sketch.graph.relu(sketch.normalization(sketch.convolution(input, 5)))
            value = sketch.normalization(sketch.convolution(value, 5))
            sketch.output(sketch.graph.relu(sketch.graph.add(value, input)))
        },
        SmallGraph("residual block with a normalized shortcut") { sketch, image in
            let input = sketch.graph.relu(sketch.convolution(image, 4))
            let value = sketch.normalization(sketch.convolution(input, 6, stride: 2))
            let shortcut = sketch.normalization(sketch.convolution(input, 6, kernel: 1, stride: 2))
            sketch.output(sketch.graph.relu(sketch.graph.add(value, shortcut)))
        },
        SmallGraph("residual that is used again later") { sketch, image in
            let input = sketch.graph.relu(sketch.convolution(image, 5))
            let value = sketch.normalization(sketch.convolution(input, 5))
            let block = sketch.graph.relu(sketch.graph.add(value, input))
            sketch.output(sketch.graph.add(sketch.convolution(block, 5), input))
        },
        SmallGraph("value that every operation reads") { sketch, image in
            let value = sketch.convolution(image, 18)
            let pooled = sketch.graph.globalAveragePool(value)
            let others = [
                sketch.graph.maxPool(value, size: 3, stride: 1, padding: 1),
                sketch.graph.resize(pooled, height: 7, width: 9), sketch.graph.resize(value, height: 7, width: 9),
                sketch.graph.unitLength(value), sketch.normalization(value), sketch.convolution(value, 18, kernel: 1),
                sketch.graph.relu(value),
            ]
            sketch.output(others.reduce(value) { sketch.graph.add($1, $0) })
        },
        SmallGraph("sum of a value and its normalization") { sketch, image in
            let value = sketch.convolution(image, 5)
            sketch.output(sketch.graph.add(sketch.normalization(value), value))
        },
        SmallGraph("sum of a value and the convolution of its normalization") { sketch, image in
            let value = sketch.convolution(image, 5, frozen: true)
            let fused = sketch.convolution(sketch.normalization(value), 5, kernel: 1)
            let sum = sketch.graph.add(value, fused)
            sketch.output(sketch.convolution(sketch.graph.relu(sketch.normalization(sum)), 2))
        },
        SmallGraph("sum of a value and itself") { sketch, image in
            let value = sketch.graph.relu(sketch.convolution(image, 17))
            sketch.output(sketch.graph.add(value, value))
        },
        SmallGraph("value used by three") { sketch, image in
            let value = sketch.graph.relu(sketch.convolution(image, 4))
            let one = sketch.convolution(value, 3, kernel: 1)
            let two = sketch.convolution(value, 3)
            sketch.output(sketch.graph.add(sketch.graph.add(one, two), sketch.convolution(value, 3, dilation: 2)))
        },
        SmallGraph("outputs that others go on with") { sketch, image in
            let value = sketch.normalization(sketch.convolution(image, 4))
            sketch.output(value)
            let active = sketch.graph.relu(value)
            sketch.output(active)
            sketch.output(sketch.convolution(active, 2))
        },
        SmallGraph("concatenation of values with no other use") { sketch, image in
            let value = sketch.convolution(image, 4)
            let one = sketch.graph.relu(sketch.normalization(sketch.convolution(value, 3)))
            let two = sketch.convolution(value, 5, kernel: 1)
            let three = sketch.graph.unitLength(sketch.convolution(value, 17, dilation: 2))
            sketch.output(sketch.convolution(sketch.graph.concatenate([one, two, three]), 4))
        },
        SmallGraph("concatenation of values with other uses") { sketch, image in
            let one = sketch.graph.relu(sketch.convolution(image, 3))
            let two = sketch.convolution(one, 4)
            let whole = sketch.graph.concatenate([image, one, two, one])
            sketch.output(sketch.graph.add(sketch.convolution(whole, 4), two))
        },
        SmallGraph("concatenations one in another") { sketch, image in
            let one = sketch.graph.relu(sketch.convolution(image, 3))
            let two = sketch.convolution(image, 2)
            let inner = sketch.graph.concatenate([two, one])
            let three = sketch.convolution(image, 4)
            let outer = sketch.graph.concatenate([three, inner, sketch.normalization(sketch.convolution(image, 1))])
            sketch.output(sketch.graph.concatenate([sketch.convolution(image, 2, kernel: 1), outer]))
        },
        SmallGraph("global branch") { sketch, image in
            let value = sketch.graph.relu(sketch.convolution(image, 5))
            let pooled = sketch.graph.relu(
                sketch.convolution(sketch.graph.globalAveragePool(value), 4, kernel: 1, bias: true))
            let spread = sketch.graph.resize(pooled, height: 7, width: 9)
            sketch.output(sketch.convolution(sketch.graph.concatenate([value, spread]), 3, kernel: 1))
        },
        SmallGraph("maxima and resizes") { sketch, image in
            let value = sketch.normalization(sketch.convolution(image, 18))
            let pooled = sketch.graph.maxPool(value, size: 3, stride: 2, padding: 1)
            let small = sketch.graph.resize(sketch.convolution(pooled, 3), height: 3, width: 2)
            sketch.output(sketch.graph.resize(small, height: 11, width: 13))
            sketch.output(sketch.graph.add(sketch.graph.resize(pooled, height: 7, width: 9), value))
        },
        SmallGraph("directions") { sketch, image in
            let value = sketch.graph.resize(sketch.convolution(image, 3, bias: true), height: 10, width: 5)
            sketch.output(sketch.graph.unitLength(value))
        },
        SmallGraph("normalized feature fusion of a frozen bank") { sketch, image in
            var value = sketch.fusion(sketch.convolution(image, 6, kernel: 7, stride: 2, frozen: true), 6)
            value = sketch.graph.relu(sketch.normalization(value))
            value = sketch.fusion(sketch.convolution(value, 17, frozen: true), 17)
            sketch.output(sketch.normalization(value))
        },
        SmallGraph("frozen norms of a residual block with a normalized shortcut") { sketch, image in
            let input = sketch.graph.relu(sketch.normalization(sketch.convolution(image, 5), frozen: true))
            let value = sketch.normalization(sketch.convolution(input, 18, stride: 2), frozen: true)
            let shortcut = sketch.normalization(sketch.convolution(input, 18, kernel: 1, stride: 2), frozen: true)
            sketch.output(sketch.convolution(sketch.graph.relu(sketch.graph.add(value, shortcut)), 3))
        },
        SmallGraph("frozen norm beside a norm of the batch") { sketch, image in
            let value = sketch.normalization(sketch.convolution(image, 17))
            let sum = sketch.graph.add(sketch.normalization(value, frozen: true), value)
            sketch.output(sketch.graph.relu(sketch.normalization(sketch.graph.add(sum, value), frozen: true)))
            sketch.output(sum)
        },
        SmallGraph("frozen norms of a frozen bank") { sketch, image in
            // Nothing learns before the first of them.
            let still = sketch.graph.relu(
                sketch.normalization(sketch.convolution(image, 6, frozen: true), frozen: true))
            var value = sketch.fusion(sketch.convolution(still, 6, frozen: true), 6)
            value = sketch.graph.relu(sketch.graph.add(sketch.normalization(value, frozen: true), still))
            value = sketch.fusion(sketch.convolution(value, 5, frozen: true), 5)
            sketch.output(sketch.normalization(value, frozen: true))
        },
        SmallGraph("image of one pixel", height: 1, width: 1) { sketch, image in
            let value = sketch.graph.maxPool(
                sketch.convolution(image, 4, kernel: 7, stride: 2), size: 3, stride: 2, padding: 1)
            sketch.output(sketch.graph.resize(sketch.graph.relu(sketch.convolution(value, 3)), height: 5, width: 4))
        },
    ]
}
