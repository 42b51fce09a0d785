/* SPDX-License-Identifier: Apache-2.0
 *
 * The control port of setun_core, written by `rtlgen registers --format c`.
 *
 * SETUN_REG_<register>                  byte offset
 * SETUN_REG_<register>_RESET            what it reads after a reset, where that is the same for every core
 * SETUN_REG_<register>_WRITABLE         the bits that take what is written, where it can be written
 * SETUN_<register>_<field>_SHIFT, _MASK a field
 * SETUN_CAUSE_<cause>                   a value of STATUS.CAUSE
 * SETUN_CONFIG_<name>_<parameter>       what a driver must know of a configuration
 */
#ifndef SETUN_REGISTERS_H
#define SETUN_REGISTERS_H

#define SETUN_ADDRESS_SPACE                          0x00010000u /* bytes */
#define SETUN_IDENTITY_VALUE                         0x4E544553u /* what IDENTITY reads */
#define SETUN_FORMAT_VERSION                         1u /* what VERSION reads */

/* R: the letters SETN */
#define SETUN_REG_IDENTITY                           0x0000u
#define SETUN_REG_IDENTITY_RESET                     0x4E544553u

/* R: image format version */
#define SETUN_REG_VERSION                            0x0004u
#define SETUN_REG_VERSION_RESET                      0x00000001u

/* R: configuration hash, low half */
#define SETUN_REG_CONFIG_HASH_LOW                    0x0008u

/* R: configuration hash, high half */
#define SETUN_REG_CONFIG_HASH_HIGH                   0x000Cu

/* W: commands; the options count only together with START */
#define SETUN_REG_CONTROL                            0x0010u
#define SETUN_REG_CONTROL_WRITABLE                   0x000000FFu
#define SETUN_CONTROL_START_SHIFT                    0u /* start a sequence */
#define SETUN_CONTROL_START_MASK                     0x00000001u
#define SETUN_CONTROL_ABORT_SHIFT                    1u /* stop requests, drain, report abort */
#define SETUN_CONTROL_ABORT_MASK                     0x00000002u
#define SETUN_CONTROL_SOFT_RESET_SHIFT               2u /* stop requests, drain, report soft reset */
#define SETUN_CONTROL_SOFT_RESET_MASK                0x00000004u
#define SETUN_CONTROL_CLEAR_SHIFT                    3u /* the recurrent state reads as 0 at the first position */
#define SETUN_CONTROL_CLEAR_MASK                     0x00000008u
#define SETUN_CONTROL_USE_EOS_SHIFT                  4u /* stop after the token in EOS_ID */
#define SETUN_CONTROL_USE_EOS_MASK                   0x00000010u
#define SETUN_CONTROL_LOGITS_SHIFT                   5u /* stream the logits */
#define SETUN_CONTROL_LOGITS_MASK                    0x00000020u
#define SETUN_CONTROL_SCORE_SHIFT                    6u /* every prompt position runs the head */
#define SETUN_CONTROL_SCORE_MASK                     0x00000040u
#define SETUN_CONTROL_ONE_SEQUENCE_SHIFT             7u /* all streams work on the sequence of stream 0 */
#define SETUN_CONTROL_ONE_SEQUENCE_MASK              0x00000080u

/* R: busy, cause of the last stop, token available */
#define SETUN_REG_STATUS                             0x0014u
#define SETUN_REG_STATUS_RESET                       0x00000000u
#define SETUN_STATUS_BUSY_SHIFT                      0u /* a sequence runs or drains */
#define SETUN_STATUS_BUSY_MASK                       0x00000001u
#define SETUN_STATUS_CAUSE_SHIFT                     8u /* why the last sequence stopped */
#define SETUN_STATUS_CAUSE_MASK                      0x0000FF00u
#define SETUN_STATUS_TOKEN_AVAILABLE_SHIFT           16u /* TOKEN holds a token */
#define SETUN_STATUS_TOKEN_AVAILABLE_MASK            0x00010000u

/* RW: byte address of the image, low half (4 KiB aligned) */
#define SETUN_REG_IMAGE_BASE_LOW                     0x0018u
#define SETUN_REG_IMAGE_BASE_LOW_RESET               0x00000000u
#define SETUN_REG_IMAGE_BASE_LOW_WRITABLE            0xFFFFF000u

