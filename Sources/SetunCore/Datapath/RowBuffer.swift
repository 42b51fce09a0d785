import HardwareDescription
import SetunMachine

/// Keeps the rows of a unit's first matrices until the last matrix brings the same rows.
public struct RowBuffer: HardwareModule {
  public var configuration: Configuration

  public var documentation: String {
    """
    Row groups of interleaved matrices arrive one after the other. The scaled rows of matrix 0 and 1 wait here, five
    each\(configuration.channels == 1 ? "" : " of every\n    channel"); a \(configuration.phrase("row", "group")) of the last matrix triggers the armed unit and meets the buffered rows of its own place in the same
    cycle. No backpressure: rows arrive in order, so a buffered row is used before its register is written again.
    """
  }

  public func build(_ m: ModuleBuilder) {
    let c = configuration
    let valid = m.input("valid", Bit.self)
    let y = m.input("y", Unsigned.self, width: c.stepBits)
    let matrix = m.input("matrix", Unsigned.self, width: 2)
    let place = c.rowLanes == 1 ? m.input("place", Unsigned.self, width: 3) : nil
    let lastMatrix = m.input("last_matrix", Unsigned.self, width: 2)
    if c.channels > 1 {
      m.comment("The group's number in its slot; slots begin at multiples of the number of channels.")
      let group = m.input("group", Unsigned.self, width: indexWidth(c.channels))
      for index in 0..<2 {
        let buffer = m.memory(
          "buffer\(index)", Unsigned.self, width: c.stepBits, depth: c.channels, readLatency: 0, style: .distributed)
        buffer.write(group, y, enable: valid && matrix == Unsigned(index, width: 2))
        m.output("buffered\(index)", buffer.read(group))
      }
      m.output("trigger", valid && matrix == lastMatrix)
      return
    }
    guard let place else {
      for index in 0..<2 {
        let buffer = m.register("buffer\(index)", Unsigned.self, width: c.stepBits)
        m.when(valid && matrix == Unsigned(index, width: 2)) { buffer.next(y) }
        m.output("buffered\(index)", buffer)
      }
      m.output("trigger", valid && matrix == lastMatrix)
      return
    }
    let rows = m.constant("Rows", 5)
    for index in 0..<2 {
      let buffer = m.registerVector("buffer\(index)", Unsigned.self, width: c.floatBits, count: rows)
      m.generate("write\(index)", count: rows) { k in
        m.when(valid && matrix == Unsigned(index, width: 2) && place == Unsigned(k, width: 3)) { buffer[k].next(y) }
      }
      m.output("buffered\(index)", buffer[place])
    }
    m.output("trigger", valid && matrix == lastMatrix)
  }
}
