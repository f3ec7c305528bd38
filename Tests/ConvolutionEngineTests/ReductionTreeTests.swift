import ConvolutionEngine
import Testing

@Suite struct ReductionTreeTests {
    /// The definition: [a, b) splits at a + the largest power of two below b − a.
    func expression(_ node: Range<Int>) -> String {
        if node.count == 1 { return "\(node.lowerBound)" }
        var power = 1
        while power * 2 < node.count { power *= 2 }
        let middle = node.lowerBound + power
        return "(\(expression(node.lowerBound..<middle))+\(expression(middle..<node.upperBound)))"
    }

    /// What the kernels' stack machine makes of the partials `pushed`; a completed subtree leaves the stack.
    func execute(_ pushed: [String], merges: [UInt8], ends: [UInt8], levels: Int) -> [String] {
        #expect(merges.count == pushed.count && ends.count == pushed.count)
        var stack: [String] = []
        var completed: [String] = []
        for (index, partial) in pushed.enumerated() {
            stack.append(partial)
            #expect(stack.count <= levels)
            for _ in 0..<merges[index] {
                let right = stack.removeLast()
                let left = stack.removeLast()
                stack.append("(\(left)+\(right))")
            }
            if ends[index] != 0 {
                #expect(stack.count == 1)
                completed.append(stack.removeLast())
            }
        }
        #expect(stack.isEmpty)
        return completed
    }

    /// Expects that the shards' partials fold into the whole tree, with few alive at a time.
    func expectWholeTree(_ shards: [Range<Int>]) {
        var partials: [String] = []
        var tree = ReductionTree(samples: 1)
        for (index, shard) in shards.enumerated() {
            tree = ReductionTree(shard: index, of: shards)
            let subtrees = execute(
                shard.map { "\($0)" }, merges: tree.merges, ends: tree.ends, levels: tree.levels)
            #expect(subtrees.count == tree.subtrees)
            #expect(tree.levels <= ceilingOfLogarithm(shard.count) + 1)
            partials += subtrees
        }
        let batch = shards.last!.upperBound
        let end = [UInt8](repeating: 0, count: partials.count - 1) + [1]
        let whole = execute(
            partials, merges: tree.subtreeMerges, ends: end, levels: ceilingOfLogarithm(batch) + 1)
        #expect(whole == [expression(0..<batch)])
    }

    func ceilingOfLogarithm(_ count: Int) -> Int {
        var result = 0
        while 1 << result < count { result += 1 }
        return result
    }

    @Test func oneShardIsTheWholeTree() {
        for batch in 1...40 { expectWholeTree([0..<batch]) }
    }

    @Test func anyTwoOrThreeShardsGiveTheWholeTree() {
        for batch in 2...40 {
            for first in 1..<batch {
                expectWholeTree([0..<first, first..<batch])
                for second in first + 1..<max(batch, first + 1) {
                    expectWholeTree([0..<first, first..<second, second..<batch])
                }
            }
        }
    }

    @Test func anyNumberOfEvenShardsGivesTheWholeTree() {
        for batch in 1...40 {
            for ranks in 1...batch {
                expectWholeTree((0..<ranks).map { $0 * batch / ranks..<($0 + 1) * batch / ranks })
            }
        }
    }

    @Test func aShardEndsEachOfItsMaximalSubtrees() {
        // [0, 6) is ((0+1)+(2+3))+(4+5), so the samples 1 ... 5 hold 1, 2+3 and 4+5.
        let tree = ReductionTree(shard: 1, of: [0..<1, 1..<6])
        #expect(tree.merges == [0, 0, 1, 0, 1])
        #expect(tree.ends == [1, 0, 1, 0, 1])
        #expect(tree.subtreeMerges == [0, 1, 1, 1])
        #expect(tree.subtrees == 3)
        #expect(tree.levels == 2)
    }
}
