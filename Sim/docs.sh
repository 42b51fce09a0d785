#!/usr/bin/env bash
# Builds the documentation of the hardware description with the toolchain's own docc; a warning is an error.
# Usage: Sim/docs.sh [BUILD]   (BUILD: where the modules are; default .build/release)
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-.build/release}
out=.build/docs
# In the order of their dependencies; pages link to symbols of the modules before.
modules=(HardwareDescription HardwareSimulator HardwareLibrary HardwareFormal HardwareExamples)

tool() {
  command -v "$1" || { echo "docs: the Swift toolchain has no $1" >&2; exit 1; }
}
docc=$(tool docc)
extract=$(tool swift-symbolgraph-extract)
target=$(swift -print-target-info | sed -n 's/^ *"triple" *: *"\(.*\)",*$/\1/p' | head -n 1)

rm -rf "$out"
mkdir -p "$out/graphs" "$out/archives"
dependencies=()
archives=()
for module in "${modules[@]}"; do
  if [ ! -e "$build/Modules/$module.swiftmodule" ]; then
    echo "docs: $build has no $module; run 'swift build -c release'" >&2
    exit 1
  fi
  mkdir "$out/graphs/$module"
  "$extract" -module-name "$module" -I "$build/Modules" -target "$target" -minimum-access-level public \
    -skip-inherited-docs -emit-extension-block-symbols -output-dir "$out/graphs/$module"
  catalogue=()
  if [ -d "Sources/$module/$module.docc" ]; then catalogue=("Sources/$module/$module.docc"); fi
  "$docc" convert "${catalogue[@]}" --additional-symbol-graph-dir "$out/graphs/$module" \
    --fallback-display-name "$module" --fallback-bundle-identifier "setun.$module" \
    --disable-parameters-and-returns-validation --enable-experimental-external-link-support "${dependencies[@]}" --warnings-as-errors \
    --output-path "$out/archives/$module.doccarchive"
  dependencies+=(--dependency "$out/archives/$module.doccarchive")
  archives+=("$out/archives/$module.doccarchive")
done
"$docc" merge "${archives[@]}" --synthesized-landing-page-name "Setun hardware description" \
  --output-path "$out/Setun.doccarchive"
echo "docs: $out/Setun.doccarchive; look at it with: docc preview or any web server, for example"
echo "      python3 -m http.server --directory $out/Setun.doccarchive, then http://localhost:8000/documentation"
