#!/usr/bin/env bash
# Counts in the three texts of the add-accumulate pipeline: lines, lines of code, Verilator's warnings, `signed`, loops.
# Usage: Sim/comparison/count.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
printf '%-20s %6s %6s %9s %7s %6s\n' text lines code warnings signed loops
for file in Tests/HardwareExamplesTests/Golden/add_accumulate.sv Sim/comparison/circt.sv Sim/comparison/amaranth.v; do
  lines=$(wc -l <"$file")
  code=$(grep -cvE '^\s*(//.*|/\*.*\*/)?\s*$' "$file")
  warnings=$({ verilator --lint-only -Wall "$file" 2>&1 || true; } | grep -c '^%Warning-' || true)
  signed=$(grep -cE '^\s*(input|output|logic|wire|reg)[a-z ]* signed' "$file" || true)
  loops=$(grep -c genvar "$file" || true)
  printf '%-20s %6s %6s %9s %7s %6s\n' "$(basename "$file")" "$lines" "$code" "$warnings" "$signed" "$loops"
done
