// Drives one Verilated setun_core: clock, AXI4 read memories, AXI4-Lite host, logits sink, retire port.
//
// A cycle is: drive inputs from registered outputs, settle with the clock low, sample, then the rising edge.
// SETUN_MODEL and SETUN_MODEL_HEADER name the generated class and its header; its parameters are read off its ports.
#include "harness.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <type_traits>

#include "memory.h"
#include "ports.h"
#include "retire.h"

#include SETUN_MODEL_HEADER
#include "verilated.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

namespace setun {

using Model = SETUN_MODEL;
template <class Port>
constexpr size_t bytesOf = sizeof(std::remove_reference_t<Port>);
// Streams of tokens, each with a token of 32 bits.
constexpr uint32_t streamCount = bytesOf<decltype(Model::retire_token_data_o)> / 4;
// Weight channels, each with an AXI port and for each stream five row sums of 32 bits.
constexpr uint32_t channelCount = bytesOf<decltype(Model::retire_sums_data_o)> / (20 * streamCount);
constexpr uint32_t beatBytes = bytesOf<decltype(Model::axi_rdata_i)> / channelCount;
constexpr size_t beatWords = beatBytes / 4;
// Rows that pass the row units of a stream side by side: each has four words of the retire port and one of the logits.
constexpr uint32_t rowLanes = bytesOf<decltype(Model::logits_tdata_o)> / (4 * streamCount);
constexpr uint32_t tokenAddress = 0x2C;
static_assert(beatBytes >= 16 && (beatBytes & (beatBytes - 1)) == 0, "a beat is a power of two of at least 128 bits");
static_assert(bytesOf<decltype(Model::axi_rdata_i)> == channelCount * beatBytes, "axi_rdata_i");
static_assert(bytesOf<decltype(Model::retire_load_data_o)> == channelCount * beatBytes, "retire_load_data_o");
static_assert(bytesOf<decltype(Model::retire_quantise_data_o)> == streamCount * beatBytes, "retire_quantise_data_o");
static_assert(bytesOf<decltype(Model::retire_sums_data_o)> == channelCount * streamCount * 20, "retire_sums_data_o");
static_assert(bytesOf<decltype(Model::retire_element_data_o)> == 16 * streamCount * rowLanes, "retire_element_data_o");
static_assert(bytesOf<decltype(Model::retire_scale_data_o)> == 4 * streamCount, "retire_scale_data_o");
static_assert(bytesOf<decltype(Model::logits_tdata_o)> == 4 * streamCount * rowLanes, "logits_tdata_o");

// Each channel's part of a port.
template <uint32_t width>
using PerChannel = Parts<channelCount, width>;

// Each stream's part of a port.
template <uint32_t width>
using PerStream = Parts<streamCount, width>;

// TKEEP of a stream's logits, a port that only several lanes have; otherwise all of the word counts.
template <class Top>
uint32_t logitsKeep(const Top& top, uint32_t stream) {
  if constexpr (rowLanes > 1) {
    return uint32_t(PerStream<4 * rowLanes>::get(top.logits_tkeep_o, stream));
  } else {
    return 0xF;
  }
}

constexpr uint32_t log2(uint32_t value) { return value == 1 ? 0 : 1 + log2(value / 2); }

#if VM_TRACE
// A VCD file that remembers that it could not be written; Verilator's own ends the process then.
class TraceFile final : public VerilatedVcdFile {
 public:
  bool failed = false;

  ssize_t write(const char* data, ssize_t count) override {
    const ssize_t written = failed ? count : VerilatedVcdFile::write(data, count);
    if (written > 0 || errno == EAGAIN || errno == EINTR) return written;
    failed = true;
    return count;
  }
};
#endif

// An AXI port's side of the memory.
struct Channel {
  Memory memory;
  bool showsBeat = true;  // spoilt before the first one
  bool waiting = false;   // ARVALID seen and not yet accepted
  uint64_t accept = 0;    // the cycle of ARREADY
  Burst asked = {};
};

// What came out of a stream's logits port.
struct Logits {
  std::vector<float> values;
  std::vector<uint64_t> rows;  // the end of each
  bool waits = false;          // TVALID without TREADY in the cycle before
  uint32_t waiting[rowLanes + 1] = {};  // a step and its TKEEP

