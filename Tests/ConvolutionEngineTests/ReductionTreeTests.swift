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

    /// Parts of a shard leave what their own trees make of their samples; folded on, that is what the shard's tree makes of
    /// all.
    @Test(arguments: [
        ([0..<12], [1, 2, 3, 4, 6, 12]), ([0..<7], [7]), ([0..<6, 6..<12], [2, 3, 6]),
        ([0..<5, 5..<15, 15..<16], [1]), ([0..<3, 3..<9, 9..<18, 18..<21], [3]),
    ])
    func partsFoldOnToTheShardsSubtrees(_ shards: [Range<Int>], _ counts: [Int]) {
        for (shard, count) in shards.indices.flatMap({ shard in counts.map { (shard, $0) } }) {
            let tree = ReductionTree(shard: shard, of: shards)
            let samples = shards[shard].map { "\($0)" }
            let division = tree.divided(into: count)
            let size = samples.count / count
            var partials: [String] = []
            for (index, part) in division.parts.enumerated() {
                let own = execute(
                    Array(samples[index * size..<(index + 1) * size]), merges: part.merges, ends: part.ends,
                    levels: part.levels)
                #expect(division.sums(ofPart: index) == partials.count..<partials.count + own.count)
                #expect(part.isShared == tree.isShared)
                partials += own
            }
            let whole = execute(samples, merges: tree.merges, ends: tree.ends, levels: tree.levels)
            #expect(
                execute(partials, merges: division.merges, ends: division.ends, levels: division.levels) == whole)
        }
    }

    /// The fold of a shard's values is the one that the tree says.
    @Test func valuesAreFoldedAlongTheTree() {
        func value(_ sample: Int) -> Double { 1 / Double(3 + sample * sample) }
        func sum(_ node: Range<Int>) -> Double {
            if node.count == 1 { return value(node.lowerBound) }
            var power = 1
            while power * 2 < node.count { power *= 2 }
            let middle = node.lowerBound + power
            return sum(node.lowerBound..<middle) + sum(middle..<node.upperBound)
        }
        let shards = [0..<5, 5..<6, 6..<19, 19..<23]
        var partials: [Double] = []
        for (place, shard) in shards.enumerated() {
            let tree = ReductionTree(shard: place, of: shards)
            var own = [Double](repeating: .nan, count: tree.subtrees)
            tree.fold(into: &own) { value(shard.lowerBound + $0) }
            partials += own
        }
        #expect(ReductionTree(shard: 0, of: shards).combine(partials) == sum(0..<23))
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
