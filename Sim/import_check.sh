#!/usr/bin/env bash
# The tutorial's package, outside of this one: built and run by path, and resolved as a tagged version (of HEAD) by git URL, for
# which SwiftPM refuses products whose targets have unsafe flags.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# package DIRECTORY DEPENDENCY IDENTITY
package() {
  mkdir -p "$1/Sources/blinker"
  sed -e "s|\.package(path: \"../Setun\")|$2|" -e "s|package: \"Setun\"|package: \"$3\"|" Sim/import/Package.swift \
    >"$1/Package.swift"
  cp Tests/DocumentationTests/Snippets/Blinker{,Bench,Files}.swift "$1/Sources/blinker/"
  cat >"$1/Sources/blinker/main.swift" <<'SWIFT'
import Foundation
import HardwareDescription
import HardwareFormal
import HardwareLibrary
import HardwareSimulator

try writeBlinker(to: URL(fileURLWithPath: CommandLine.arguments[1]))
print(try blinkerWave())
print(try FormalHarness(SkidBuffer(width: 8)).assertions.map(\.name))
let buffer = try Simulation(SkidBuffer(width: 8))
buffer.reset()
try buffer.poke("in_valid", true)
try buffer.poke("in_data", 42)
buffer.step()
print(try buffer.peek("out_data"))
SWIFT
}

git clone -q "$root" "$work/setun"
git -C "$work/setun" tag 1.0.0
package "$work/by-url" ".package(url: \"file://$work/setun\", exact: \"1.0.0\")" setun
echo "import-check: a version by git URL"
swift package --package-path "$work/by-url" show-dependencies

package "$work/by-path" ".package(path: \"$root\")" "$(basename "$root")"
echo "import-check: path"
# The scratch directory stays, so that the next run only builds what has changed.
swift build --package-path "$work/by-path" --scratch-path .build/import-check -c release
.build/import-check/release/blinker "$work" | tee "$work/output"
[ "$(tail -n 1 "$work/output")" = 42 ] && grep -q 'module blinker_3' "$work/blinker_3.sv"
echo "import-check: another package can use the library"
