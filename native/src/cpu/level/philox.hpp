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

/// Words of the counters (first, ...), ..., (first + 15, ...): to [4, 16], each shifted right by 8.
SNNRUN_HD void philox(std::uint32_t first, std::uint32_t second, std::uint32_t third,
                      std::uint32_t fourth, std::uint64_t key, std::uint32_t* to) {
  constexpr int lanes = Lanes<double>::count, parts = 16 / lanes;
  const Words one = broadcast<Words>(0xD2511F53ULL), other = broadcast<Words>(0xCD9E8D57ULL);
  Words index{}, c[parts][4];
  for (int i = 0; i < lanes; ++i) index[i] = i;
  for (int j = 0; j < parts; ++j) {
    c[j][0] = index + broadcast<Words>(std::uint64_t(first) + j * lanes);
    c[j][1] = broadcast<Words>(std::uint64_t(second));
    c[j][2] = broadcast<Words>(std::uint64_t(third));
    c[j][3] = broadcast<Words>(std::uint64_t(fourth));
  }
  auto low = static_cast<std::uint32_t>(key), high = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const Words k = broadcast<Words>(std::uint64_t(low)), l = broadcast<Words>(std::uint64_t(high));
    for (int j = 0; j < parts; ++j) {
      const Words p = product(c[j][0], one), q = product(c[j][2], other);
      c[j][0] = (q >> 32) ^ c[j][1] ^ k;  // high halves may hold anything: products ignore them
      c[j][1] = q;
      c[j][2] = (p >> 32) ^ c[j][3] ^ l;
      c[j][3] = p;
    }
    low += 0x9E3779B9, high += 0xBB67AE85;
  }
  for (int word = 0; word < 4; ++word)
    for (int j = 0; j < parts; ++j) {
      const Words k = (c[j][word] & 0xffffffff) >> 8;
      for (int i = 0; i < lanes; ++i)
        to[16 * word + j * lanes + i] = static_cast<std::uint32_t>(k[i]);
    }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
