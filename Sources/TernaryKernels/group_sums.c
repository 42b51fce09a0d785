#include "TernaryKernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

bool setun_has_group_sums(void) { return __builtin_cpu_supports("avx2"); }

#define AVX2 __attribute__((target("avx2")))

/// The sum of eight lanes.
AVX2 static inline int32_t total(__m256i lanes) {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
  return _mm_cvtsi128_si32(sum);
}

// A code v becomes the fraction p = v + ceil(13 v / 243) of 256, whose base-3 digits are the integer parts of repeated
// products by 3, the highest row first. Held as q = p - 128 the product is 3q, wrapping, and the digit is the number
// of the thresholds 256/3 and 512/3 that p exceeds. Everything stays in bytes, 32 columns at a time.
typedef struct {
  __m256i base, last, nibble, third, twoThirds;
} Constants;

AVX2 static inline Constants constants(void) {
  return (Constants){
      // The correction ceil(13 v / 243) - 128 by the high four bits of v: at low four bits 0, and the largest low four
      // bits for which it holds; beyond them it is one more.
      .base = _mm256_broadcastsi128_si256(_mm_setr_epi8(
          -128, -127, -126, -125, -124, -123, -122, -122, -121, -120, -119, -118, -117, -116, -116, -115)),
      .last = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 2, 5, 8, 10, 13, 15, 0, 2, 5, 8, 10, 13, 15, 0, 3)),
      .nibble = _mm256_set1_epi8(15),
      .third = _mm256_set1_epi8(85 - 128),
      .twoThirds = _mm256_set1_epi8(170 - 128),
  };
}

/// q of 32 codes.
AVX2 static inline __m256i fraction(__m256i v, Constants c) {
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), c.nibble);
  const __m256i isMore = _mm256_cmpgt_epi8(_mm256_and_si256(v, c.nibble), _mm256_shuffle_epi8(c.last, high));
  return _mm256_add_epi8(v, _mm256_sub_epi8(_mm256_shuffle_epi8(c.base, high), isMore));
}

/// The digit of q.
AVX2 static inline __m256i digit(__m256i q, Constants c) {
  const __m256i minus = _mm256_add_epi8(_mm256_cmpgt_epi8(q, c.third), _mm256_cmpgt_epi8(q, c.twoThirds));
  return _mm256_sub_epi8(_mm256_setzero_si256(), minus);
}

/// q of the next digit.
AVX2 static inline __m256i next(__m256i q) { return _mm256_add_epi8(q, _mm256_add_epi8(q, q)); }

/// The largest byte.
AVX2 static inline uint8_t top(__m256i largest) {
  uint8_t bytes[32];
  _mm256_storeu_si256((__m256i *)bytes, largest);
  uint8_t top = 0;
  for (int lane = 0; lane < 32; lane++) top = bytes[lane] > top ? bytes[lane] : top;
  return top;
}

// A step adds at most 2 * 2 * 128 to a 16-bit lane: 63 steps fit.
enum { blockColumns = 63 * 32 };

