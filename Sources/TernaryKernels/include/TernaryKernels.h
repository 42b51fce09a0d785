#ifndef TERNARY_KERNELS_H
#define TERNARY_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this build has the fast kernel.
bool setun_has_group_sums(void);

/// The five dot products of a row group with `count` activations, `count` a multiple of 32.
///
/// A byte of `codes` holds five trits of one column, as in TernaryCode. Returns the largest byte; when it is 243 or
/// more, the sums mean nothing.
uint8_t setun_group_sums(const uint8_t *codes, const int8_t *activations, size_t count, int32_t sums[5]);

/// The same for `streams` vectors of activations, each `stride` after the one before: five sums of each, one stream after
/// the other. The codes are decoded once.
uint8_t setun_group_sums_of_streams(const uint8_t *codes, const int8_t *activations, size_t stride, size_t streams,
                                    size_t count, int32_t *sums);

/// `count` machine floats of at most 15 fraction bits times k, rounded half away from zero and limited to -127 to 127:
/// FloatFormat.quantise for many elements. `k` is the factor's magnitude, not 0, and `kSign` its sign bit in place.
void setun_quantise(const uint32_t *elements, int8_t *result, size_t count, uint32_t fractionBits,
                    uint32_t exponentBits, uint32_t k, uint32_t kSign);

#endif
