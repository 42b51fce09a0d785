import HardwareDescription

/// States of random state machines.
enum Toggle: HardwareEnum { case off, on }
enum Light: HardwareEnum { case red, amber, green }
enum Phase: HardwareEnum { case idle, fetch, execute, retire }
enum Step: HardwareEnum { case first, second, third, fourth, last }

/// A state register, whatever its enumeration.
struct StateHandle {
  let kind: StateKind
  let typeName: String
  let encoded: Unsigned
  let label: (Int) -> String
  let isIn: (Int) -> Bit
  let enter: (Int) -> Void
  let enterSelected: (Bit, Int, Int) -> Void
  let choose: (ModuleBuilder, (Int) -> Void) -> Void

  static func make(_ m: ModuleBuilder, _ name: String, _ kind: StateKind, reset: Int) -> StateHandle {
    switch kind {
    case .two: make(m, name, kind, Toggle.self, reset)
    case .three: make(m, name, kind, Light.self, reset)
    case .four: make(m, name, kind, Phase.self, reset)
    case .five: make(m, name, kind, Step.self, reset)
    }
  }

  private static func make<E: HardwareEnum>(
    _ m: ModuleBuilder, _ name: String, _ kind: StateKind, _ type: E.Type, _ reset: Int
  ) -> StateHandle {
    let cases = Array(E.allCases)
    func value(_ number: Int) -> E { cases[number % cases.count] }
    let register = m.register(name, reset: value(reset))
    return StateHandle(
      kind: kind, typeName: "\(E.self)", encoded: register.encoded, label: { "\(value($0))" },
      isIn: { register.is(value($0)) }, enter: { register.next(value($0)) },
      enterSelected: { register.next($0.select(Enumerated(value($1)), Enumerated(value($2)))) },
      choose: { m, body in m.switchOn(register) { state in body(state.encoding) } })
  }
}