AVX2 uint8_t setun_group_sums(const uint8_t *codes, const int8_t *activations, size_t count, int32_t sums[5]) {
  const Constants c = constants();
  const __m256i ones8 = _mm256_set1_epi8(1);
  const __m256i ones16 = _mm256_set1_epi16(1);
  const __m256i zero = _mm256_setzero_si256();
  __m256i wide[6] = {zero, zero, zero, zero, zero, zero};
  __m256i largest = zero;
  size_t column = 0;
  while (column < count) {
    const size_t end = count - column > blockColumns ? column + blockColumns : count;
    __m256i a0 = zero, a1 = zero, a2 = zero, a3 = zero, a4 = zero, all = zero;
    for (; column < end; column += 32) {
      const __m256i v = _mm256_loadu_si256((const __m256i *)(codes + column));
      const __m256i x = _mm256_loadu_si256((const __m256i *)(activations + column));
      largest = _mm256_max_epu8(largest, v);
      __m256i q = fraction(v, c);
      a4 = _mm256_add_epi16(a4, _mm256_maddubs_epi16(digit(q, c), x));
      q = next(q);
      a3 = _mm256_add_epi16(a3, _mm256_maddubs_epi16(digit(q, c), x));
      q = next(q);
      a2 = _mm256_add_epi16(a2, _mm256_maddubs_epi16(digit(q, c), x));
      q = next(q);
      a1 = _mm256_add_epi16(a1, _mm256_maddubs_epi16(digit(q, c), x));
      q = next(q);
      a0 = _mm256_add_epi16(a0, _mm256_maddubs_epi16(digit(q, c), x));
      all = _mm256_add_epi16(all, _mm256_maddubs_epi16(ones8, x));
    }
    wide[0] = _mm256_add_epi32(wide[0], _mm256_madd_epi16(a0, ones16));
    wide[1] = _mm256_add_epi32(wide[1], _mm256_madd_epi16(a1, ones16));
    wide[2] = _mm256_add_epi32(wide[2], _mm256_madd_epi16(a2, ones16));
    wide[3] = _mm256_add_epi32(wide[3], _mm256_madd_epi16(a3, ones16));
    wide[4] = _mm256_add_epi32(wide[4], _mm256_madd_epi16(a4, ones16));
    wide[5] = _mm256_add_epi32(wide[5], _mm256_madd_epi16(all, ones16));
  }
  // Digits are trits plus one.
  const int32_t offset = total(wide[5]);
  for (int row = 0; row < 5; row++) sums[row] = total(wide[row]) - offset;
  return top(largest);
}

/// Adds the five dot products of the digits of a block with `activations` to `sums`.
AVX2 static void addProducts(uint8_t digits[5][blockColumns], const int8_t *activations, size_t count, int32_t *sums) {
  const __m256i ones8 = _mm256_set1_epi8(1);
  const __m256i ones16 = _mm256_set1_epi16(1);
  const __m256i zero = _mm256_setzero_si256();
  __m256i a[5] = {zero, zero, zero, zero, zero}, all = zero;
  for (size_t column = 0; column < count; column += 32) {
    const __m256i x = _mm256_loadu_si256((const __m256i *)(activations + column));
#pragma clang loop unroll(full)
    for (int row = 0; row < 5; row++) {
      const __m256i d = _mm256_load_si256((const __m256i *)(digits[row] + column));
      a[row] = _mm256_add_epi16(a[row], _mm256_maddubs_epi16(d, x));
    }
    all = _mm256_add_epi16(all, _mm256_maddubs_epi16(ones8, x));
  }
  const int32_t offset = total(_mm256_madd_epi16(all, ones16));
  for (int row = 0; row < 5; row++) sums[row] += total(_mm256_madd_epi16(a[row], ones16)) - offset;
}

AVX2 uint8_t setun_group_sums_of_streams(const uint8_t *codes, const int8_t *activations, size_t stride, size_t streams,
                                         size_t count, int32_t *sums) {
  const Constants c = constants();
  _Alignas(32) uint8_t digits[5][blockColumns];
  __m256i largest = _mm256_setzero_si256();
  for (size_t place = 0; place < 5 * streams; place++) sums[place] = 0;
  for (size_t block = 0; block < count; block += blockColumns) {
    const size_t columns = count - block > blockColumns ? blockColumns : count - block;
    for (size_t column = 0; column < columns; column += 32) {
      const __m256i v = _mm256_loadu_si256((const __m256i *)(codes + block + column));
      largest = _mm256_max_epu8(largest, v);
      __m256i q = fraction(v, c);
#pragma clang loop unroll(full)
      for (int row = 4; row >= 0; row--) {
        _mm256_store_si256((__m256i *)(digits[row] + column), digit(q, c));
        q = next(q);
      }
    }
    for (size_t stream = 0; stream < streams; stream++) {
      addProducts(digits, activations + stream * stride + block, columns, sums + 5 * stream);
    }
  }
  return top(largest);
}

#else

bool setun_has_group_sums(void) { return false; }

uint8_t setun_group_sums(const uint8_t *codes, const int8_t *activations, size_t count, int32_t sums[5]) {
  (void)codes, (void)activations, (void)count, (void)sums;
  return 255;
}

uint8_t setun_group_sums_of_streams(const uint8_t *codes, const int8_t *activations, size_t stride, size_t streams,
                                    size_t count, int32_t *sums) {
  (void)codes, (void)activations, (void)stride, (void)streams, (void)count, (void)sums;
  return 255;
}

#endif