  // A row that still streams stays.
  void clearRows() {
    if (rows.empty()) return;
    values.erase(values.begin(), values.begin() + std::ptrdiff_t(rows.back()));
    rows.clear();
  }
};

class Harness {
 public:
  Harness(const uint8_t* image, uint64_t size, uint64_t base, uint64_t channelBytes, const MemoryModel& model,
          uint32_t stateSeed)
      : channelBytes_(channelBytes) {
    for (uint32_t number = 0; number < channelCount; ++number) {
      const uint64_t first = std::min(size, number * channelBytes);
      const uint64_t bytes = channelCount == 1 ? size : std::min(size - first, channelBytes);
      channels_.push_back({Memory(image + first, bytes, base + number * channelBytes, model, beatBytes, number)});
    }
    context_ = std::make_unique<VerilatedContext>();
    if (stateSeed != 0) {
      context_->randReset(2);
      context_->randSeed(int(stateSeed & 0x7FFFFFFF));
    }
#if VM_TRACE
    context_->traceEverOn(true);
#endif
    top_ = std::make_unique<Model>(context_.get(), "setun_core");
    top_->clk_i = 0;
    top_->rst_ni = 0;
    top_->axil_awvalid_i = 0;
    top_->axil_wvalid_i = 0;
    top_->axil_wstrb_i = 0xF;
    top_->axil_bready_i = 0;
    top_->axil_arvalid_i = 0;
    top_->axil_rready_i = 0;
    top_->axi_arready_i = 0;
    top_->axi_rvalid_i = 0;
    driveLogits();
    top_->eval();
  }

  ~Harness() {
    closeTrace();
    top_->final();
  }

  void reset(uint32_t cycles) {
    for (Channel& channel : channels_) {
      channel.memory.start(now_);
      channel.waiting = false;
    }
    started_ = false;
    origin_ = now_;
    clearLists();
    top_->axi_arready_i = 0;
    top_->axi_rvalid_i = 0;
    top_->axil_awvalid_i = 0;
    top_->axil_wvalid_i = 0;
    top_->axil_bready_i = 0;
    top_->axil_arvalid_i = 0;
    top_->axil_rready_i = 0;
    top_->rst_ni = 0;
    inReset_ = true;
    for (Logits& port : logits) port.waits = false;
    holdsWriteAddress_ = holdsWriteData_ = false;
    for (uint32_t i = 0; i < std::max(cycles, 1u); ++i) tick();
    top_->rst_ni = 1;
    inReset_ = false;
  }

  int32_t write(uint32_t address, uint32_t value, uint32_t timeout) {
    uint64_t addressAt = now_ + hostStall(), dataAt = now_ + hostStall(), readyAt = now_ + hostStall();
    int32_t response = -1;
    host_ = true;
    for (uint32_t i = 0; i < timeout && response < 0; ++i) {
      top_->axil_awvalid_i = now_ >= addressAt;
      top_->axil_wvalid_i = now_ >= dataAt;
      top_->axil_bready_i = now_ >= readyAt;
      // Without VALID something else stands there, so that a core that takes it then is found out.
      top_->axil_awaddr_i = uint16_t(top_->axil_awvalid_i ? address : ~address);
      top_->axil_wdata_i = top_->axil_wvalid_i ? value : ~value;
      top_->axil_wstrb_i = uint8_t((top_->axil_wvalid_i ? strobes : ~strobes) & 0xF);
      tick();
      if (tookWriteAddress_) addressAt = ~0ull;
      if (tookWriteData_) dataAt = ~0ull;
      if (tookWriteResponse_) response = int32_t(writeResponse_);
    }
    host_ = false;
    top_->axil_awvalid_i = 0;
    top_->axil_wvalid_i = 0;
    top_->axil_bready_i = 0;
    return response;
  }

  int32_t read(uint32_t address, uint32_t& value, uint32_t timeout) {
    uint64_t addressAt = now_ + hostStall(), readyAt = now_ + hostStall();
    int32_t response = -1;
    host_ = true;
    // A host with waits asks again and again before it takes the first answer, unless a read takes something away.
    const uint32_t wanted = hostStalls && address != tokenAddress ? 3 : 1;
    uint32_t asked = 0, answered = 0;
    for (uint32_t i = 0; i < timeout && answered < wanted; ++i) {
      top_->axil_arvalid_i = now_ >= addressAt;
      top_->axil_rready_i = now_ >= readyAt;
      top_->axil_araddr_i = uint16_t(top_->axil_arvalid_i ? address : ~address);
      tick();
      if (tookReadAddress_ && ++asked == wanted) addressAt = ~0ull;
      if (tookReadData_) {
        value = readData_;
        ++answered;
        response = std::max(response, int32_t(readResponse_));
      }
    }
    host_ = false;
    top_->axil_arvalid_i = 0;
    top_->axil_rready_i = 0;
    return answered == wanted ? response : -1;
  }

