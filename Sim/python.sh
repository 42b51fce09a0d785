# Sourced: pins what is taken from PyPI, and sets `python` to an interpreter that has the pinned pyslang, or to nothing.
pyslang_version=12.1.0
# For bitstreams: Yosys, and nextpnr with ecppack, compiled to WebAssembly.
yosys_version=0.70.0.0.post1259
nextpnr_version=0.11.1.0.post826
python=
for candidate in .build/venv/bin/python python3; do
  if command -v "$candidate" >/dev/null 2>&1 &&
    "$candidate" -c "import importlib.metadata as m, sys; sys.exit(m.version('pyslang') != '$pyslang_version')" \
      >/dev/null 2>&1; then
    python=$candidate
    break
  fi
done
