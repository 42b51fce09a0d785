// Digests and records of what retires (ARCHITECTURE.md, section 4).
#ifndef SETUN_RETIRE_H
#define SETUN_RETIRE_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "harness.h"

namespace setun {

enum Kind : uint32_t { load, sums, element, quantise, scale, token, address, data, kinds };

inline uint64_t fold(uint64_t digest, uint64_t word) {
  return (((digest << 5) | (digest >> 59)) ^ word) * 0x9E3779B97F4A7C15ull;
}

// Of a core with so many channels: each one's addresses and data have a lane of their own.
template <uint32_t channels>
class Retirement {
 public:
  void start() {
    std::memset(digest_, 0, sizeof digest_);
    std::memset(count_, 0, sizeof count_);
    records.clear();
  }

  void fold(Kind kind, uint64_t word, uint32_t channel = 0) {
    uint64_t& digest = digest_[lane(kind, channel)];
    digest = setun::fold(digest, word);
  }

  // `words` 32-bit words, an even number, folded as 64-bit words, low first.
  void foldWide(Kind kind, const uint32_t* data, size_t words, uint32_t channel = 0) {
    uint64_t digest = digest_[lane(kind, channel)];
    for (size_t i = 0; i < words; i += 2) digest = setun::fold(digest, data[i] | uint64_t(data[i + 1]) << 32);
    digest_[lane(kind, channel)] = digest;
  }

  // Lanes of instructions: tag = {destination[7:0], opcode[7:0], sequence[31:0]}; the digest starts again.
  void close(Kind kind, uint64_t cycle, uint64_t tag) {
    records.push_back({cycle, digest_[kind], kind, uint32_t(tag), uint32_t(tag >> 32) & 0xFF, uint32_t(tag >> 40) & 0xFF});
    digest_[kind] = 0;
  }

  // Lanes that count their own records; the digest goes on.
  void count(Kind kind, uint64_t cycle, uint32_t destination, uint32_t channel = 0) {
    const size_t place = lane(kind, channel);
    records.push_back({cycle, digest_[place], kind, count_[place]++, 0, destination});
  }

  std::vector<SetunRecord> records;

 private:
  static size_t lane(Kind kind, uint32_t channel) {
    return kind < address ? kind : address + (kind - address) * channels + channel;
  }

  static constexpr size_t lanes = address + (kinds - address) * channels;
  uint64_t digest_[lanes] = {};
  uint32_t count_[lanes] = {};
};

}  // namespace setun

#endif