  SetunStop run(uint64_t maxCycles, uint64_t tokenCount, int32_t statusAddress, uint32_t pollInterval) {
    const uint64_t end = maxCycles > ~0ull - now_ ? ~0ull : now_ + maxCycles;
    const uint64_t wanted = tokenCount == 0 ? ~0ull : tokenCount;
    const uint64_t interval = std::max(pollInterval, 1u);
    while (true) {
      if (tokens.size() >= wanted) return setunTokens;
      if (statusAddress >= 0) {
        uint32_t status = 0;
        if (read(uint32_t(statusAddress), status, 1000) < 0) return setunNoAnswer;
        if (tokens.size() >= wanted) return setunTokens;
        if ((status & 1) == 0) return setunIdle;
      }
      if (now_ >= end) return setunCycles;
      const uint64_t stop = statusAddress >= 0 ? std::min(end, now_ + interval) : end;
      while (now_ < stop) {
        tick();
        if (tokens.size() >= wanted) return setunTokens;
      }
    }
  }

  bool openTrace(const char* path) {
#if VM_TRACE
    if (trace_) return false;
    traceFile_ = std::make_unique<TraceFile>();
    trace_ = std::make_unique<VerilatedVcdC>(traceFile_.get());
    top_->trace(trace_.get(), 99);
    trace_->open(path);
    if (trace_->isOpen()) return true;
    trace_.reset();
#else
    (void)path;
#endif
    return false;
  }

  // False when not all of the trace could be written.
  bool closeTrace() {
#if VM_TRACE
    if (!trace_) return true;
    trace_->close();
    trace_.reset();
    return !traceFile_->failed;
#else
    return true;
#endif
  }

  // Beats requested and not yet taken, and requests that are up.
  uint64_t outstanding() const {
    uint64_t beats = 0;
    for (const Channel& channel : channels_) beats += channel.memory.pending() + (channel.waiting ? 1 : 0);
    return beats;
  }

  const Memory& memory(uint32_t channel) const { return channels_[channel].memory; }

  void failBeat(uint32_t channel, uint64_t beat, uint32_t response) {
    channels_[channel].memory.failures[beat] = response & 3;
  }

  // `offset` is one of the whole image.
  void flip(uint64_t offset, uint8_t mask) {
    const uint64_t channel = channelCount == 1 ? 0 : std::min<uint64_t>(offset / channelBytes_, channelCount - 1);
    channels_[channel].memory.flips[offset - channel * channelBytes_] ^= mask;
  }

  void clearFaults() {
    for (Channel& channel : channels_) {
      channel.memory.failures.clear();
      channel.memory.flips.clear();
    }
  }

  uint64_t cycle() const { return now_ - origin_; }
  uint64_t totalCycles() const { return now_; }
  bool started() const { return started_; }

  Retirement<channelCount> retirement;
  std::vector<SetunToken> tokens;
  Logits logits[streamCount];
  bool recording = true;
  bool recordingOutputs = false;
  std::vector<uint64_t> outputs;  // a digest for each cycle
  bool hostStalls = false;  // random waits on the control port
  uint64_t hostSeed = 0;
  uint8_t strobes = 0xF;
  SetunReady logitsReady = setunAlways;
  uint64_t logitsSeed = 0;
  uint64_t errorCount = 0;
  std::vector<std::string> errors;

 private:
  void clearLists() {
    retirement.start();
    tokens.clear();
    for (Logits& port : logits) {
      port.values.clear();
      port.rows.clear();
    }
  }

  void complain(const char* rule, uint64_t detail) {
    if (errorCount++ < 16) {
      char text[192];
      std::snprintf(text, sizeof text, "cycle %llu: %s (0x%llx)", (unsigned long long)cycle(), rule,
                    (unsigned long long)detail);
      errors.push_back(text);
    }
  }

