/* SPDX-License-Identifier: Apache-2.0 */
#include "setun.h"

#define IMAGE_ALIGNMENT 4096u
#define IMAGE_ADDRESS_BITS 40

const char *setun_result_text(enum setun_result result) {
  switch (result) {
#define RESULT_CASE(name, value, text) \
  case SETUN_##name: \
    return text;
    SETUN_RESULTS(RESULT_CASE)
#undef RESULT_CASE
  }
  return "unknown result";
}

const char *setun_cause_text(uint32_t cause) {
  switch (cause) {
#define CAUSE_CASE(code, name, text, success) \
  case code: \
    return text;
    SETUN_CAUSES(CAUSE_CASE)
#undef CAUSE_CASE
    default:
      return "unknown cause";
  }
}

int setun_cause_is_success(uint32_t cause) {
  switch (cause) {
#define SUCCESS_CASE(code, name, text, success) \
  case code: \
    return success;
    SETUN_CAUSES(SUCCESS_CASE)
#undef SUCCESS_CASE
    default:
      return 0;
  }
}

static enum setun_result read32(struct setun_device *device, uint32_t offset, uint32_t *value) {
  return device->transport.read32(device->transport.context, offset, value) == 0 ? SETUN_OK : SETUN_ACCESS;
}

static enum setun_result write32(struct setun_device *device, uint32_t offset, uint32_t value) {
  return device->transport.write32(device->transport.context, offset, value) == 0 ? SETUN_OK : SETUN_ACCESS;
}

enum setun_result setun_open(struct setun_device *device, const struct setun_transport *transport,
                             const struct setun_configuration *configuration) {
  uint32_t identity, version, hash_low, hash_high;
  enum setun_result result;

  device->transport = *transport;
  device->configuration = *configuration;
  result = read32(device, SETUN_REG_IDENTITY, &identity);
  if (result != SETUN_OK) return result;
  if (identity != SETUN_IDENTITY_VALUE) return SETUN_NOT_SETUN;
  result = read32(device, SETUN_REG_VERSION, &version);
  if (result != SETUN_OK) return result;
  if (version != SETUN_FORMAT_VERSION) return SETUN_WRONG_VERSION;
  result = read32(device, SETUN_REG_CONFIG_HASH_LOW, &hash_low);
  if (result == SETUN_OK) result = read32(device, SETUN_REG_CONFIG_HASH_HIGH, &hash_high);
  if (result != SETUN_OK) return result;
  if (hash_low != configuration->hash_low || hash_high != configuration->hash_high) return SETUN_WRONG_CONFIGURATION;
  return SETUN_OK;
}

enum setun_result setun_read_status(struct setun_device *device, struct setun_status *status) {
  uint32_t word;
  enum setun_result result = read32(device, SETUN_REG_STATUS, &word);

  if (result != SETUN_OK) return result;
  status->busy = (word & SETUN_STATUS_BUSY_MASK) != 0;
  status->token_available = (word & SETUN_STATUS_TOKEN_AVAILABLE_MASK) != 0;
  status->cause = (word & SETUN_STATUS_CAUSE_MASK) >> SETUN_STATUS_CAUSE_SHIFT;
  return SETUN_OK;
}

static enum setun_result expect_idle(struct setun_device *device) {
  struct setun_status status;
  enum setun_result result = setun_read_status(device, &status);

  if (result != SETUN_OK) return result;
  return status.busy ? SETUN_BUSY : SETUN_OK;
}

