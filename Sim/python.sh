# Sourced: sets `python` to an interpreter that has the pinned pyslang, or to nothing.
pyslang_version=12.1.0
python=
for candidate in .build/venv/bin/python python3; do
  if command -v "$candidate" >/dev/null 2>&1 &&
    "$candidate" -c "import importlib.metadata as m, sys; sys.exit(m.version('pyslang') != '$pyslang_version')" \
      >/dev/null 2>&1; then
    python=$candidate
    break
  fi
done
