/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of setun_core: the host's side of the AXI4-Lite control port.
 *
 * Plain C99 without allocation, library calls or global state. Everything goes through a table of functions, so the core may
 * lie behind a mapped window (setun_map.h), a debugger's link or a simulator. A device is used from one thread at a time.
 *
 *     struct setun_device device;
 *     const struct setun_configuration machine = SETUN_CONFIG_KV260_CONFIGURATION;
 *     enum setun_result result = setun_open(&device, &transport, &machine);
 *     if (result == SETUN_OK) result = setun_set_sequence(&device, 0, prompt, prompt_length, budget);
 *     if (result == SETUN_OK) result = setun_start(&device, &run);
 *     while (result == SETUN_OK && (result = setun_wait_token(&device, polls, &token)) == SETUN_OK) use(token.id);
 *     if (result == SETUN_ENDED) result = setun_wait_idle(&device, polls, &cause);
 *
 * The image lies in memory before setun_start, where the core's read masters see it: what a cache of the host still holds of it
 * is the caller's to write back.
 *
 * Every function that can fail returns SETUN_OK (0) or the reason; results are written only with SETUN_OK. What the core would
 * answer with SLVERR is refused here, before any access.
 */
#ifndef SETUN_H
#define SETUN_H

#include <stddef.h>
#include <stdint.h>

#include "setun_registers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, text). */
#define SETUN_RESULTS(X) \
  X(OK, 0, "done") \
  X(ACCESS, 1, "an access to the control port failed") \
  X(NOT_SETUN, 2, "IDENTITY is not that of a Setun core") \
  X(WRONG_VERSION, 3, "the core's image format is another version") \
  X(WRONG_CONFIGURATION, 4, "the core is of another configuration") \
  X(BUSY, 5, "a run is under way") \
  X(BAD_ARGUMENT, 6, "an argument is outside what the configuration allows") \
  X(NO_TOKEN, 7, "no token is there yet") \
  X(ENDED, 8, "the run has ended and every token is read") \
  X(TIMEOUT, 9, "the polls allowed are used up") \
  X(MAPPING, 10, "the register window cannot be mapped; errno says why")

enum setun_result {
#define SETUN_RESULT_CONSTANT(name, value, text) SETUN_##name = value,
  SETUN_RESULTS(SETUN_RESULT_CONSTANT)
#undef SETUN_RESULT_CONSTANT
};

/* A result in words; never null. */
const char *setun_result_text(enum setun_result result);

/* A stop cause (SETUN_CAUSE_...) in words; never null. */
const char *setun_cause_text(uint32_t cause);

/* 1 for the causes with which a run ends as it was asked to. */
int setun_cause_is_success(uint32_t cause);

/* How the control port is reached. Offsets are in bytes, multiples of 4. */
struct setun_transport {
  /* Handed to every function. */
  void *context;
  /* 0 when the core answered OKAY. */
  int (*read32)(void *context, uint32_t offset, uint32_t *value);
  /* 0 when the core answered OKAY. */
  int (*write32)(void *context, uint32_t offset, uint32_t value);
  /* Called between two looks at the core: sleeps, waits for an interrupt, or lets a simulator run. Anything but 0 gives up
     with SETUN_TIMEOUT. Null waits no time at all. */
  int (*wait)(void *context);
};

/* What must be known of the core's configuration: SETUN_CONFIG_<name>_CONFIGURATION of setun_registers.h, or of the header that
   `rtlgen registers --format c --config FILE` writes. */
struct setun_configuration {
  uint32_t hash_low, hash_high;
  uint32_t channels;
  uint32_t streams;
  uint32_t prompt_capacity;
  uint32_t token_capacity;
  uint32_t vocabulary_capacity;
};

struct setun_device {
  struct setun_transport transport;
  struct setun_configuration configuration;
};

/* STATUS, taken apart. */
struct setun_status {
  /* A run is under way, or what it asked of the memory is. */
  int busy;
  /* setun_read_token would give a token. */
  int token_available;
  /* Why the last run stopped (SETUN_CAUSE_...); SETUN_CAUSE_NONE while one goes on. */
  uint32_t cause;
};

struct setun_token {
  uint16_t id;
  /* The stream that decided it, from 0. */
  uint8_t stream;
};

/* What a run is asked besides its sequences. */
struct setun_run {
  /* Where the image lies for the core: a multiple of 4096 below 2^40. */
  uint64_t image_base;
  /* Bytes from one channel's part of the image to the next: a multiple of 4096; not used with one channel. */
  uint32_t channel_stride;
  /* Of SETUN_CONTROL_CLEAR_MASK, _USE_EOS_MASK, _LOGITS_MASK, _SCORE_MASK and _ONE_SEQUENCE_MASK. */
  uint32_t options;
  /* The token that ends generation, with SETUN_CONTROL_USE_EOS_MASK. */
  uint32_t end_token;
};

/* Fills the device, and checks identity, image format and configuration hash of the core: SETUN_ACCESS, SETUN_NOT_SETUN,
   SETUN_WRONG_VERSION or SETUN_WRONG_CONFIGURATION. Changes nothing in the core. */
enum setun_result setun_open(struct setun_device *device, const struct setun_transport *transport,
                             const struct setun_configuration *configuration);

/* Writes prompt and budget of a stream, 0 to streams - 1. A budget of 1 or more tokens, a prompt of 1 to prompt_capacity ids below
   vocabulary_capacity; on a core of several streams a prompt of no tokens leaves the stream out. They stay until they are
   written again. SETUN_BUSY while a run is under way, SETUN_BAD_ARGUMENT before anything is written. */
enum setun_result setun_set_sequence(struct setun_device *device, uint32_t stream, const uint16_t *prompt, size_t length,
                                     uint32_t budget);

/* Leaves every stream out, so that only those that are set afterwards take part; does nothing on a core of one stream. */
enum setun_result setun_clear_sequences(struct setun_device *device);

/* Starts a run: SETUN_BUSY when one is under way. Tokens that are left of the run before are dropped. A run that the core itself
   refuses (an image of another machine, a token outside the model's vocabulary) ends at once with its cause. */
enum setun_result setun_start(struct setun_device *device, const struct setun_run *run);

enum setun_result setun_read_status(struct setun_device *device, struct setun_status *status);

/* Takes the next token: SETUN_NO_TOKEN when none is there. */
enum setun_result setun_read_token(struct setun_device *device, struct setun_token *token);

/* Takes the next token, looking at the core at most `polls` times: SETUN_ENDED when none will come any more, SETUN_TIMEOUT. */
enum setun_result setun_wait_token(struct setun_device *device, uint32_t polls, struct setun_token *token);

/* Waits until no run is under way, looking at most `polls` times; the cause, or SETUN_TIMEOUT. A core whose token FIFO is full waits for
   the host: read the tokens first. */
enum setun_result setun_wait_idle(struct setun_device *device, uint32_t polls, uint32_t *cause);

/* Asks a run to stop, with cause SETUN_CAUSE_ABORT or SETUN_CAUSE_SOFT_RESET; setun_wait_idle then waits for its end. An idle core takes
   no notice. */
enum setun_result setun_abort(struct setun_device *device);
enum setun_result setun_soft_reset(struct setun_device *device);

/* Clock cycles from START to the last token or stop; those so far while a run is under way. */
enum setun_result setun_read_cycles(struct setun_device *device, uint64_t *cycles);

/* Steps in which beats of the stream were accepted since START. */
enum setun_result setun_read_beats(struct setun_device *device, uint64_t *beats);

#ifdef __cplusplus
}
#endif

#endif
