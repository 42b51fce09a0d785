#!/usr/bin/env bash
# Checks SystemVerilog with four front ends; any finding or missing tool fails.
# Usage: Sim/lint.sh [DIR...]   (default: every directory in RTL/)
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/.."
top=${TOP:-setun_core}
. Sim/python.sh

missing=()
for tool in verilator iverilog yosys; do
  command -v "$tool" >/dev/null 2>&1 || missing+=("$tool")
done
[ -n "$python" ] || missing+=("pyslang $pyslang_version")
if [ ${#missing[@]} -gt 0 ]; then
  echo "lint: missing ${missing[*]}; run 'make setup'" >&2
  exit 1
fi

directories=()
for argument in "$@"; do
  case $argument in
    /*) directories+=("$argument") ;;
    *) directories+=("$here/$argument") ;;
  esac
done
if [ $# -eq 0 ]; then
  for directory in RTL/*/; do
    [ -d "$directory" ] && directories+=("${directory%/}")
  done
  if [ ${#directories[@]} -eq 0 ]; then
    echo "lint: RTL/ has no design; run 'make rtl'" >&2
    exit 1
  fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

# check NAME COMMAND...: passes when the command succeeds and nothing in its output is a warning.
check() {
  local name=$1
  shift
  local status=0 findings
  "$@" >"$log" 2>&1 || status=$?
  # Two remarks are no findings: Icarus 11 says "sorry" where it makes always_comb sensitive to a whole vector instead of a
  # part, and Yosys calls every unpacked array that is no RAM a replaced memory.
  findings=$(grep -vE 'sorry: constant selects in always_|Warning: Replacing memory .* with list of registers' "$log" |
    grep -ciE '(^|[^a-z])(warning|error|sorry)[: ]' || true)
  if [ $status -eq 0 ] && [ "$findings" -eq 0 ]; then
    echo "  $name: clean"
  else
    echo "  $name: FAILED" >&2
    sed 's/^/    /' "$log" | tail -n 40 >&2
    failed=1
  fi
}

for directory in "${directories[@]}"; do
  echo "$directory"
  # Packages first, as in the Verilator build.
  files=()
  while IFS= read -r file; do files+=("$file"); done < <(
    find "$directory" -maxdepth 1 \( -name '*_pkg.sv' -o -name '*_pkg.v' \) | LC_ALL=C sort
    find "$directory" -maxdepth 1 \( -name '*.sv' -o -name '*.v' \) ! -name '*_pkg.*' | LC_ALL=C sort
  )
  if [ ${#files[@]} -eq 0 ]; then
    echo "  no SystemVerilog here" >&2
    failed=1
    continue
  fi
  check verilator verilator --lint-only -Wall --unroll-count 4096 --unroll-stmts 100000 --top-module "$top" \
    -I"$directory" "${files[@]}"
  check iverilog iverilog -g2012 -t null -s "$top" -I "$directory" "${files[@]}"
  check yosys yosys -q -p \
    "read_verilog -sv -I$directory $(printf '"%s" ' "${files[@]}"); hierarchy -check -top $top; proc; check -assert"
  check slang "$python" Sim/lint_slang.py "$top" "${files[@]}"
done
exit $failed
