import SeededRandom
import TernaryArithmetic
import Testing

@Suite("Ternary code and sums")
struct TernaryTests {
  @Test("every code decodes to the trits it was made of")
  func codes() {
    var seen = Set<UInt8>()
    for t4 in Int8(-1)...1 {
      for t3 in Int8(-1)...1 {
        for t2 in Int8(-1)...1 {
          for t1 in Int8(-1)...1 {
            for t0 in Int8(-1)...1 {
              let code = TernaryCode.encode(t0, t1, t2, t3, t4)
              seen.insert(code)
              let trits = [t0, t1, t2, t3, t4]
              #expect((0..<5).map { TernaryCode.trit(code, row: $0) } == trits)
              #expect(Array(TernaryCode.table[5 * Int(code)..<5 * Int(code) + 5]) == trits)
            }
          }
        }
      }
    }
    #expect(seen.count == TernaryCode.count)
    #expect(seen.max() == 242)
    #expect(TernaryCode.encode(0, 0, 0, 0, 0) == TernaryCode.zero)
    #expect(TernaryCode.table.count == 5 * 256)
  }

  @Test(
    "vector sums equal the sums trit by trit",
    arguments: [0, 1, 15, 16, 17, 64, 256, 2031, 2032, 2033, 2048, 6912, 9001])
  func sums(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    for round in 0..<24 {
      var codes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() % 243) }
      var activations = (0..<count).map { _ in Int8(truncatingIfNeeded: generator.next()) }
      switch round {
      case 0: (codes, activations) = (codes.map { _ in 242 }, activations.map { _ in -128 })
      case 1: (codes, activations) = (codes.map { _ in 0 }, activations.map { _ in 127 })
      case 2: (codes, activations) = (codes.map { _ in 242 }, activations.map { _ in 127 })
      case 3 where count > 0: codes[count - 1] = 243
      case 4 where count > 0: codes[0] = 255
      case 5 where count > 0: codes[Int(generator.next() % UInt64(count))] = 250
      default: break
      }
      if count == 256 && round == 6 { codes = (0...255).map { UInt8(min($0, 242)) } }
      let fast = TernaryGroup.sums(bytes: codes, activations: activations, count: count)
      let definition = TernaryGroup.definition(bytes: codes, activations: activations, count: count)
      #expect(fast == definition, "count \(count), round \(round)")
      let portable = TernaryGroup.portableSums(bytes: codes, activations: activations, count: count)
      #expect(portable == definition, "count \(count), round \(round)")
      #expect(fast.hasInvalidCode == (count > 0 && (3...5).contains(round)))
    }
  }
}

@Suite("CRC-32")
struct CRC32Tests {
  @Test("the check value of the standard")
  func checkValue() {
    #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
    #expect(CRC32.definition("123456789".utf8) == 0xCBF4_3926)
    #expect(CRC32.checksum([]) == 0)
  }

  @Test("eight bytes at a time, in any pieces, equals one bit at a time")
  func pieces() {
    var generator = SeededGenerator(seed: 0xC3)
    for count in Array(0...40) + [1000, 4097] {
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      let expected = CRC32.definition(bytes)
      #expect(CRC32.checksum(bytes) == expected)
      let cut = count == 0 ? 0 : Int(generator.next() % UInt64(count))
      var check = CRC32()
      check.update(bytes[..<cut])
      check.update(bytes[cut...].lazy.map { $0 })
      #expect(check.value == expected)
    }
  }
}
