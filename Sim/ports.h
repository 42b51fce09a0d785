// Bits of a port, whatever type Verilator gives it: an integer of 8, 16, 32 or 64 bits, or an array of 32-bit words.
#ifndef SETUN_PORTS_H
#define SETUN_PORTS_H

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace setun {

// The bytes of the type that a port of so many bits has.
constexpr size_t portBytes(size_t bits) {
  return bits > 32 && bits <= 64 ? 8 : bits > 16 ? (bits + 31) / 32 * 4 : bits > 8 ? 2 : 1;
}

constexpr uint64_t lowBits(uint32_t width) { return ~0ull >> (64 - width); }

// Bits `low` to `low + width - 1`, at most 64.
template <class Port>
uint64_t field(const Port& port, size_t low, uint32_t width) {
  if constexpr (std::is_integral_v<Port>) {
    return uint64_t(port) >> low & lowBits(width);
  } else {
    const uint32_t* word = port.data() + low / 32;
    uint64_t value = *word >> low % 32;
    for (uint32_t have = 32 - uint32_t(low % 32); have < width; have += 32) value |= uint64_t(*++word) << have;
    return value & lowBits(width);
  }
}

// Of a port of at most 64 bits.
template <class Port>
void setField(Port& port, size_t low, uint32_t width, uint64_t value) {
  port = Port((port & ~(lowBits(width) << low)) | (value & lowBits(width)) << low);
}

// A port that has `parts` fields of `width` bits side by side, number 0 lowest.
template <uint32_t parts, uint32_t width>
struct Parts {
  template <class Port>
  static uint64_t get(const Port& port, uint32_t number) {
    static_assert(sizeof(Port) == portBytes(parts * width));
    if constexpr (parts == 1) return port;
    return field(port, size_t(number) * width, width);
  }

  template <class Port>
  static void set(Port& port, uint32_t number, uint64_t value) {
    static_assert(sizeof(Port) == portBytes(parts * width));
    if constexpr (parts == 1) {
      port = Port(value);
    } else {
      setField(port, size_t(number) * width, width, value);
    }
  }
};

}  // namespace setun

#endif