  // Of one channel's port; where there is only one it goes without saying.
  void complain(uint32_t number, const char* rule, uint64_t detail) {
    if (channelCount == 1) return complain(rule, detail);
    char text[128];
    std::snprintf(text, sizeof text, "channel %u: %s", number, rule);
    complain(text, detail);
  }

  Burst request(uint32_t number) const {
    return {PerChannel<40>::get(top_->axi_araddr_o, number),
            uint32_t(PerChannel<8>::get(top_->axi_arlen_o, number)) + 1,
            uint32_t(PerChannel<2>::get(top_->axi_arid_o, number))};
  }

  // ARREADY is high in exactly one cycle, which the memory knows when ARVALID is first seen.
  void driveAddress(uint32_t number) {
    Channel& channel = channels_[number];
    bool isReady = false;
    if (PerChannel<1>::get(top_->axi_arvalid_o, number) && !inReset_) {
      if (!channel.waiting) {
        channel.waiting = true;
        channel.accept = channel.memory.acceptance(now_);
        channel.asked = request(number);
      }
      isReady = now_ >= channel.accept;
    } else if (channel.waiting) {
      complain(number, "ARVALID fell before ARREADY, address", channel.asked.address);
      channel.waiting = false;
    }
    PerChannel<1>::set(top_->axi_arready_i, number, isReady);
  }

  uint32_t* beatOf(uint32_t number) { return top_->axi_rdata_i.data() + number * beatWords; }

  void driveData(uint32_t number) {
    Channel& channel = channels_[number];
    const Memory& memory = channel.memory;
    const bool valid = memory.presents(now_);
    PerChannel<1>::set(top_->axi_rvalid_i, number, valid);
    if (!valid) {
      if (channel.showsBeat) spoilBeat(number);
      return;
    }
    channel.showsBeat = true;
    PerChannel<2>::set(top_->axi_rresp_i, number, memory.read(beatOf(number)));
    PerChannel<2>::set(top_->axi_rid_i, number, memory.burst().id);
    PerChannel<1>::set(top_->axi_rlast_i, number, memory.isLast());
  }

  // What stands on the data channel without RVALID is nobody's: an error, the last beat, of another burst.
  void spoilBeat(uint32_t number) {
    channels_[number].showsBeat = false;
    uint32_t* words = beatOf(number);
    for (size_t i = 0; i < beatWords; ++i) words[i] = ~words[i];
    PerChannel<2>::set(top_->axi_rresp_i, number, 3);
    PerChannel<2>::set(top_->axi_rid_i, number, PerChannel<2>::get(top_->axi_rid_i, number) ^ 3);
    PerChannel<1>::set(top_->axi_rlast_i, number, 1);
  }

  uint64_t hostStall() { return stall(hostStalls, hostSeed, 2, hostCount_++); }

  // At random, each port by itself, but at the latest every sixteenth cycle.
  void driveLogits() {
    for (uint32_t stream = 0; stream < streamCount; ++stream) {
      const bool isReady = logitsReady == setunAlways ||
                           (logitsReady == setunSometimes &&
                            (((now_ + stream) & 15) == 0 || (stallHash(logitsSeed + stream, 3, now_) & 3) == 0));
      PerStream<1>::set(top_->logits_tready_i, stream, isReady);
    }
  }

  void tick() {
    driveLogits();
    const uint32_t asks = top_->axi_arvalid_o;
    for (uint32_t number = 0; number < channelCount; ++number) {
      driveAddress(number);
      driveData(number);
    }
    top_->clk_i = 0;
    top_->eval();
    if (top_->axi_arvalid_o != asks) {  // ARVALID that depends on an input of this cycle
      for (uint32_t number = 0; number < channelCount; ++number) driveAddress(number);
      top_->eval();
    }
    dump(0);
    if (!inReset_) sample();
    top_->clk_i = 1;
    top_->eval();
    dump(1);
    ++now_;
  }

  void sample() {
    if (top_->retire_start_o) {
      for (uint32_t number = 0; number < channelCount; ++number) {
        Memory& memory = channels_[number].memory;
        if (memory.hasBurst()) {
          complain(number, "START accepted while beats are outstanding, first address", memory.burst().address);
        }
        memory.start(now_);
      }
      clearLists();
      origin_ = now_;
      started_ = true;
    }
    for (uint32_t number = 0; number < channelCount; ++number) {
      if (channels_[number].waiting) sampleAddress(number);
      if (PerChannel<1>::get(top_->axi_rvalid_i, number)) sampleData(number);
    }
    if (recording) sampleRetirement();
    for (uint32_t stream = 0; stream < streamCount; ++stream) {
      if (PerStream<1>::get(top_->retire_token_valid_o, stream)) sampleToken(stream);
      sampleLogits(stream);
    }
    if (host_) sampleHost();
    if (recordingOutputs) outputs.push_back(outputDigest());
  }

