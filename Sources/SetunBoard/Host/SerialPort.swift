import Foundation

/// A serial port of the machine: 8N1, raw, without flow control.
///
/// RTS and DTR are raised. Handshake by RTS and CTS stays off: on the ULX3S the FT231X's CTS belongs to JTAG, and would stop the
/// host for good.
public final class SerialPort: BytePort {
  public let name: String
  private let descriptor: Int32

  /// Opens a port for this program alone.
  public init(path: String, baud: Int) throws(PortError) {
    name = path
    guard let speed = Self.speed(baud) else { throw .baud(path, rate: baud) }
    // Without O_NONBLOCK a port without a carrier would not open at all.
    descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT, ENXIO, ENODEV: throw .missing(path)
      case EACCES, EPERM: throw .noPermission(path)
      case EBUSY: throw .busy(path)
      default: throw .cannotOpen(path, reason: String(cString: strerror(errno)))
      }
    }
    do throws(PortError) { try configure(speed, baud) } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  private func configure(_ speed: speed_t, _ baud: Int) throws(PortError) {
    guard isatty(descriptor) == 1 else { throw .notSerial(name) }
    // The lock keeps other programs of ours out, whoever runs them; TIOCEXCL all others but root's.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .busy(name) }
    _ = ioctl(descriptor, UInt(TIOCEXCL))
    var settings = termios()
    guard tcgetattr(descriptor, &settings) == 0 else { throw .notSerial(name) }
    cfmakeraw(&settings)
    settings.c_cflag &= ~tcflag_t(CSIZE | PARENB | CSTOPB) & ~Self.hardwareHandshake
    settings.c_cflag |= tcflag_t(CS8 | CLOCAL | CREAD)
    // A signal that stays until the port is closed: no hang-up in between.
    settings.c_cflag &= ~tcflag_t(HUPCL)
    guard cfsetispeed(&settings, speed) == 0, cfsetospeed(&settings, speed) == 0,
      tcsetattr(descriptor, TCSANOW, &settings) == 0
    else { throw .baud(name, rate: baud) }
    // The system takes what it can and says nothing of the rest.
    var taken = termios()
    guard tcgetattr(descriptor, &taken) == 0, cfgetospeed(&taken) == speed else { throw .baud(name, rate: baud) }
    var lines = TIOCM_RTS | TIOCM_DTR
    _ = ioctl(descriptor, UInt(TIOCMBIS), &lines)
    tcflush(descriptor, TCIOFLUSH)
  }

  /// CRTSCTS, whose macro Swift does not see.
  private static let hardwareHandshake: tcflag_t = 0o20_000_000_000

  private static func speed(_ baud: Int) -> speed_t? {
    let known: [Int: Int32] = [
      9600: B9600, 19_200: B19200, 38_400: B38400, 57_600: B57600, 115_200: B115200, 230_400: B230400,
      460_800: B460800, 500_000: B500000, 921_600: B921600, 1_000_000: B1000000, 1_500_000: B1500000,
      2_000_000: B2000000, 3_000_000: B3000000,
    ]
    return known[baud].map { speed_t($0) }
  }

  /// Longer than the slowest rate needs for a full buffer.
  private static let sendingSeconds = 5.0
  /// A USB serial port hands bytes on every 16 ms, and the board drops half a request after as long.
  public var settlingTime: Double { 0.1 }

  public func send(_ bytes: [UInt8]) throws(PortError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      try wait(for: POLLOUT, seconds: Self.sendingSeconds, orFail: true)
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno != EAGAIN && errno != EINTR {
        throw .lost(name)
      }
    }
  }

  public func receive(atMost count: Int, within seconds: Double) throws(PortError) -> [UInt8] {
    var left = seconds
    while true {
      let begin = ContinuousClock.now
      guard try wait(for: POLLIN, seconds: left, orFail: false) else { return [] }
      var bytes = [UInt8](repeating: 0, count: count)
      let taken = read(descriptor, &bytes, count)
      if taken > 0 { return Array(bytes.prefix(taken)) }
      // Nothing although there was something: the other end is gone.
      if taken == 0 || (errno != EAGAIN && errno != EINTR) { throw .lost(name) }
      left -= (ContinuousClock.now - begin) / .seconds(1)
      if left <= 0 { return [] }
    }
  }

  /// Whether the port is ready in time.
  @discardableResult
  private func wait(for event: Int32, seconds: Double, orFail: Bool) throws(PortError) -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
      let left = max(0, (end - ContinuousClock.now) / .seconds(1))
      let ready = poll(&entry, 1, Int32((left * 1000).rounded(.up)))
      if ready < 0, errno == EINTR { continue }
      if ready < 0 || entry.revents & Int16(POLLNVAL) != 0 { throw .lost(name) }
      if ready == 0 {
        if orFail { throw .stalled(name, seconds: seconds) }
        return false
      }
      // What has come before the other end went is still there to be read.
      if entry.revents & Int16(event) != 0 { return true }
      throw .lost(name)
    }
  }
}
