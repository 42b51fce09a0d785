import Foundation

/// Models of the cells of devices, with which netlists are simulated.
public enum CellModels {
  /// The directory that holds them: `Sim/cells`.
  public static func directory() throws(BridgeError) -> URL {
    try BuildRecipe.harnessDirectory().appendingPathComponent("cells")
  }

  /// The text of a cell's model.
  public static func text(_ cell: String) throws(BridgeError) -> String {
    String(decoding: try BuildRecipe.read(try directory().appendingPathComponent("\(cell).v")), as: UTF8.self)
  }
}