  void sampleToken(uint32_t stream) {
    const uint32_t id = uint32_t(PerStream<32>::get(top_->retire_token_data_o, stream));
    tokens.push_back({cycle(), id, stream});
    if (!recording) return;
    retirement.fold(token, id);
    retirement.count(token, cycle(), stream);
  }

  void sampleLogits(uint32_t stream) {
    Logits& port = logits[stream];
    const bool isValid = PerStream<1>::get(top_->logits_tvalid_o, stream);
    if (!isValid && !port.waits) return;
    const bool isLast = PerStream<1>::get(top_->logits_tlast_o, stream);
    uint32_t step[rowLanes + 1];
    for (uint32_t lane = 0; lane < rowLanes; ++lane) {
      step[lane] = uint32_t(field(top_->logits_tdata_o, 32 * (rowLanes * stream + lane), 32));
    }
    step[rowLanes] = logitsKeep(*top_, stream);
    if (port.waits && (!isValid || std::memcmp(step, port.waiting, sizeof step) != 0)) {
      complain("a logit changed or fell while TREADY was low", port.waiting[0]);
    }
    port.waits = isValid && !PerStream<1>::get(top_->logits_tready_i, stream);
    std::memcpy(port.waiting, step, sizeof step);
    if (!isValid || port.waits) return;
    bool isPadding = false;
    for (uint32_t lane = 0; lane < rowLanes; ++lane) {
      const uint32_t keep = step[rowLanes] >> (4 * lane) & 0xF;
      // Whole words from the lowest on, and fewer than all of them in the last step only.
      if (keep != (isPadding ? 0u : 0xFu) && (keep != 0 || lane == 0 || !isLast)) {
        complain("TKEEP of the logits stream", step[rowLanes]);
      }
      isPadding = keep != 0xF;
      if (isPadding) continue;
      float value;
      std::memcpy(&value, &step[lane], 4);
      port.values.push_back(value);
    }
    if (isLast) port.rows.push_back(port.values.size());
  }

  // Every output of this cycle, in the order of the ports; wide ones by 32 bits, low first.
  uint64_t outputDigest() {
    uint64_t digest = 0;
    const auto add = [&digest](const auto& port) {
      if constexpr (std::is_integral_v<std::remove_reference_t<decltype(port)>>) {
        digest = setun::fold(digest, port);
      } else {
        for (size_t i = 0; i < sizeof(port) / 4; ++i) digest = setun::fold(digest, port.data()[i]);
      }
    };
    add(top_->axil_awready_o), add(top_->axil_wready_o), add(top_->axil_bvalid_o), add(top_->axil_arready_o);
    add(top_->axil_rvalid_o), add(top_->axil_bresp_o), add(top_->axil_rdata_o), add(top_->axil_rresp_o);
    add(top_->axi_arvalid_o), add(top_->axi_araddr_o), add(top_->axi_arid_o), add(top_->axi_arlen_o);
    add(top_->axi_arsize_o), add(top_->axi_arburst_o), add(top_->axi_rready_o);
    add(top_->logits_tvalid_o), add(top_->logits_tdata_o);
    addLogitsKeep(*top_, add);
    add(top_->logits_tlast_o), add(top_->retire_start_o);
    add(top_->retire_load_valid_o), add(top_->retire_load_last_o), add(top_->retire_load_tag_o);
    add(top_->retire_load_data_o);
    add(top_->retire_sums_valid_o), add(top_->retire_sums_last_o), add(top_->retire_sums_tag_o);
    add(top_->retire_sums_data_o);
    add(top_->retire_element_valid_o), add(top_->retire_element_last_o), add(top_->retire_element_tag_o);
    add(top_->retire_element_data_o);
    add(top_->retire_quantise_valid_o), add(top_->retire_quantise_last_o), add(top_->retire_quantise_tag_o);
    add(top_->retire_quantise_data_o);
    add(top_->retire_scale_valid_o), add(top_->retire_scale_last_o), add(top_->retire_scale_tag_o);
    add(top_->retire_scale_data_o), add(top_->retire_token_valid_o), add(top_->retire_token_data_o);
    return digest;
  }

