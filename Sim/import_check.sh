#!/usr/bin/env bash
# Builds and runs a package of its own that imports the hardware description, its simulator and its library: by path, and
# resolves it by git URL at HEAD, where SwiftPM is stricter about flags.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
identity=$(basename "$root")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# package DIRECTORY DEPENDENCY IDENTITY
package() {
  mkdir -p "$1/Sources/blink"
  cat >"$1/Package.swift" <<SWIFT
// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "blink",
  dependencies: [$2],
  targets: [
    .executableTarget(name: "blink", dependencies: [.product(name: "HardwareDescription", package: "$3")])
  ],
  swiftLanguageModes: [.v6]
)
SWIFT
  cat >"$1/Sources/blink/main.swift" <<'SWIFT'
import HardwareDescription
import HardwareLibrary
import HardwareSimulator

struct Blink: HardwareModule {
  func build(_ m: ModuleBuilder) {
    let source = m.inputStream("in", Unsigned.self, width: 8)
    m.output("out", Stream<Unsigned>(width: 8)).drive(m.cut("skid", source, .full))
  }
}

let simulation = try Simulation(Blink())
simulation.reset()
try simulation.poke("in_valid", true)
try simulation.poke("in_data", 42)
simulation.step()
let files = try Elaborator().run(Blink()).systemVerilog(configuration: "import-check")
print(files.map(\.name).joined(separator: " "), try simulation.peek("out_data"))
SWIFT
}

package "$work/by-path" ".package(path: \"$root\")" "$identity"
package "$work/by-url" ".package(url: \"file://$root\", revision: \"$(git rev-parse HEAD)\")" "$identity"

echo "import-check: git URL at HEAD"
swift package --package-path "$work/by-url" describe >/dev/null
swift package --package-path "$work/by-url" show-dependencies
echo "import-check: path"
# The scratch directory stays, so that the next run only builds what has changed.
swift build --package-path "$work/by-path" --scratch-path .build/import-check -c release
result=$(.build/import-check/release/blink)
echo "import-check: $result"
[ "$result" = "skid_buffer_8.sv blink.sv 42" ]
