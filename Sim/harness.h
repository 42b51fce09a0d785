// The interface between Swift and a Verilated setun_core: one shared library holds one model, one handle one
// instance of it. A handle is used from one thread at a time; different handles are independent.
#ifndef SETUN_HARNESS_H
#define SETUN_HARNESS_H

#include <cstdint>

#define SETUN_API extern "C" __attribute__((visibility("default")))

// Changes whenever a signature or layout below does; Swift refuses another version.
constexpr uint32_t setunHarnessVersion = 6;

// What retired (ARCHITECTURE.md, section 4). 32 bytes.
struct SetunRecord {
  uint64_t cycle;   // from the accepted START, which is cycle 0
  uint64_t digest;
  uint32_t kind;
  uint32_t sequence;
  uint32_t opcode;
  uint32_t destination;
};

// A token on the token lane. 16 bytes.
struct SetunToken {
  uint64_t cycle;
  uint32_t id;
  uint32_t stream;
};

// Why run() came back.
enum SetunStop : uint32_t { setunCycles = 0, setunTokens = 1, setunIdle = 2, setunNoAnswer = 3 };

// When LOGITS_TREADY is high: always (at first), never, or at random, at the latest every sixteenth cycle.
enum SetunReady : uint32_t { setunAlways = 0, setunNever = 1, setunSometimes = 2 };

SETUN_API uint32_t setun_version();
SETUN_API uint32_t setun_channels();
SETUN_API uint32_t setun_streams();
SETUN_API uint32_t setun_beat_bits();
SETUN_API uint32_t setun_can_trace();

// The digest and the stall hash, for agreement tests.
SETUN_API uint64_t setun_fold(uint64_t digest, uint64_t word);
SETUN_API uint32_t setun_stall(uint32_t random, uint64_t seed, uint32_t channel, uint64_t index);

// The image is not copied and must outlive the handle. Channel k's memory holds the bytes from k * channelBytes on, at
// base + k * channelBytes; with one channel that is all of it. `memory`: `words` words as MemoryModel (memory.h) takes
// them; null is returned for others. `stateSeed` seeds the registers' values before reset in models built with random
// initial state (0 leaves them 0).
SETUN_API void* setun_create(const uint8_t* image, uint64_t size, uint64_t base, uint64_t channelBytes,
                             const uint64_t* memory, uint32_t words, uint32_t stateSeed);
SETUN_API void setun_destroy(void* handle);

// The times of a memory by themselves, for agreement tests: the cycle of the AR handshake of a request whose ARVALID is
// first 1 in `visible`, and the cycle of the next beat.
SETUN_API void* setun_channel_create(const uint64_t* memory, uint32_t words, uint32_t beatBytes, uint32_t port);
SETUN_API void setun_channel_destroy(void* channel);
SETUN_API int64_t setun_channel_accept(void* channel, int64_t visible, int64_t address, uint32_t beats);
SETUN_API int64_t setun_channel_next(void* channel);

// Holds reset for `cycles` cycles.
SETUN_API void setun_reset(void* handle, uint32_t cycles);

// AXI4-Lite transactions; clock cycles pass. The response code (0 OKAY), or -1 after `timeout` cycles.
SETUN_API int32_t setun_write(void* handle, uint32_t address, uint32_t data, uint32_t timeout);
SETUN_API int32_t setun_read(void* handle, uint32_t address, uint32_t* data, uint32_t timeout);

// Clocks until `maxCycles` have passed, `tokenCount` tokens are recorded since START (0: not a condition), or,
// with `statusAddress` >= 0, bit 0 of the register there reads 0 (asked every `pollInterval` cycles).
SETUN_API uint32_t setun_run(void* handle, uint64_t maxCycles, uint64_t tokenCount, int32_t statusAddress,
                             uint32_t pollInterval);

// Beats requested and not yet delivered, and 1 for each request that is up, of all channels.
SETUN_API uint64_t setun_outstanding(void* handle);

SETUN_API void setun_set_logits_ready(void* handle, uint32_t mode, uint64_t seed);
// From now on: random waits (0 to 15 cycles, each channel by itself) in control transactions; WSTRB of writes.
SETUN_API void setun_set_host(void* handle, uint32_t random, uint64_t seed, uint32_t strobes);

SETUN_API uint32_t setun_started(void* handle);       // START has been accepted since reset
SETUN_API uint64_t setun_cycle(void* handle);         // the current cycle, from START
SETUN_API uint64_t setun_total_cycles(void* handle);  // from creation
SETUN_API uint64_t setun_address_count(void* handle, uint32_t channel);
SETUN_API uint64_t setun_data_count(void* handle, uint32_t channel);

// Lists since START. Pointers hold until the next call that clocks or clears.
SETUN_API const SetunRecord* setun_records(void* handle, uint64_t* count);
SETUN_API const SetunToken* setun_tokens(void* handle, uint64_t* count);
SETUN_API const float* setun_logits(void* handle, uint32_t stream, uint64_t* count);
SETUN_API const uint64_t* setun_logit_rows(void* handle, uint32_t stream, uint64_t* count);  // end of each TLAST-ended row
SETUN_API void setun_clear_logits(void* handle, uint32_t stream);  // the complete rows
SETUN_API void setun_clear_records(void* handle);
// Without recording nothing is folded (tokens and logits still are collected).
SETUN_API void setun_set_recording(void* handle, uint32_t on);

// From now on, a digest of all outputs for each cycle out of reset, to hold another simulator to.
SETUN_API void setun_set_output_recording(void* handle, uint32_t on);
SETUN_API const uint64_t* setun_outputs(void* handle, uint64_t* count);

// AXI rules broken by the core since creation; texts of the first 16.
SETUN_API uint64_t setun_protocol_errors(void* handle);
SETUN_API const char* setun_protocol_error(void* handle, uint64_t index);

// Faults: an RRESP for beat m of a channel (counted from START), bits flipped in a byte of the image as read.
SETUN_API void setun_fail_beat(void* handle, uint32_t channel, uint64_t beat, uint32_t response);
SETUN_API void setun_flip(void* handle, uint64_t offset, uint32_t mask);
SETUN_API void setun_clear_faults(void* handle);

// VCD; 0 when the file cannot be written or the model was built without tracing.
SETUN_API uint32_t setun_trace_open(void* handle, const char* path);
SETUN_API uint32_t setun_trace_close(void* handle);

#endif