  // Only several lanes have the port.
  template <class Top, class Add>
  static void addLogitsKeep(const Top& top, const Add& add) {
    if constexpr (rowLanes > 1) add(top.logits_tkeep_o);
  }

  void sampleAddress(uint32_t number) {
    Channel& channel = channels_[number];
    const Burst burst = request(number);
    const uint64_t address = burst.address;
    if (address != channel.asked.address || burst.beats != channel.asked.beats || burst.id != channel.asked.id) {
      complain(number, "the request changed while ARVALID waited, address", channel.asked.address);
    }
    if (!PerChannel<1>::get(top_->axi_arready_i, number)) return;
    if (address % beatBytes != 0) complain(number, "ARADDR is not a multiple of the beat", address);
    if ((address & 4095) + uint64_t(burst.beats) * beatBytes > 4096) {
      complain(number, "a burst crosses 4 KiB, address", address);
    }
    const uint64_t size = PerChannel<3>::get(top_->axi_arsize_o, number);
    if (size != log2(beatBytes)) complain(number, "ARSIZE is not the beat", size);
    const uint64_t kind = PerChannel<2>::get(top_->axi_arburst_o, number);
    if (kind != 1) complain(number, "ARBURST is not INCR", kind);
    if (!started_) complain(number, "a request before START, address", address);
    channel.memory.accept(burst, now_);
    channel.waiting = false;
    if (recording) {
      for (const uint64_t word : {cycle(), address, uint64_t(burst.beats)}) {
        retirement.fold(Kind::address, word, number);
      }
      retirement.count(Kind::address, cycle(), 4 * number + burst.id, number);
    }
  }

  void sampleData(uint32_t number) {
    Memory& memory = channels_[number].memory;
    if (!PerChannel<1>::get(top_->axi_rready_o, number)) {
      complain(number, "RREADY is low for beat", memory.dataCount);
      return;
    }
    if (recording) {
      retirement.fold(Kind::data, cycle(), number);
      retirement.foldWide(Kind::data, beatOf(number), beatWords, number);
      if (memory.isLast()) retirement.count(Kind::data, cycle(), number, number);
    }
    memory.pop();
  }

  void sampleRetirement() {
    if (!started_ && (top_->retire_load_valid_o || top_->retire_sums_valid_o || top_->retire_element_valid_o ||
                      top_->retire_quantise_valid_o || top_->retire_scale_valid_o || top_->retire_token_valid_o)) {
      complain("something retired before START", 0);
    }
    if (top_->retire_load_valid_o) {
      retirement.foldWide(load, top_->retire_load_data_o.data(), channelCount * beatWords);
      if (top_->retire_load_last_o) retirement.close(load, cycle(), top_->retire_load_tag_o);
    }
    if (top_->retire_sums_valid_o) {
      retirement.fold(sums, cycle());
      for (uint32_t number = 0; number < channelCount; ++number) {
        if (!PerChannel<1>::get(top_->retire_sums_valid_o, number)) continue;
        const uint32_t* sum = top_->retire_sums_data_o.data() + 5 * streamCount * number;
        for (uint32_t i = 0; i < 5 * streamCount; ++i) retirement.fold(sums, uint64_t(int64_t(int32_t(sum[i]))));
      }
      if (top_->retire_sums_last_o) retirement.close(sums, cycle(), top_->retire_sums_tag_o);
    }
    if (top_->retire_element_valid_o) {
      const uint32_t* word = top_->retire_element_data_o.data();
      for (uint32_t lane = 0; lane < rowLanes; ++lane) {
        if ((top_->retire_element_valid_o >> lane & 1) == 0) continue;
        for (uint32_t stream = 0; stream < streamCount; ++stream) {
          const uint32_t* part = word + 4 * (rowLanes * stream + lane);
          for (int i = 0; i < 4; ++i) retirement.fold(element, part[i]);
        }
      }
      if (top_->retire_element_last_o) retirement.close(element, cycle(), top_->retire_element_tag_o);
    }
    if (top_->retire_quantise_valid_o) {
      retirement.foldWide(quantise, top_->retire_quantise_data_o.data(), streamCount * beatWords);
      if (top_->retire_quantise_last_o) retirement.close(quantise, cycle(), top_->retire_quantise_tag_o);
    }
    if (top_->retire_scale_valid_o) {
      for (uint32_t stream = 0; stream < streamCount; ++stream) {
        retirement.fold(scale, PerStream<32>::get(top_->retire_scale_data_o, stream));
      }
      if (top_->retire_scale_last_o) retirement.close(scale, cycle(), top_->retire_scale_tag_o);
    }
  }

