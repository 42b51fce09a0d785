// SPDX-License-Identifier: Apache-2.0
// A board's chip in Verilator, seen from its pins: a clock, a serial line, LEDs, a button.
//
// The host's side of the serial line is bits, too: each lasts as many cycles of the clock pin as the caller says, is put on
// the pin by a shift register and sampled in its middle. The models of vendor cells pass the clock pin's cycles on as they are.

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include SETUN_MODEL_HEADER
#include "verilated.h"

#define SETUN_EXPORT extern "C" __attribute__((visibility("default")))

// The design reads the contents of its memories when it is made, from the directory that its maker names: the build has given
// the calls of Verilator's function this name.
#undef VL_READMEM_N
extern void VL_READMEM_N(bool hex, int bits, QData depth, int array_lsb, const std::string& filename, void* memory,
                         QData start, QData end);
static thread_local std::string contents_directory;
void setun_read_contents(bool hex, int bits, QData depth, int array_lsb, const std::string& filename, void* memory,
                         QData start, QData end) {
  VL_READMEM_N(hex, bits, depth, array_lsb, contents_directory + "/" + filename, memory, start, end);
}

namespace {

// The host's transmitter: what it puts on the line in each cycle.
struct Sender {
  std::deque<uint8_t> bytes;
  uint32_t frame = 1;
  uint32_t bits = 0;
  uint32_t timer = 0;

  bool line(uint32_t cycles_per_bit) {
    if (timer > 0) {
      --timer;
      return frame & 1;
    }
    if (bits > 0) {
      frame = frame >> 1 | 1u << 9;
      --bits;
    }
    if (bits == 0) {
      if (bytes.empty()) return true;
      frame = 1u << 9 | uint32_t(bytes.front()) << 1;
      bytes.pop_front();
      bits = 10;
    }
    timer = cycles_per_bit - 1;
    return frame & 1;
  }
};

// The host's receiver.
struct Receiver {
  std::vector<uint8_t> bytes;
  uint64_t framing_errors = 0;
  uint32_t frame = 0;
  uint32_t bits = 0;
  uint32_t timer = 0;

  void sample(bool line, uint32_t cycles_per_bit) {
    if (bits == 0) {
      if (line) return;
      bits = 10;
      timer = cycles_per_bit / 2;
    }
    if (timer > 0) {
      --timer;
      return;
    }
    timer = cycles_per_bit - 1;
    frame = frame >> 1 | uint32_t(line) << 9;
    if (--bits > 0) return;
    // Start bit lowest, stop bit highest.
    if (!(frame >> 9 & 1) || (frame & 1)) {
      ++framing_errors;
      return;
    }
    bytes.push_back(uint8_t(frame >> 1));
  }
};

struct Board {
  VerilatedContext context;
  SETUN_MODEL* top = nullptr;
  uint32_t cycles_per_bit;
  uint64_t cycle = 0;
  Sender sender;
  Receiver receiver;

  explicit Board(uint32_t cycles_per_bit) : cycles_per_bit(cycles_per_bit) {
    top = new SETUN_MODEL{&context, "board"};
    top->clk_25mhz_i = 0;
    top->reset_button_n_i = 1;
    top->ftdi_nrts_i = 0;
    top->ftdi_txd_i = 1;
    top->eval();
  }

  ~Board() { delete top; }

  void step() {
    top->ftdi_txd_i = sender.line(cycles_per_bit);
    top->clk_25mhz_i = 1;
    top->eval();
    top->clk_25mhz_i = 0;
    top->eval();
    receiver.sample(top->ftdi_rxd_o, cycles_per_bit);
    ++cycle;
  }
};

}  // namespace

// A board; the contents of its memories are read from `contents`.
SETUN_EXPORT void* setun_board_create(const char* contents, uint32_t cycles_per_bit) {
  contents_directory = contents;
  return new Board(cycles_per_bit);
}

SETUN_EXPORT void setun_board_destroy(void* board) { delete static_cast<Board*>(board); }

// Bytes for the host's transmitter.
SETUN_EXPORT void setun_board_send(void* board, const uint8_t* bytes, uint64_t count) {
  auto& queue = static_cast<Board*>(board)->sender.bytes;
  queue.insert(queue.end(), bytes, bytes + count);
}

// Runs until `wanted` bytes have come, or `cycles` have passed; how many bytes wait.
SETUN_EXPORT uint64_t setun_board_run(void* board, uint64_t cycles, uint64_t wanted) {
  auto& b = *static_cast<Board*>(board);
  for (uint64_t n = 0; n < cycles && b.receiver.bytes.size() < wanted; ++n) b.step();
  return b.receiver.bytes.size();
}

// Takes bytes that wait, `capacity` at most; how many.
SETUN_EXPORT uint64_t setun_board_take(void* board, uint8_t* bytes, uint64_t capacity) {
  auto& waiting = static_cast<Board*>(board)->receiver.bytes;
  uint64_t count = waiting.size() < capacity ? waiting.size() : capacity;
  for (uint64_t n = 0; n < count; ++n) bytes[n] = waiting[n];
  waiting.erase(waiting.begin(), waiting.begin() + int64_t(count));
  return count;
}

// The host's request to send nothing, and the button (0: pressed).
SETUN_EXPORT void setun_board_set_pins(void* board, uint32_t nrts, uint32_t button_n) {
  auto& top = *static_cast<Board*>(board)->top;
  top.ftdi_nrts_i = nrts & 1;
  top.reset_button_n_i = button_n & 1;
}

SETUN_EXPORT uint32_t setun_board_leds(void* board) { return static_cast<Board*>(board)->top->led_o; }
SETUN_EXPORT uint64_t setun_board_cycle(void* board) { return static_cast<Board*>(board)->cycle; }
SETUN_EXPORT uint64_t setun_board_framing_errors(void* board) {
  return static_cast<Board*>(board)->receiver.framing_errors;
}
