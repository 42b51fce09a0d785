"""The add-accumulate pipeline in pycde, which emits through CIRCT. Usage: python add_accumulate_circt.py DIRECTORY"""

import sys

from pycde import Clock, Input, Module, Output, Reset, System, generator
from pycde.constructs import Reg, Wire
from pycde.types import Array, Bits, SInt


class AddAccumulate(Module):
  """Adds eight signed lanes in pairs, then the pairs, and accumulates: three stages, one word a cycle."""

  clk = Clock()
  rst = Reset()
  in_valid = Input(Bits(1))
  in_ready = Output(Bits(1))
  in_data = Input(Array(SInt(8), 8))
  out_valid = Output(Bits(1))
  out_ready = Input(Bits(1))
  out_data = Output(SInt(24))

  @generator
  def build(ports):
    clk, rst = ports.clk, ports.rst
    # The stages move when the last one is empty or its word leaves.
    moves = Wire(Bits(1), "moves")
    pair_valid = ports.in_valid.reg(clk, rst, ce=moves, rst_value=0, name="pair_valid")
    pair = [
        (ports.in_data[2 * k] + ports.in_data[2 * k + 1]).reg(clk, ce=moves, name=f"pair_{k}")
        for k in range(4)
    ]
    total_valid = pair_valid.reg(clk, rst, ce=moves, rst_value=0, name="total_valid")
    total = ((pair[0] + pair[1]) + (pair[2] + pair[3])).reg(clk, ce=moves, name="total")
    sum_valid = total_valid.reg(clk, rst, ce=moves, rst_value=0, name="sum_valid")
    sum = Reg(SInt(24), clk, rst, rst_value=0, ce=moves & total_valid, name="sum")
    sum.assign((sum + total).as_sint(24))
    moves.assign(ports.out_ready | ~sum_valid)
    ports.in_ready = moves
    ports.out_valid = sum_valid
    ports.out_data = sum


System([AddAccumulate], name="AddAccumulate", output_directory=sys.argv[1]).compile()