/* RW: byte address of the image, high half */
#define SETUN_REG_IMAGE_BASE_HIGH                    0x001Cu
#define SETUN_REG_IMAGE_BASE_HIGH_RESET              0x00000000u
#define SETUN_REG_IMAGE_BASE_HIGH_WRITABLE           0x000000FFu

/* RW: tokens in the prompt, 1 to promptCapacity; with several streams 0 for one that takes no part */
#define SETUN_REG_PROMPT_LENGTH                      0x0020u
#define SETUN_REG_PROMPT_LENGTH_RESET                0x00000000u
#define SETUN_REG_PROMPT_LENGTH_WRITABLE             0xFFFFFFFFu

/* RW: tokens to generate, at least 1 */
#define SETUN_REG_TOKEN_BUDGET                       0x0024u
#define SETUN_REG_TOKEN_BUDGET_RESET                 0x00000000u
#define SETUN_REG_TOKEN_BUDGET_WRITABLE              0xFFFFFFFFu

/* RW: token that ends generation when USE_EOS is given */
#define SETUN_REG_EOS_ID                             0x0028u
#define SETUN_REG_EOS_ID_RESET                       0x00000000u
#define SETUN_REG_EOS_ID_WRITABLE                    0xFFFFFFFFu

/* R: next generated token; a read takes it from the FIFO */
#define SETUN_REG_TOKEN                              0x002Cu
#define SETUN_REG_TOKEN_RESET                        0x00000000u
#define SETUN_TOKEN_ID_SHIFT                         0u /* token id */
#define SETUN_TOKEN_ID_MASK                          0x0000FFFFu
#define SETUN_TOKEN_STREAM_SHIFT                     24u /* the stream that decided it */
#define SETUN_TOKEN_STREAM_MASK                      0x0F000000u
#define SETUN_TOKEN_VALID_SHIFT                      31u /* the FIFO held a token */
#define SETUN_TOKEN_VALID_MASK                       0x80000000u

/* R: cycles from START to idle, low half */
#define SETUN_REG_CYCLES_LOW                         0x0030u
#define SETUN_REG_CYCLES_LOW_RESET                   0x00000000u

/* R: cycles from START to idle, high half */
#define SETUN_REG_CYCLES_HIGH                        0x0034u
#define SETUN_REG_CYCLES_HIGH_RESET                  0x00000000u

/* R: steps in which stream beats were accepted since START, low half */
#define SETUN_REG_BEATS_LOW                          0x0038u
#define SETUN_REG_BEATS_LOW_RESET                    0x00000000u

/* R: steps in which stream beats were accepted since START, high half */
#define SETUN_REG_BEATS_HIGH                         0x003Cu
#define SETUN_REG_BEATS_HIGH_RESET                   0x00000000u

/* RW: bytes between the image's parts (4 KiB aligned); only where there are several channels */
#define SETUN_REG_CHANNEL_STRIDE                     0x0040u /* on cores of several channels */
#define SETUN_REG_CHANNEL_STRIDE_RESET               0x00000000u
#define SETUN_REG_CHANNEL_STRIDE_WRITABLE            0xFFFFF000u

/* RW: the stream whose PROMPT_LENGTH, TOKEN_BUDGET and PROMPT are meant; only where there are several */
#define SETUN_REG_STREAM                             0x0044u /* on cores of several streams */
#define SETUN_REG_STREAM_RESET                       0x00000000u
#define SETUN_REG_STREAM_WRITABLE                    0x0000000Fu

/* W: the prompt's token ids, in order; cannot be written while busy */
#define SETUN_REG_PROMPT                             0x4000u /* entry 0 */
#define SETUN_PROMPT_STRIDE                          4u /* bytes from one entry to the next */
#define SETUN_PROMPT_ENTRIES                         12288u /* room in the address space; a core has fewer */