/* Writes the settings of the stream that PROMPT, PROMPT_LENGTH and TOKEN_BUDGET then belong to. */
static enum setun_result write_sequence(struct setun_device *device, uint32_t stream, const uint16_t *prompt,
                                        size_t length, uint32_t budget) {
  enum setun_result result = SETUN_OK;
  size_t index;

  if (device->configuration.streams > 1) result = write32(device, SETUN_REG_STREAM, stream);
  for (index = 0; index < length && result == SETUN_OK; index++) {
    result = write32(device, SETUN_REG_PROMPT + (uint32_t)index * SETUN_PROMPT_STRIDE, prompt[index]);
  }
  if (result == SETUN_OK) result = write32(device, SETUN_REG_PROMPT_LENGTH, (uint32_t)length);
  if (result == SETUN_OK) result = write32(device, SETUN_REG_TOKEN_BUDGET, budget);
  return result;
}

enum setun_result setun_set_sequence(struct setun_device *device, uint32_t stream, const uint16_t *prompt, size_t length,
                                     uint32_t budget) {
  const struct setun_configuration *configuration = &device->configuration;
  enum setun_result result;
  size_t index;

  if (stream >= configuration->streams || length > configuration->prompt_capacity) return SETUN_BAD_ARGUMENT;
  if (length == 0) {
    if (configuration->streams == 1) return SETUN_BAD_ARGUMENT;
    budget = 0;
  } else if (budget == 0) {
    return SETUN_BAD_ARGUMENT;
  }
  for (index = 0; index < length; index++) {
    if (prompt[index] >= configuration->vocabulary_capacity) return SETUN_BAD_ARGUMENT;
  }
  result = expect_idle(device);
  if (result != SETUN_OK) return result;
  return write_sequence(device, stream, prompt, length, budget);
}

enum setun_result setun_clear_sequences(struct setun_device *device) {
  enum setun_result result = expect_idle(device);
  uint32_t stream;

  if (device->configuration.streams == 1) return result;
  for (stream = 0; stream < device->configuration.streams && result == SETUN_OK; stream++) {
    result = write_sequence(device, stream, NULL, 0, 0);
  }
  return result;
}

/* Takes the tokens that nobody has read; the FIFO of an idle core gets no more. */
static enum setun_result drop_tokens(struct setun_device *device) {
  struct setun_token token;
  enum setun_result result = SETUN_OK;
  uint32_t count;

  for (count = 0; count <= device->configuration.token_capacity && result == SETUN_OK; count++) {
    result = setun_read_token(device, &token);
  }
  return result == SETUN_NO_TOKEN ? SETUN_OK : result == SETUN_OK ? SETUN_ACCESS : result;
}

enum setun_result setun_start(struct setun_device *device, const struct setun_run *run) {
  const uint32_t known = SETUN_CONTROL_CLEAR_MASK | SETUN_CONTROL_USE_EOS_MASK | SETUN_CONTROL_LOGITS_MASK |
                         SETUN_CONTROL_SCORE_MASK | SETUN_CONTROL_ONE_SEQUENCE_MASK;
  enum setun_result result;

  if ((run->options & ~known) != 0) return SETUN_BAD_ARGUMENT;
  if (run->image_base % IMAGE_ALIGNMENT != 0 || run->image_base >> IMAGE_ADDRESS_BITS != 0) return SETUN_BAD_ARGUMENT;
  if (device->configuration.channels > 1 && run->channel_stride % IMAGE_ALIGNMENT != 0) return SETUN_BAD_ARGUMENT;
  result = expect_idle(device);
  if (result == SETUN_OK) result = drop_tokens(device);
  if (result == SETUN_OK) result = write32(device, SETUN_REG_IMAGE_BASE_LOW, (uint32_t)(run->image_base & 0xFFFFFFFFu));
  if (result == SETUN_OK) result = write32(device, SETUN_REG_IMAGE_BASE_HIGH, (uint32_t)(run->image_base >> 32));
  if (result == SETUN_OK && device->configuration.channels > 1) {
    result = write32(device, SETUN_REG_CHANNEL_STRIDE, run->channel_stride);
  }
  if (result == SETUN_OK && (run->options & SETUN_CONTROL_USE_EOS_MASK) != 0) {
    result = write32(device, SETUN_REG_EOS_ID, run->end_token);
  }
  if (result == SETUN_OK) result = write32(device, SETUN_REG_CONTROL, run->options | SETUN_CONTROL_START_MASK);
  return result;
}

