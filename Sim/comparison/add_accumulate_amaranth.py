"""The add-accumulate pipeline in Amaranth, which emits through Yosys. Usage: python add_accumulate_amaranth.py FILE"""

import sys

from amaranth import Module, Signal, signed
from amaranth.back import verilog
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out


class AddAccumulate(wiring.Component):
  """Adds eight signed lanes in pairs, then the pairs, and accumulates: three stages, one word a cycle."""

  input: In(stream.Signature(data.ArrayLayout(signed(8), 8)))
  output: Out(stream.Signature(signed(24)))

  def elaborate(self, platform):
    m = Module()
    # The stages move when the last one is empty or its word leaves.
    moves = Signal()
    m.d.comb += [moves.eq(self.output.ready | ~self.output.valid), self.input.ready.eq(moves)]
    pair_valid = Signal()
    pair = Signal(data.ArrayLayout(signed(9), 4), reset_less=True)
    total_valid = Signal()
    total = Signal(signed(11), reset_less=True)
    with m.If(moves):
      for k in range(4):
        m.d.sync += pair[k].eq(self.input.payload[2 * k] + self.input.payload[2 * k + 1])
      m.d.sync += [
          pair_valid.eq(self.input.valid),
          total_valid.eq(pair_valid),
          total.eq((pair[0] + pair[1]) + (pair[2] + pair[3])),
          self.output.valid.eq(total_valid),
      ]
      with m.If(total_valid):
        m.d.sync += self.output.payload.eq(self.output.payload + total)
    return m


with open(sys.argv[1], "w", encoding="utf-8") as file:
  file.write(verilog.convert(AddAccumulate(), name="add_accumulate_amaranth", emit_src=False, strip_internal_attrs=True))
