// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "blinker",
  dependencies: [.package(path: "../Setun")],
  targets: [
    .executableTarget(name: "blinker", dependencies: [.product(name: "HardwareDescription", package: "Setun")])
  ]
)