  void sampleHost() {
    tookWriteAddress_ = top_->axil_awvalid_i && top_->axil_awready_o;
    tookWriteData_ = top_->axil_wvalid_i && top_->axil_wready_o;
    tookWriteResponse_ = top_->axil_bvalid_o && top_->axil_bready_i;
    if (tookWriteResponse_) writeResponse_ = top_->axil_bresp_o;
    // What is taken twice is lost: one write at a time.
    if (holdsWriteAddress_ && top_->axil_awready_o) complain("AWREADY is high before the last write's data came", 0);
    if (holdsWriteData_ && top_->axil_wready_o) complain("WREADY is high before the last write's address came", 0);
    const bool hasAddress = holdsWriteAddress_ || tookWriteAddress_, hasData = holdsWriteData_ || tookWriteData_;
    holdsWriteAddress_ = hasAddress && !hasData;
    holdsWriteData_ = hasData && !hasAddress;
    tookReadAddress_ = top_->axil_arvalid_i && top_->axil_arready_o;
    tookReadData_ = top_->axil_rvalid_o && top_->axil_rready_i;
    if (tookReadData_) {
      readData_ = top_->axil_rdata_o;
      readResponse_ = top_->axil_rresp_o;
    }
  }

  void dump(uint64_t phase) {
#if VM_TRACE
    if (trace_) trace_->dump(2 * now_ + phase);
#else
    (void)phase;
#endif
  }

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Model> top_;
#if VM_TRACE
  std::unique_ptr<TraceFile> traceFile_;  // outlives what writes to it
  std::unique_ptr<VerilatedVcdC> trace_;
#endif
  uint64_t now_ = 0;
  uint64_t origin_ = 0;
  bool started_ = false;
  bool inReset_ = true;
  uint64_t channelBytes_;  // from one channel's part of the image to the next
  std::vector<Channel> channels_;
  uint64_t hostCount_ = 0;
  bool host_ = false;  // a control transaction is under way
  bool holdsWriteAddress_ = false, holdsWriteData_ = false;
  bool tookWriteAddress_ = false, tookWriteData_ = false, tookWriteResponse_ = false;
  bool tookReadAddress_ = false, tookReadData_ = false;
  uint32_t writeResponse_ = 0, readData_ = 0, readResponse_ = 0;
};

inline Harness& harness(void* handle) { return *static_cast<Harness*>(handle); }

}  // namespace setun

uint32_t setun_version() { return setunHarnessVersion; }
uint32_t setun_channels() { return setun::channelCount; }
uint32_t setun_streams() { return setun::streamCount; }
uint32_t setun_beat_bits() { return 8 * setun::beatBytes; }
uint32_t setun_can_trace() { return VM_TRACE; }
uint64_t setun_fold(uint64_t digest, uint64_t word) { return setun::fold(digest, word); }

uint32_t setun_stall(uint32_t random, uint64_t seed, uint32_t channel, uint64_t index) {
  return uint32_t(setun::stall(random != 0, seed, channel, index));
}

void* setun_create(const uint8_t* image, uint64_t size, uint64_t base, uint64_t channelBytes, const uint64_t* memory,
                   uint32_t words, uint32_t stateSeed) {
  setun::MemoryModel model;
  if (!model.read(memory, words) || (setun::channelCount > 1 && channelBytes == 0)) return nullptr;
  return new setun::Harness(image, size, base, channelBytes, model, stateSeed);
}

void* setun_channel_create(const uint64_t* memory, uint32_t words, uint32_t beatBytes, uint32_t port) {
  setun::MemoryModel model;
  if (!model.read(memory, words)) return nullptr;
  return new setun::MemoryChannel(model, beatBytes, port);
}

void setun_channel_destroy(void* channel) { delete static_cast<setun::MemoryChannel*>(channel); }

int64_t setun_channel_accept(void* handle, int64_t visible, int64_t address, uint32_t beats) {
  auto& channel = *static_cast<setun::MemoryChannel*>(handle);
  const int64_t accepted = channel.acceptance(visible);
  channel.accept(accepted, address, beats);
  return accepted;
}

