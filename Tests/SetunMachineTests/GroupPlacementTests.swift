import SeededRandom
import SetunMachine
import Testing

@Suite("Row groups are striped over the channels, through the whole token")
struct GroupPlacementTests {
  /// Groups and matrices of a few MATVECs in a row.
  static func matvecs(seed: UInt64) -> (channels: Int, matvecs: [(groups: Int, matrices: Int)]) {
    var generator = SeededGenerator(seed: seed)
    let channels = 1 << Int.random(in: 0...5, using: &generator)
    let matvecs = (0..<6).map { _ in
      (groups: Int.random(in: 1...100, using: &generator), matrices: Int.random(in: 1...3, using: &generator))
    }
    return (channels, matvecs)
  }

  @Test("in the order in which they are taken, group k is on channel k mod N", arguments: UInt64(1)...60)
  func striped(seed: UInt64) {
    let (channels, matvecs) = Self.matvecs(seed: seed)
    var (number, next) = (0, 0)
    for (groups, matrices) in matvecs {
      let placement = GroupPlacement(channels: channels, first: next, groups: groups, matrices: matrices)
      for slot in 0..<placement.slots {
        for matrix in 0..<matrices {
          #expect(placement.first(slot: slot, matrix: matrix) == number % channels, "seed \(seed)")
          for group in slot * channels..<min(groups, (slot + 1) * channels) {
            #expect(placement.place(group: group, matrix: matrix).channel == number % channels, "seed \(seed)")
            number += 1
          }
        }
      }
      next = placement.next
      #expect(next == number % channels, "seed \(seed)")
    }
  }

  @Test("a channel holds its groups without gaps, in the order in which they are taken", arguments: UInt64(1)...60)
  func dense(seed: UInt64) {
    let (channels, matvecs) = Self.matvecs(seed: seed)
    var next = 0
    for (groups, matrices) in matvecs {
      let placement = GroupPlacement(channels: channels, first: next, groups: groups, matrices: matrices)
      var held = Array(repeating: 0, count: channels)
      for slot in 0..<placement.slots {
        for matrix in 0..<matrices {
          for group in slot * channels..<slot * channels + placement.groups(inSlot: slot) {
            let place = placement.place(group: group, matrix: matrix)
            #expect(place.index == held[place.channel], "seed \(seed)")
            held[place.channel] += 1
          }
        }
      }
      #expect(held == (0..<channels).map { placement.groups(on: $0) }, "seed \(seed)")
      #expect((held.max() ?? 0) - (held.min() ?? 0) <= 1, "seed \(seed)")
      next = placement.next
    }
  }
}
