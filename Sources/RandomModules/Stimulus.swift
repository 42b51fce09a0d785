import HardwareDescription
import HardwareSimulator
import SeededRandom

/// The inputs of a module in each cycle, drawn from a seed and each input's name, so that taking one input away leaves the
/// others as they are.
public struct Stimulus: Sendable {
  /// Cycles a module runs for.
  public static let cycles = 32

  /// Whether the reset is active: at the start and once in the middle.
  public static func isReset(_ cycle: Int) -> Bool { cycle < 2 || cycle == cycles / 2 }

  /// By input, in the order of the ports, then by cycle: words of 64 bits, low word first.
  public let values: [[[UInt64]]]

  init(seed: UInt64, inputs: [ModuleRecipe.Input]) {
    values = inputs.map { input in
      var random = SeededGenerator(seed: seed, name: input.name)
      var values: [[UInt64]] = []
      for _ in 0..<Self.cycles {
        if let last = values.last, random.chance(12) {
          values.append(last)
        } else if let count = input.count {
          values.append(Self.joined((0..<count).map { _ in random.words(width: input.shape.width) }, input.shape.width))
        } else {
          values.append(random.words(width: input.shape.width))
        }
      }
      return values
    }
  }

  /// Elements side by side, the first one lowest.
  private static func joined(_ elements: [[UInt64]], _ width: Int) -> [UInt64] {
    var words = [UInt64](repeating: 0, count: (elements.count * width + 63) / 64)
    for (number, element) in elements.enumerated() {
      for bit in 0..<width where element[bit / 64] >> UInt64(bit % 64) & 1 == 1 {
        let place = number * width + bit
        words[place / 64] |= 1 << UInt64(place % 64)
      }
    }
    return words
  }
}

/// The digits a number of `width` bits has in hexadecimal.
func digitCount(_ width: Int) -> Int { (width + 3) / 4 }

/// All digits of a number of `width` bits.
func hexadecimal(_ words: [UInt64], width: Int) -> String {
  let text = words.reversed().map { word in
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }.joined()
  let padded = String(repeating: "0", count: max(0, digitCount(width) - text.count)) + text
  return String(padded.suffix(digitCount(width)))
}
