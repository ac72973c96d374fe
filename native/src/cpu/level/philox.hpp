// Philox4x32-10 (kernels/random/philox.py), sixteen counters at once.
#pragma once
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

using Words = Bits<Vec<double>>;  // 64-bit lanes, of which the low halves are words

/// Products of the low halves.
SNNRUN_HD Words product(Words a, Words b) {
#if defined(__AVX512F__)
  const auto x = same_bits<__m512i>(a), y = same_bits<__m512i>(b);
  return same_bits<Words>(_mm512_maskz_mul_epu32(0xff, x, y));  // GCC warns of the plain one
#elif defined(__AVX2__)
  return same_bits<Words>(_mm256_mul_epu32(same_bits<__m256i>(a), same_bits<__m256i>(b)));
#elif defined(__SSE2__)
  return same_bits<Words>(_mm_mul_epu32(same_bits<__m128i>(a), same_bits<__m128i>(b)));
#else
  return (a & 0xffffffff) * (b & 0xffffffff);
#endif
}

using Integers = Bits<Vec<float>>;  // 32-bit lanes
constexpr int kCounters = 16, kGroups = kCounters / Lanes<float>::count;

/// Sixteen counters, or the words that come of them: number w of counter i stands in lane
/// i % lanes of [w][i / lanes].
struct Counters {
  Integers word[4][kGroups];

  /// The same word for all.
  SNNRUN_HD void set(int w, std::uint32_t value) {
    for (int g = 0; g < kGroups; ++g) word[w][g] = broadcast<Integers>(value);
  }
  /// One for each, of [16].
  SNNRUN_HD void read(int w, const std::uint32_t* from) {
    for (int g = 0; g < kGroups; ++g) word[w][g] = load<Integers>(from + g * Lanes<float>::count);
  }
  /// first, first + 1, ...
  SNNRUN_HD void count_from(int w, std::uint32_t first) {
    Integers index{};
    for (int i = 0; i < Lanes<float>::count; ++i) index[i] = i;
    for (int g = 0; g < kGroups; ++g)
      word[w][g] = index + broadcast<Integers>(first + g * Lanes<float>::count);
  }
};

/// The keys of the ten rounds; high halves may hold anything, as everywhere below.
struct RoundKeys {
  Words low[10], high[10];

  SNNRUN_HD explicit RoundKeys(std::uint64_t key) {
    Words one = broadcast<Words>(key), other = one >> 32;
    for (int round = 0; round < 10; ++round) {
      low[round] = one, high[round] = other;
      one += broadcast<Words>(0x9E3779B9ULL), other += broadcast<Words>(0xBB67AE85ULL);
    }
  }
};

/// Turn counters into words. Products are of 64 bits, so 32-bit lanes are taken apart: those of
/// even number, and those of odd number.
SNNRUN_HD void philox(Counters& x, const RoundKeys& keys) {
  const Words one = broadcast<Words>(0xD2511F53ULL), other = broadcast<Words>(0xCD9E8D57ULL);
  for (int g = 0; g < kGroups; ++g) {
    Words c[2][4];
    for (int w = 0; w < 4; ++w) {
      c[0][w] = same_bits<Words>(x.word[w][g]);
      c[1][w] = c[0][w] >> 32;
    }
    for (int round = 0; round < 10; ++round)
      for (auto& y : c) {
        const Words p = product(y[0], one), q = product(y[2], other);
        y[0] = (q >> 32) ^ y[1] ^ keys.low[round];
        y[1] = q;
        y[2] = (p >> 32) ^ y[3] ^ keys.high[round];
        y[3] = p;
      }
    for (int w = 0; w < 4; ++w)
      x.word[w][g] = same_bits<Integers>((c[0][w] & 0xffffffff) | c[1][w] << 32);
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
