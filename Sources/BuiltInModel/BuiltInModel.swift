import Foundation

/// The model that speaks when no other is named: tales-1m, trained on public-domain fairy tales.
public enum BuiltInModel {
  /// Its checkpoint directory.
  public static var directory: String { Bundle.module.bundlePath + "/tales-1m" }
}