/* Why the last run stopped. */
#define SETUN_CAUSE_NONE                             0u /* none */
#define SETUN_CAUSE_BUDGET_REACHED                   1u /* budget reached */
#define SETUN_CAUSE_END_OF_SEQUENCE                  2u /* end of sequence */
#define SETUN_CAUSE_ABORT                            3u /* abort */
#define SETUN_CAUSE_SOFT_RESET                       4u /* soft reset */
#define SETUN_CAUSE_MEMORY_ERROR                     5u /* memory error */
#define SETUN_CAUSE_BAD_TRIT_CODE                    6u /* bad trit code */
#define SETUN_CAUSE_ILLEGAL_INSTRUCTION              7u /* illegal instruction */
#define SETUN_CAUSE_HEADER_FORMAT                    8u /* header magic, version or size */
#define SETUN_CAUSE_HEADER_HASH                      9u /* header configuration hash */
#define SETUN_CAUSE_HEADER_CRC                       10u /* header CRC */
#define SETUN_CAUSE_BAD_START                        11u /* bad start (prompt length, budget or token out of range) */

/* The same as a list: X(code, name, text, whether the run ended as it was asked to). */
#define SETUN_CAUSES(X) \
  X(0u, NONE, "none", 0) \
  X(1u, BUDGET_REACHED, "budget reached", 1) \
  X(2u, END_OF_SEQUENCE, "end of sequence", 1) \
  X(3u, ABORT, "abort", 0) \
  X(4u, SOFT_RESET, "soft reset", 0) \
  X(5u, MEMORY_ERROR, "memory error", 0) \
  X(6u, BAD_TRIT_CODE, "bad trit code", 0) \
  X(7u, ILLEGAL_INSTRUCTION, "illegal instruction", 0) \
  X(8u, HEADER_FORMAT, "header magic, version or size", 0) \
  X(9u, HEADER_HASH, "header configuration hash", 0) \
  X(10u, HEADER_CRC, "header CRC", 0) \
  X(11u, BAD_START, "bad start (prompt length, budget or token out of range)", 0)

/* Configuration tiny. */
#define SETUN_CONFIG_TINY_HASH_LOW                   0x78d8ca2au
#define SETUN_CONFIG_TINY_HASH_HIGH                  0x7f33d0f8u
#define SETUN_CONFIG_TINY_CHANNELS                   1u
#define SETUN_CONFIG_TINY_STREAMS                    1u
#define SETUN_CONFIG_TINY_BEAT_BITS                  128u
#define SETUN_CONFIG_TINY_PROMPT_CAPACITY            1024u
#define SETUN_CONFIG_TINY_TOKEN_CAPACITY             64u
#define SETUN_CONFIG_TINY_VOCABULARY_CAPACITY        2048u
#define SETUN_CONFIG_TINY_CLOCK_MHZ                  100u
/* For struct setun_configuration of setun.h. */
#define SETUN_CONFIG_TINY_CONFIGURATION \
  { SETUN_CONFIG_TINY_HASH_LOW, \
    SETUN_CONFIG_TINY_HASH_HIGH, \
    SETUN_CONFIG_TINY_CHANNELS, \
    SETUN_CONFIG_TINY_STREAMS, \
    SETUN_CONFIG_TINY_PROMPT_CAPACITY, \
    SETUN_CONFIG_TINY_TOKEN_CAPACITY, \
    SETUN_CONFIG_TINY_VOCABULARY_CAPACITY }

/* Configuration wide. */
#define SETUN_CONFIG_WIDE_HASH_LOW                   0x3f026c44u
#define SETUN_CONFIG_WIDE_HASH_HIGH                  0x56efcd08u
#define SETUN_CONFIG_WIDE_CHANNELS                   1u
#define SETUN_CONFIG_WIDE_STREAMS                    1u
#define SETUN_CONFIG_WIDE_BEAT_BITS                  512u
#define SETUN_CONFIG_WIDE_PROMPT_CAPACITY            1024u
#define SETUN_CONFIG_WIDE_TOKEN_CAPACITY             64u
#define SETUN_CONFIG_WIDE_VOCABULARY_CAPACITY        32000u
#define SETUN_CONFIG_WIDE_CLOCK_MHZ                  250u
/* For struct setun_configuration of setun.h. */
#define SETUN_CONFIG_WIDE_CONFIGURATION \
  { SETUN_CONFIG_WIDE_HASH_LOW, \
    SETUN_CONFIG_WIDE_HASH_HIGH, \
    SETUN_CONFIG_WIDE_CHANNELS, \
    SETUN_CONFIG_WIDE_STREAMS, \
    SETUN_CONFIG_WIDE_PROMPT_CAPACITY, \
    SETUN_CONFIG_WIDE_TOKEN_CAPACITY, \
    SETUN_CONFIG_WIDE_VOCABULARY_CAPACITY }

