// The times of one AXI port's reads from a DRAM, in integers: DRAMController.swift in C++, where the rules are written down.
#ifndef SETUN_DRAM_H
#define SETUN_DRAM_H

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

namespace setun {

// In the order of DRAMTiming.words (DRAMTiming.swift); clocks of the DRAM where nothing else is said.
struct DRAMTiming {
  int64_t clockMHz;
  int64_t burstBytes, burstClocks, rowBytes, bankGroups, banksPerGroup, ranks, sharingPorts;
  int64_t readLatency, tRCD, tRP, tRAS, tRC, tCCDS, tCCDL, tRRDS, tRRDL, tFAW, tRTP, tREFI, tRFC, rankSwitch;
  int64_t requestLatency, responseLatency, queueBursts, bufferBursts, outstandingRequests;
};

class DRAMController {
 public:
  DRAMController(const DRAMTiming& timing, int64_t beatBytes, int64_t clockMHz, int64_t port)
      : t_(timing),
        beatBytes_(beatBytes),
        clockMHz_(clockMHz),
        slot_(timing.burstClocks * timing.sharingPorts),
        phase_(timing.burstClocks * (port % timing.sharingPorts)),
        banks_(timing.ranks * timing.bankGroups * timing.banksPerGroup),
        groups_(timing.ranks * timing.bankGroups),
        ranks_(timing.ranks),
        nextRefresh_(timing.tREFI),
        reads_(timing.queueBursts),
        departed_(timing.bufferBursts),
        ends_(timing.outstandingRequests) {}

  int64_t acceptance(int64_t visible) const {
    return requests_ < t_.outstandingRequests ? visible
                                              : std::max(visible, ends_[requests_ % t_.outstandingRequests] + 1);
  }

  void accept(int64_t accepted, int64_t address, int64_t beats) {
    const int64_t request = clockOf(accepted + 1) + t_.requestLatency;
    int64_t next = address / t_.burstBytes;  // to be read
    int64_t leaving = next;                  // to leave the port
    int64_t ready = 0;
    for (int64_t beat = 1; beat <= beats; ++beat) {
      const int64_t end = address + beat * beatBytes_;
      for (; next * t_.burstBytes < end; ++next) ready = read(next, request);
      lastArrival_ = std::max(cycleOf(ready), lastArrival_ + 1);
      arrivals_.push_back(lastArrival_);
      const int64_t gone = beat == beats ? next : end / t_.burstBytes;
      for (; leaving < gone; ++leaving) departed_[departures_++ % t_.bufferBursts] = clockOf(lastArrival_ + 1);
    }
    ends_[requests_++ % t_.outstandingRequests] = lastArrival_;
  }

  int64_t next() {
    const int64_t arrival = arrivals_.front();
    arrivals_.pop_front();
    return arrival;
  }

 private:
  static constexpr int64_t never = -(int64_t(1) << 40);

  struct Bank {
    int64_t row = -1;       // -1: closed
    int64_t activate = 0;   // the first clock in which it may be activated
    int64_t precharge = 0;  // and precharged
  };

  struct Group {
    int64_t activate = never;
    int64_t read = never;
  };

  struct Rank {
    int64_t activate = never;
    int64_t window[4] = {never, never, never, never};
    int oldest = 0;
  };

  int64_t clockOf(int64_t cycle) const { return (cycle * t_.clockMHz + clockMHz_ - 1) / clockMHz_; }
  int64_t cycleOf(int64_t clock) const { return (clock * clockMHz_ + t_.clockMHz - 1) / t_.clockMHz; }

  int64_t read(int64_t number, int64_t request) {
    const int64_t inRank = number % t_.bankGroups;
    int64_t rest = number / t_.bankGroups / (t_.rowBytes / t_.burstBytes);
    const int64_t inGroup = rest % t_.banksPerGroup;
    rest /= t_.banksPerGroup;
    const int64_t rankNumber = rest % t_.ranks;
    const int64_t row = rest / t_.ranks;
    const int64_t groupNumber = rankNumber * t_.bankGroups + inRank;
    Bank& bank = banks_[groupNumber * t_.banksPerGroup + inGroup];
    Group& group = groups_[groupNumber];
    Rank& rank = ranks_[rankNumber];

    const int64_t queued = bursts_ < t_.queueBursts ? request : std::max(request, reads_[bursts_ % t_.queueBursts]);
    const int64_t credit = bursts_ < t_.bufferBursts ? 0 : departed_[bursts_ % t_.bufferBursts];
    const int64_t gap = rankNumber == lastRank_ ? t_.tCCDS : t_.burstClocks + t_.rankSwitch;
    const int64_t column = std::max({credit, lastRead_ + gap, group.read + t_.tCCDL});

    int64_t at;
    while (true) {
      int64_t activate = 0;
      const bool isOpen = bank.row == row;
      if (isOpen) {
        at = std::max(queued, column);
      } else {
        activate = std::max(queued, bank.activate);
        if (bank.row >= 0) activate = std::max(activate, std::max(queued, bank.precharge) + t_.tRP);
        activate = std::max({activate, rank.activate + t_.tRRDS, group.activate + t_.tRRDL,
                             rank.window[rank.oldest] + t_.tFAW});
        at = std::max(activate + t_.tRCD, column);
      }
      if (t_.sharingPorts > 1) {
        const int64_t late = (at + t_.readLatency - phase_) % slot_;
        if (late != 0) at += slot_ - late;
      }
      if (at < nextRefresh_) {
        if (!isOpen) {
          bank = {row, activate + t_.tRC, activate + t_.tRAS};
          group.activate = rank.activate = activate;
          rank.window[rank.oldest] = activate;
          rank.oldest = (rank.oldest + 1) % 4;
        }
        break;
      }
      refresh();
    }
    bank.precharge = std::max(bank.precharge, at + t_.tRTP);
    group.read = lastRead_ = at;
    lastRank_ = rankNumber;
    reads_[bursts_++ % t_.queueBursts] = at;
    return at + t_.readLatency + t_.burstClocks + t_.responseLatency;
  }

  void refresh() {
    int64_t idle = nextRefresh_;
    bool isAnyOpen = false;
    for (const Bank& bank : banks_) {
      isAnyOpen = isAnyOpen || bank.row >= 0;
      idle = std::max(idle, bank.row >= 0 ? bank.precharge : bank.activate);
    }
    const int64_t end = idle + (isAnyOpen ? t_.tRP : 0) + t_.tRFC;
    for (Bank& bank : banks_) bank = {-1, end, 0};
    nextRefresh_ += t_.tREFI;
  }

  DRAMTiming t_;
  int64_t beatBytes_;
  int64_t clockMHz_;
  int64_t slot_;   // clocks from one of this port's turns on the data bus to the next
  int64_t phase_;  // when, in a slot, its data start
  std::vector<Bank> banks_;
  std::vector<Group> groups_;  // by rank, then group
  std::vector<Rank> ranks_;
  int64_t lastRead_ = never;
  int64_t lastRank_ = 0;
  int64_t nextRefresh_;
  int64_t bursts_ = 0;
  int64_t departures_ = 0;
  std::vector<int64_t> reads_;     // of the newest bursts, by number modulo the places
  std::vector<int64_t> departed_;  // the clock in which they had left the port
  int64_t requests_ = 0;
  std::vector<int64_t> ends_;  // the last beat's cycle of the newest requests
  int64_t lastArrival_ = -1;
  std::deque<int64_t> arrivals_;
};

}  // namespace setun

#endif
