import Graph
import TensorCore
import Testing

@Suite struct MemoryPlanTests {
    private struct Lifetime {
        var buffer: MemoryPlan.Buffer
        var byteCount: Int
        var steps: ClosedRange<Int>
    }

    /// Buffers of drawn sizes with drawn lifetimes, each at most `longest` steps.
    private func plan(seed: UInt64, longest: Int) -> (plan: MemoryPlan, lifetimes: [Lifetime]) {
        let stream = RandomStream("lifetimes").substream(seed)
        var plan = MemoryPlan()
        var lifetimes: [Lifetime] = []
        for index in 0..<60 as Range<UInt64> {
            let byteCount = 1 + stream.integer(3 * index, below: 5000)
            let first = stream.integer(3 * index + 1, below: 100)
            let steps = first...first + stream.integer(3 * index + 2, below: longest)
            let buffer = plan.add(byteCount: byteCount)
            // The order of uses does not matter.
            plan.use(buffer, at: steps.upperBound)
            plan.use(buffer, at: steps.lowerBound)
            lifetimes.append(Lifetime(buffer: buffer, byteCount: byteCount, steps: steps))
        }
        plan.place()
        return (plan, lifetimes)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func buffersThatLiveTogetherDoNotOverlap(seed: UInt64) {
        let (plan, lifetimes) = plan(seed: seed, longest: 30)
        for (index, one) in lifetimes.enumerated() {
            let own = plan.offset(of: one.buffer)..<plan.offset(of: one.buffer) + one.byteCount
            #expect(own.lowerBound % 64 == 0 && own.upperBound <= plan.arenaByteCount)
            for other in lifetimes[..<index] where other.steps.overlaps(one.steps) {
                let start = plan.offset(of: other.buffer)
                #expect(!own.overlaps(start..<start + other.byteCount))
            }
        }
    }

    /// The arena is no smaller than what lives at the busiest step, and not much larger; the sum is far larger.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func memoryIsUsedAgain(seed: UInt64) {
        let (plan, lifetimes) = plan(seed: seed, longest: 20)
        func rounded(_ lifetime: Lifetime) -> Int { (lifetime.byteCount + 63) / 64 * 64 }
        let busiest = (0..<120).map { step in
            lifetimes.filter { $0.steps.contains(step) }.reduce(0) { $0 + rounded($1) }
        }.max()!
        #expect(plan.arenaByteCount >= busiest)
        #expect(Double(plan.arenaByteCount) < 1.5 * Double(busiest))
        #expect(plan.arenaByteCount < lifetimes.reduce(0) { $0 + rounded($1) } / 2)
    }
}