/* Configuration kv260. */
#define SETUN_CONFIG_KV260_HASH_LOW                  0xf16ccdccu
#define SETUN_CONFIG_KV260_HASH_HIGH                 0xf6df5544u
#define SETUN_CONFIG_KV260_CHANNELS                  4u
#define SETUN_CONFIG_KV260_STREAMS                   1u
#define SETUN_CONFIG_KV260_BEAT_BITS                 128u
#define SETUN_CONFIG_KV260_PROMPT_CAPACITY           1024u
#define SETUN_CONFIG_KV260_TOKEN_CAPACITY            64u
#define SETUN_CONFIG_KV260_VOCABULARY_CAPACITY       32000u
#define SETUN_CONFIG_KV260_CLOCK_MHZ                 250u
/* For struct setun_configuration of setun.h. */
#define SETUN_CONFIG_KV260_CONFIGURATION \
  { SETUN_CONFIG_KV260_HASH_LOW, \
    SETUN_CONFIG_KV260_HASH_HIGH, \
    SETUN_CONFIG_KV260_CHANNELS, \
    SETUN_CONFIG_KV260_STREAMS, \
    SETUN_CONFIG_KV260_PROMPT_CAPACITY, \
    SETUN_CONFIG_KV260_TOKEN_CAPACITY, \
    SETUN_CONFIG_KV260_VOCABULARY_CAPACITY }

/* Configuration u250. */
#define SETUN_CONFIG_U250_HASH_LOW                   0xb0aa8907u
#define SETUN_CONFIG_U250_HASH_HIGH                  0xbe7bd34cu
#define SETUN_CONFIG_U250_CHANNELS                   4u
#define SETUN_CONFIG_U250_STREAMS                    1u
#define SETUN_CONFIG_U250_BEAT_BITS                  512u
#define SETUN_CONFIG_U250_PROMPT_CAPACITY            1024u
#define SETUN_CONFIG_U250_TOKEN_CAPACITY             64u
#define SETUN_CONFIG_U250_VOCABULARY_CAPACITY        32000u
#define SETUN_CONFIG_U250_CLOCK_MHZ                  300u
/* For struct setun_configuration of setun.h. */
#define SETUN_CONFIG_U250_CONFIGURATION \
  { SETUN_CONFIG_U250_HASH_LOW, \
    SETUN_CONFIG_U250_HASH_HIGH, \
    SETUN_CONFIG_U250_CHANNELS, \
    SETUN_CONFIG_U250_STREAMS, \
    SETUN_CONFIG_U250_PROMPT_CAPACITY, \
    SETUN_CONFIG_U250_TOKEN_CAPACITY, \
    SETUN_CONFIG_U250_VOCABULARY_CAPACITY }

/* Configuration u280. */
#define SETUN_CONFIG_U280_HASH_LOW                   0x7ff4b7f8u
#define SETUN_CONFIG_U280_HASH_HIGH                  0xa1920767u
#define SETUN_CONFIG_U280_CHANNELS                   32u
#define SETUN_CONFIG_U280_STREAMS                    1u
#define SETUN_CONFIG_U280_BEAT_BITS                  512u
#define SETUN_CONFIG_U280_PROMPT_CAPACITY            1024u
#define SETUN_CONFIG_U280_TOKEN_CAPACITY             64u
#define SETUN_CONFIG_U280_VOCABULARY_CAPACITY        32000u
#define SETUN_CONFIG_U280_CLOCK_MHZ                  225u
/* For struct setun_configuration of setun.h. */
#define SETUN_CONFIG_U280_CONFIGURATION \
  { SETUN_CONFIG_U280_HASH_LOW, \
    SETUN_CONFIG_U280_HASH_HIGH, \
    SETUN_CONFIG_U280_CHANNELS, \
    SETUN_CONFIG_U280_STREAMS, \
    SETUN_CONFIG_U280_PROMPT_CAPACITY, \
    SETUN_CONFIG_U280_TOKEN_CAPACITY, \
    SETUN_CONFIG_U280_VOCABULARY_CAPACITY }

