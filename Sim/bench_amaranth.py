"""Times Amaranth's Python simulator on the engine of `rtlgen bench --hardware-simulator`.

Amaranth is no part of the package:
    python3 -m venv .build/amaranth && .build/amaranth/bin/pip install amaranth==0.5.10

Usage: bench_amaranth.py CYCLES. Prints the processor seconds and a checksum of the outputs, which must be that of
the same design in Swift (Sources/rtlgen/Support/BenchEngine.swift).
"""

import sys
import time

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, signed
from amaranth.lib.memory import Memory
from amaranth.sim import Simulator

TREES, LANES, DEPTH, MASK = 5, 16, 8, (1 << 64) - 1


class Engine(Elaboratable):
    def __init__(self):
        self.lane = [Signal(signed(8), name=f"lane{k}") for k in range(LANES)]
        self.trit = [[Signal(2, name=f"trit{t}_{k}") for k in range(LANES)] for t in range(TREES)]
        self.valid, self.first, self.last, self.ready = Signal(), Signal(), Signal(), Signal()
        self.out_valid, self.out_data = Signal(), Signal(24 * TREES)
        self.inputs = Cat(
            *self.lane, *(trit for tree in self.trit for trit in tree), self.valid, self.first, self.last, self.ready)

    def elaborate(self, platform):
        m = Module()
        valid, first, last, done = Signal(), Signal(), Signal(), Signal()
        m.d.sync += [valid.eq(self.valid), first.eq(self.first), last.eq(self.last), done.eq(valid & last)]
        totals = []
        for t in range(TREES):
            level = []
            for k in range(LANES):
                term = Signal(signed(9), name=f"term{t}_{k}")
                negated = Mux(self.trit[t][k][1], -self.lane[k], self.lane[k])
                m.d.comb += term.eq(Mux(self.trit[t][k][0], negated, 0))
                level.append(term)
            while len(level) > 1:
                level = [level[2 * k] + level[2 * k + 1] for k in range(len(level) // 2)]
            total, sum_ = Signal(signed(24), name=f"total{t}"), Signal(signed(13), name=f"sum{t}")
            with m.If(self.valid):
                m.d.sync += sum_.eq(level[0])
            with m.If(valid):
                m.d.sync += total.eq(Mux(first, 0, total) + sum_)
            totals.append(total)
        m.submodules.words = words = Memory(shape=24 * TREES, depth=DEPTH, init=[])
        write, read = words.write_port(), words.read_port(domain="comb")
        head, tail, count = Signal(range(DEPTH)), Signal(range(DEPTH)), Signal(range(DEPTH + 1))
        push, pop = Signal(), Signal()
        m.d.comb += [
            push.eq(done & (count != DEPTH)), pop.eq(self.out_valid & self.ready), self.out_valid.eq(count != 0),
            self.out_data.eq(read.data), read.addr.eq(head), write.addr.eq(tail), write.data.eq(Cat(*totals)),
            write.en.eq(push)]
        m.d.sync += count.eq(count + push - pop)
        with m.If(push):
            m.d.sync += tail.eq(tail + 1)
        with m.If(pop):
            m.d.sync += head.eq(head + 1)
        return m


def main():
    cycles = int(sys.argv[1])
    engine = Engine()
    checksum = seconds = 0

    async def bench(ctx):
        nonlocal checksum, seconds
        state = 1

        def draw():
            nonlocal state
            state = (state * 6364136223846793005 + 1442695040888963407) & MASK
            return state

        start = time.process_time()
        for _ in range(cycles):
            control = draw()
            lanes = draw() | draw() << 64
            trits = draw() | draw() << 64 | (draw() & 0xFFFF_FFFF) << 128
            flags = (control >> 60 & 3 != 0) | (control >> 50 & 15 == 0) << 1 | (control >> 45 & 15 == 0) << 2
            flags |= (control >> 40 & 1) << 3
            ctx.set(engine.inputs, lanes | trits << 128 | flags << 288)
            data = ctx.get(engine.out_data) if ctx.get(engine.out_valid) else 0
            checksum = (checksum * 31 + (data & MASK) + (data >> 64)) & MASK
            await ctx.tick()
        seconds = time.process_time() - start

    simulator = Simulator(engine)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    print(f"{seconds:.6f} {checksum:016x}")


main()
