/// Notes the state of a simulation, cycle by cycle.
protocol Recorder: AnyObject {
  /// Called right before the edges at `simulation.time`, with everything computed.
  func record(_ simulation: Simulation)
}
