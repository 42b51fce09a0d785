// The memory behind the AXI4 read port (ARCHITECTURE.md, sections 3 and 4): its times and its bytes.
#ifndef SETUN_MEMORY_H
#define SETUN_MEMORY_H

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <unordered_map>

namespace setun {

inline uint64_t stallHash(uint64_t seed, uint64_t channel, uint64_t index) {
  uint64_t z = seed * 0x9E3779B97F4A7C15ull ^ (channel << 56) ^ index;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

inline uint64_t stall(bool random, uint64_t seed, uint64_t channel, uint64_t index) {
  if (!random) return 0;
  const uint64_t hash = stallHash(seed, channel, index);
  return (hash & 3) == 0 ? (hash >> 8) & 15 : 0;
}

struct Burst {
  uint64_t address;
  uint64_t accepted;  // cycle of the AR handshake
  uint32_t beats;
  uint32_t id;
};

// Cycles here are the harness's own; only differences matter. Counters start again at START.
class Memory {
 public:
  Memory(const uint8_t* image, uint64_t size, uint64_t base, bool random, uint64_t seed, uint64_t latency,
         uint32_t beatBytes)
      : image_(image), size_(size), base_(base), random_(random), seed_(seed), latency_(std::max<uint64_t>(latency, 1)),
        beatBytes_(beatBytes) {}

  void start() {
    addressCount = 0;
    dataCount = 0;
    free_ = 0;
    head_ = 0;
    queue_.clear();
    due_ = never;
  }

  uint64_t addressStall() const { return stall(random_, seed_, 0, addressCount); }

  void accept(const Burst& burst) {
    ++addressCount;
    queue_.push_back(burst);
    if (due_ == never) schedule();
  }

  uint64_t pending() const {
    uint64_t beats = 0;
    for (const Burst& burst : queue_) beats += burst.beats;
    return beats - head_;
  }

  bool hasBurst() const { return !queue_.empty(); }
  // Whether the next beat is presented in `cycle`.
  bool presents(uint64_t cycle) const { return cycle >= due_; }
  uint64_t due() const { return due_; }
  const Burst& burst() const { return queue_.front(); }
  bool isLast() const { return head_ + 1 == queue_.front().beats; }

  // Writes the next beat's bytes; returns its RRESP.
  uint32_t read(void* beat) const {
    const uint64_t address = queue_.front().address + uint64_t(head_) * beatBytes_;
    const uint64_t offset = address - base_;
    uint32_t response = 0;
    if (address < base_ || offset >= size_ || size_ - offset < beatBytes_) {
      std::memset(beat, 0, beatBytes_);
      response = 2;  // SLVERR
    } else {
      std::memcpy(beat, image_ + offset, beatBytes_);
      if (!flips.empty()) {
        for (uint32_t i = 0; i < beatBytes_; ++i) {
          const auto flip = flips.find(offset + i);
          if (flip != flips.end()) static_cast<uint8_t*>(beat)[i] ^= flip->second;
        }
      }
    }
    if (!failures.empty()) {
      const auto failure = failures.find(dataCount);
      if (failure != failures.end()) response = failure->second;
    }
    return response;
  }

  // The presented beat was taken in `cycle`.
  void pop(uint64_t cycle) {
    ++dataCount;
    free_ = cycle + 1;
    if (++head_ == queue_.front().beats) {
      queue_.pop_front();
      head_ = 0;
    }
    due_ = never;
    if (!queue_.empty()) schedule();
  }

  uint64_t addressCount = 0;
  uint64_t dataCount = 0;
  std::unordered_map<uint64_t, uint32_t> failures;  // beat -> RRESP
  std::unordered_map<uint64_t, uint8_t> flips;      // image offset -> mask

 private:
  static constexpr uint64_t never = ~0ull;

  // r[m] = max(a + latency, r[m - 1] + 1) + stall
  void schedule() { due_ = std::max(queue_.front().accepted + latency_, free_) + stall(random_, seed_, 1, dataCount); }

  const uint8_t* image_;
  uint64_t size_;
  uint64_t base_;
  bool random_;
  uint64_t seed_;
  uint64_t latency_;
  uint32_t beatBytes_;
  std::deque<Burst> queue_;
  uint32_t head_ = 0;   // next beat of the front burst
  uint64_t free_ = 0;   // r[m - 1] + 1
  uint64_t due_ = never;
};

}  // namespace setun

#endif
