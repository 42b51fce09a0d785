// The memory behind the AXI4 read port (ARCHITECTURE.md, sections 3 and 4): its times and its bytes.
#ifndef SETUN_MEMORY_H
#define SETUN_MEMORY_H

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <unordered_map>

#include "dram.h"

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

// What the memory is, in words: 0 (ideal) or 1 (random), seed, latency in cycles; or 2 (DRAM), 0, latency (not used),
// the core's clock in MHz and the fields of DRAMTiming.
struct MemoryModel {
  enum Mode : uint64_t { ideal = 0, random = 1, dram = 2 };

  uint64_t mode = ideal;
  uint64_t seed = 0;
  int64_t latency = 1;
  int64_t clockMHz = 0;
  DRAMTiming timing = {};

  bool read(const uint64_t* words, uint32_t count) {
    constexpr uint32_t timingWords = sizeof(DRAMTiming) / sizeof(int64_t);
    if (count < 3 || words[0] > dram || count != (words[0] == dram ? 4 + timingWords : 3)) return false;
    mode = words[0];
    seed = words[1];
    latency = int64_t(std::max<uint64_t>(words[2], 1));
    if (mode == dram) {
      clockMHz = int64_t(words[3]);
      std::memcpy(&timing, words + 4, sizeof timing);
    }
    return true;
  }
};

// The times of one port, in cycles from START: MemoryChannel.swift in C++.
class MemoryChannel {
 public:
  MemoryChannel(const MemoryModel& model, int64_t beatBytes, uint32_t port) : model_(model), port_(port) {
    if (model.mode == MemoryModel::dram) controller_.emplace(model.timing, beatBytes, model.clockMHz, port);
  }

  // The cycle in which a request is accepted whose ARVALID is first 1 in `visible`.
  int64_t acceptance(int64_t visible) const {
    if (controller_) return controller_->acceptance(visible);
    return visible + stallOf(2 * port_, requests_);
  }

  void accept(int64_t accepted, int64_t address, uint32_t beats) {
    if (controller_) return controller_->accept(accepted, address, beats);
    ++requests_;
    pending_.push_back({accepted + model_.latency, beats});
  }

  // The cycle of the next beat; one must be outstanding.
  int64_t next() {
    if (controller_) return controller_->next();
    // r[m] = max(a + latency, r[m - 1] + 1) + stall
    last_ = std::max(pending_.front().first, last_ + 1) + stallOf(2 * port_ + 1, beats_++);
    if (--pending_.front().beats == 0) pending_.pop_front();
    return last_;
  }

 private:
  struct Pending {
    int64_t first;
    uint32_t beats;
  };

  int64_t stallOf(uint64_t channel, uint64_t index) const {
    return int64_t(stall(model_.mode == MemoryModel::random, model_.seed, channel, index));
  }

  MemoryModel model_;
  uint64_t port_;
  std::optional<DRAMController> controller_;
  uint64_t requests_ = 0;
  uint64_t beats_ = 0;
  int64_t last_ = INT64_MIN / 2;
  std::deque<Pending> pending_;
};

struct Burst {
  uint64_t address;
  uint32_t beats;
  uint32_t id;
};

// A channel's memory with its part of the image. Cycles here are the harness's own; the memory's count from START.
class Memory {
 public:
  Memory(const uint8_t* image, uint64_t size, uint64_t base, const MemoryModel& model, uint32_t beatBytes, uint32_t port)
      : image_(image), size_(size), base_(base), beatBytes_(beatBytes), fresh_(model, beatBytes, port), times_(fresh_) {}

  void start(uint64_t cycle) {
    addressCount = 0;
    dataCount = 0;
    origin_ = int64_t(cycle);
    times_ = fresh_;
    head_ = 0;
    queue_.clear();
    due_ = never;
  }

  uint64_t acceptance(uint64_t visible) const {
    return uint64_t(origin_ + times_.acceptance(int64_t(visible) - origin_));
  }

  void accept(const Burst& burst, uint64_t cycle) {
    ++addressCount;
    times_.accept(int64_t(cycle) - origin_, int64_t(burst.address), burst.beats);
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

  // The presented beat was taken.
  void pop() {
    ++dataCount;
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
  std::unordered_map<uint64_t, uint8_t> flips;      // offset in the part -> mask

 private:
  static constexpr uint64_t never = ~0ull;

  void schedule() { due_ = uint64_t(origin_ + times_.next()); }

  const uint8_t* image_;
  uint64_t size_;
  uint64_t base_;
  uint32_t beatBytes_;
  MemoryChannel fresh_;  // as at START
  MemoryChannel times_;
  int64_t origin_ = 0;  // the cycle of START
  std::deque<Burst> queue_;
  uint32_t head_ = 0;   // next beat of the front burst
  uint64_t due_ = never;
};

}  // namespace setun

#endif