enum setun_result setun_read_token(struct setun_device *device, struct setun_token *token) {
  uint32_t word;
  enum setun_result result = read32(device, SETUN_REG_TOKEN, &word);

  if (result != SETUN_OK) return result;
  if ((word & SETUN_TOKEN_VALID_MASK) == 0) return SETUN_NO_TOKEN;
  token->id = (uint16_t)((word & SETUN_TOKEN_ID_MASK) >> SETUN_TOKEN_ID_SHIFT);
  token->stream = (uint8_t)((word & SETUN_TOKEN_STREAM_MASK) >> SETUN_TOKEN_STREAM_SHIFT);
  return SETUN_OK;
}

/* Lets time pass after look number `poll` of `polls`. */
static enum setun_result wait_more(struct setun_device *device, uint32_t poll, uint32_t polls) {
  if (poll + 1 >= polls) return SETUN_TIMEOUT;
  if (device->transport.wait != NULL && device->transport.wait(device->transport.context) != 0) return SETUN_TIMEOUT;
  return SETUN_OK;
}

enum setun_result setun_wait_token(struct setun_device *device, uint32_t polls, struct setun_token *token) {
  enum setun_result result = SETUN_TIMEOUT;
  uint32_t poll;

  for (poll = 0; poll < polls; poll++) {
    /* One read says both: an idle core with an empty FIFO has no token to come. */
    struct setun_status status;
    result = setun_read_status(device, &status);
    if (result != SETUN_OK) return result;
    if (status.token_available) return setun_read_token(device, token);
    if (!status.busy) return SETUN_ENDED;
    result = wait_more(device, poll, polls);
    if (result != SETUN_OK) return result;
  }
  return result;
}

enum setun_result setun_wait_idle(struct setun_device *device, uint32_t polls, uint32_t *cause) {
  enum setun_result result = SETUN_TIMEOUT;
  uint32_t poll;

  for (poll = 0; poll < polls; poll++) {
    struct setun_status status;
    result = setun_read_status(device, &status);
    if (result != SETUN_OK) return result;
    if (!status.busy) {
      *cause = status.cause;
      return SETUN_OK;
    }
    result = wait_more(device, poll, polls);
    if (result != SETUN_OK) return result;
  }
  return result;
}

enum setun_result setun_abort(struct setun_device *device) {
  return write32(device, SETUN_REG_CONTROL, SETUN_CONTROL_ABORT_MASK);
}

enum setun_result setun_soft_reset(struct setun_device *device) {
  return write32(device, SETUN_REG_CONTROL, SETUN_CONTROL_SOFT_RESET_MASK);
}

/* Reads a counter that may go on between its halves: the high half must be the same before and after the low one. */
static enum setun_result read_counter(struct setun_device *device, uint32_t low, uint32_t high, uint64_t *value) {
  uint32_t upper, lower, again;
  enum setun_result result = read32(device, high, &upper);

  if (result == SETUN_OK) result = read32(device, low, &lower);
  if (result == SETUN_OK) result = read32(device, high, &again);
  if (result != SETUN_OK) return result;
  if (again != upper) {
    /* The low half has just passed 0, and does so once in 2^32 cycles. */
    result = read32(device, low, &lower);
    if (result != SETUN_OK) return result;
  }
  *value = (uint64_t)again << 32 | lower;
  return SETUN_OK;
}

enum setun_result setun_read_cycles(struct setun_device *device, uint64_t *cycles) {
  return read_counter(device, SETUN_REG_CYCLES_LOW, SETUN_REG_CYCLES_HIGH, cycles);
}

enum setun_result setun_read_beats(struct setun_device *device, uint64_t *beats) {
  return read_counter(device, SETUN_REG_BEATS_LOW, SETUN_REG_BEATS_HIGH, beats);
}
