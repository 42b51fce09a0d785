#include "TernaryKernels.h"

/// One text for both functions below: the compiler makes vectors of it where the machine has them.
static inline __attribute__((always_inline)) void quantise(const uint32_t *restrict elements, int8_t *restrict result,
                                                           size_t count, uint32_t fractionBits, uint32_t exponentBits,
                                                           uint32_t k, uint32_t kSign) {
  const uint32_t hidden = 1u << fractionBits;
  const uint32_t magnitudeMask = (1u << (fractionBits + exponentBits)) - 1;
  const uint32_t signMask = magnitudeMask + 1;
  const uint32_t factor = (k & (hidden - 1)) | hidden;
  const int32_t bias = (1 << (exponentBits - 1)) - 1;
  const int32_t offset = (int32_t)(k >> fractionBits) - 2 * bias;
  const int32_t point = 2 * (int32_t)fractionBits - 1;
  for (size_t index = 0; index < count; index++) {
    const uint32_t bits = elements[index];
    const uint32_t magnitude = bits & magnitudeMask;
    // |z k| = product * 2^(scale - 2F), product from 2^(2F) to 2^(2F+2).
    const uint32_t product = ((magnitude & (hidden - 1)) | hidden) * factor;
    const int32_t scale = (int32_t)(magnitude >> fractionBits) + offset;
    // Where the scale is outside -2 to 6 the shift means nothing, and the result is decided below.
    const uint32_t halves = product >> ((uint32_t)(point - scale) & 31);
    uint32_t rounded = (halves + 1) >> 1;
    rounded = rounded > 127 || scale > 6 ? 127 : rounded;
    rounded = scale < -2 || magnitude == 0 ? 0 : rounded;
    const uint32_t negative = 0u - (uint32_t)(((bits ^ kSign) & signMask) != 0);
    result[index] = (int8_t)((rounded ^ negative) - negative);
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void quantise_avx2(const uint32_t *restrict elements, int8_t *restrict result,
                                                          size_t count, uint32_t fractionBits, uint32_t exponentBits,
                                                          uint32_t k, uint32_t kSign) {
  quantise(elements, result, count, fractionBits, exponentBits, k, kSign);
}
#endif

void setun_quantise(const uint32_t *elements, int8_t *result, size_t count, uint32_t fractionBits,
                    uint32_t exponentBits, uint32_t k, uint32_t kSign) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    quantise_avx2(elements, result, count, fractionBits, exponentBits, k, kSign);
    return;
  }
#endif
  quantise(elements, result, count, fractionBits, exponentBits, k, kSign);
}
