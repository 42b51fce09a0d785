import SetunMachine
import SetunSimulator
import VerilatorBridge

extension RTLSession {
  /// Starts the core with what a simulated run is asked.
  ///
  /// - Parameter logits: whether the logits leave through their ports.
  public func start(_ request: RunRequest, logits: Bool = false) throws(BridgeError) {
    var options: ControlCommand = []
    if request.clear { options.insert(.clear) }
    if request.score { options.insert(.score) }
    if request.isOneSequence { options.insert(.oneSequence) }
    if logits { options.insert(.logits) }
    try start(prompts: request.prompts, budgets: request.budgets, eos: request.endToken, options: options)
  }
}