int64_t setun_channel_next(void* channel) { return static_cast<setun::MemoryChannel*>(channel)->next(); }

void setun_destroy(void* handle) { delete static_cast<setun::Harness*>(handle); }
void setun_reset(void* handle, uint32_t cycles) { setun::harness(handle).reset(cycles); }

int32_t setun_write(void* handle, uint32_t address, uint32_t data, uint32_t timeout) {
  return setun::harness(handle).write(address, data, timeout);
}

int32_t setun_read(void* handle, uint32_t address, uint32_t* data, uint32_t timeout) {
  return setun::harness(handle).read(address, *data, timeout);
}

uint32_t setun_run(void* handle, uint64_t maxCycles, uint64_t tokenCount, int32_t statusAddress,
                   uint32_t pollInterval) {
  return setun::harness(handle).run(maxCycles, tokenCount, statusAddress, pollInterval);
}

uint64_t setun_outstanding(void* handle) { return setun::harness(handle).outstanding(); }

void setun_set_logits_ready(void* handle, uint32_t mode, uint64_t seed) {
  setun::harness(handle).logitsReady = SetunReady(mode);
  setun::harness(handle).logitsSeed = seed;
}

void setun_set_host(void* handle, uint32_t random, uint64_t seed, uint32_t strobes) {
  setun::harness(handle).hostStalls = random != 0;
  setun::harness(handle).hostSeed = seed;
  setun::harness(handle).strobes = strobes & 0xF;
}

uint32_t setun_started(void* handle) { return setun::harness(handle).started(); }
uint64_t setun_cycle(void* handle) { return setun::harness(handle).cycle(); }
uint64_t setun_total_cycles(void* handle) { return setun::harness(handle).totalCycles(); }

uint64_t setun_address_count(void* handle, uint32_t channel) {
  return setun::harness(handle).memory(channel).addressCount;
}

uint64_t setun_data_count(void* handle, uint32_t channel) { return setun::harness(handle).memory(channel).dataCount; }

const SetunRecord* setun_records(void* handle, uint64_t* count) {
  const auto& list = setun::harness(handle).retirement.records;
  *count = list.size();
  return list.data();
}

const SetunToken* setun_tokens(void* handle, uint64_t* count) {
  const auto& list = setun::harness(handle).tokens;
  *count = list.size();
  return list.data();
}

const float* setun_logits(void* handle, uint32_t stream, uint64_t* count) {
  const auto& list = setun::harness(handle).logits[stream].values;
  *count = list.size();
  return list.data();
}

const uint64_t* setun_logit_rows(void* handle, uint32_t stream, uint64_t* count) {
  const auto& list = setun::harness(handle).logits[stream].rows;
  *count = list.size();
  return list.data();
}

void setun_clear_logits(void* handle, uint32_t stream) { setun::harness(handle).logits[stream].clearRows(); }

void setun_clear_records(void* handle) { setun::harness(handle).retirement.records.clear(); }
void setun_set_recording(void* handle, uint32_t on) { setun::harness(handle).recording = on != 0; }

void setun_set_output_recording(void* handle, uint32_t on) {
  setun::harness(handle).recordingOutputs = on != 0;
  setun::harness(handle).outputs.clear();
}

const uint64_t* setun_outputs(void* handle, uint64_t* count) {
  const auto& list = setun::harness(handle).outputs;
  *count = list.size();
  return list.data();
}

uint64_t setun_protocol_errors(void* handle) { return setun::harness(handle).errorCount; }

const char* setun_protocol_error(void* handle, uint64_t index) {
  const auto& list = setun::harness(handle).errors;
  return index < list.size() ? list[index].c_str() : nullptr;
}

void setun_fail_beat(void* handle, uint32_t channel, uint64_t beat, uint32_t response) {
  setun::harness(handle).failBeat(channel, beat, response);
}

void setun_flip(void* handle, uint64_t offset, uint32_t mask) { setun::harness(handle).flip(offset, uint8_t(mask)); }
void setun_clear_faults(void* handle) { setun::harness(handle).clearFaults(); }

uint32_t setun_trace_open(void* handle, const char* path) { return setun::harness(handle).openTrace(path); }
uint32_t setun_trace_close(void* handle) { return setun::harness(handle).closeTrace(); }