/* Configuration d5005. */
#define SETUN_CONFIG_D5005_HASH_LOW                  0x5432123eu
#define SETUN_CONFIG_D5005_HASH_HIGH                 0xf7c7083cu
#define SETUN_CONFIG_D5005_CHANNELS                  4u
#define SETUN_CONFIG_D5005_STREAMS                   1u
#define SETUN_CONFIG_D5005_BEAT_BITS                 512u
#define SETUN_CONFIG_D5005_PROMPT_CAPACITY           1024u
#define SETUN_CONFIG_D5005_TOKEN_CAPACITY            64u
#define SETUN_CONFIG_D5005_VOCABULARY_CAPACITY       32000u
#define SETUN_CONFIG_D5005_CLOCK_MHZ                 300u
/* For struct setun_configuration of setun.h. */
#define SETUN_CONFIG_D5005_CONFIGURATION \
  { SETUN_CONFIG_D5005_HASH_LOW, \
    SETUN_CONFIG_D5005_HASH_HIGH, \
    SETUN_CONFIG_D5005_CHANNELS, \
    SETUN_CONFIG_D5005_STREAMS, \
    SETUN_CONFIG_D5005_PROMPT_CAPACITY, \
    SETUN_CONFIG_D5005_TOKEN_CAPACITY, \
    SETUN_CONFIG_D5005_VOCABULARY_CAPACITY }

/* Configuration u250x4. */
#define SETUN_CONFIG_U250X4_HASH_LOW                 0xdcaa30e6u
#define SETUN_CONFIG_U250X4_HASH_HIGH                0xc743d20au
#define SETUN_CONFIG_U250X4_CHANNELS                 4u
#define SETUN_CONFIG_U250X4_STREAMS                  4u
#define SETUN_CONFIG_U250X4_BEAT_BITS                512u
#define SETUN_CONFIG_U250X4_PROMPT_CAPACITY          1024u
#define SETUN_CONFIG_U250X4_TOKEN_CAPACITY           64u
#define SETUN_CONFIG_U250X4_VOCABULARY_CAPACITY      32000u
#define SETUN_CONFIG_U250X4_CLOCK_MHZ                300u
/* For struct setun_configuration of setun.h. */
#define SETUN_CONFIG_U250X4_CONFIGURATION \
  { SETUN_CONFIG_U250X4_HASH_LOW, \
    SETUN_CONFIG_U250X4_HASH_HIGH, \
    SETUN_CONFIG_U250X4_CHANNELS, \
    SETUN_CONFIG_U250X4_STREAMS, \
    SETUN_CONFIG_U250X4_PROMPT_CAPACITY, \
    SETUN_CONFIG_U250X4_TOKEN_CAPACITY, \
    SETUN_CONFIG_U250X4_VOCABULARY_CAPACITY }

/* Configuration ulx3s. */
#define SETUN_CONFIG_ULX3S_HASH_LOW                  0x45e3c913u
#define SETUN_CONFIG_ULX3S_HASH_HIGH                 0x3f0e7d6bu
#define SETUN_CONFIG_ULX3S_CHANNELS                  1u
#define SETUN_CONFIG_ULX3S_STREAMS                   1u
#define SETUN_CONFIG_ULX3S_BEAT_BITS                 256u
#define SETUN_CONFIG_ULX3S_PROMPT_CAPACITY           512u
#define SETUN_CONFIG_ULX3S_TOKEN_CAPACITY            64u
#define SETUN_CONFIG_ULX3S_VOCABULARY_CAPACITY       512u
#define SETUN_CONFIG_ULX3S_CLOCK_MHZ                 65u
/* For struct setun_configuration of setun.h. */
#define SETUN_CONFIG_ULX3S_CONFIGURATION \
  { SETUN_CONFIG_ULX3S_HASH_LOW, \
    SETUN_CONFIG_ULX3S_HASH_HIGH, \
    SETUN_CONFIG_ULX3S_CHANNELS, \
    SETUN_CONFIG_ULX3S_STREAMS, \
    SETUN_CONFIG_ULX3S_PROMPT_CAPACITY, \
    SETUN_CONFIG_ULX3S_TOKEN_CAPACITY, \
    SETUN_CONFIG_ULX3S_VOCABULARY_CAPACITY }

#endif
