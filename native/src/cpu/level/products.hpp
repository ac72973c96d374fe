// Products with a sparse left factor: what one thread computes at a time.
#pragma once
#include "snnrun/kernels.hpp"
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// Put what is not zero in a row x [columns] into `to` and `values`; return how much there is.
template <class F>
std::int64_t gather(const F* x, std::int64_t columns, std::int32_t* to, F* values) {
  constexpr std::int64_t lanes = Lanes<F>::count;
  std::int64_t count = 0;
  for (std::int64_t c = 0; c < columns; c += lanes) {
    const auto v = load_some<Vec<F>>(x + c, smaller(lanes, columns - c), F(0));
    for (std::uint32_t bits = bits_of<F>(v != Vec<F>{}); bits; bits &= bits - 1) {
      const std::int64_t i = c + __builtin_ctz(bits);
      to[count] = static_cast<std::int32_t>(i);
      values[count++] = x[i];
    }
  }
  return count;
}

#if defined(__AVX512F__)
/// The same, sixteen at a time: an instruction moves what is not zero together.
template <>
inline std::int64_t gather(const float* x, std::int64_t columns, std::int32_t* to, float* values) {
  std::int64_t count = 0;
  auto column = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  for (std::int64_t c = 0; c < columns; c += 16) {
    const auto v = load_some<Vec<float>>(x + c, smaller<std::int64_t>(16, columns - c), 0.0F);
    const auto there = static_cast<__mmask16>(bits_of<float>(v != Vec<float>{}));
    _mm512_storeu_si512(to + count, _mm512_maskz_compress_epi32(there, column));
    _mm512_storeu_ps(values + count, _mm512_maskz_compress_ps(there, load<__m512>(&v)));
    count += __builtin_popcount(there);
    column = _mm512_add_epi32(column, _mm512_set1_epi32(16));
  }
  return count;
}
#elif defined(__AVX2__)
/// For each set of eight lanes, which lanes are in it, a byte each, from the lowest.
struct LanesOfSets {
  std::uint64_t lanes[256];
  constexpr LanesOfSets() : lanes() {
    for (int set = 0; set < 256; ++set)
      for (int lane = 0, found = 0; lane < 8; ++lane)
        if (set >> lane & 1) lanes[set] |= std::uint64_t(lane) << 8 * found++;
  }
};
inline constexpr LanesOfSets kLanesOf;

/// The same, eight at a time: a permutation moves what is not zero together, without a branch.
template <>
inline std::int64_t gather(const float* x, std::int64_t columns, std::int32_t* to, float* values) {
  std::int64_t count = 0;
  for (std::int64_t c = 0; c < columns; c += 8) {
    const auto v = c + 8 <= columns ? load<Vec<float>>(x + c)
                                    : load_some<Vec<float>>(x + c, columns - c, 0.0F);
    const std::uint32_t set = bits_of<float>(v != Vec<float>{});
    const auto packed = static_cast<long long>(kLanesOf.lanes[set]);
    const __m256i lanes = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(packed));
    const __m256i found = _mm256_add_epi32(lanes, _mm256_set1_epi32(static_cast<int>(c)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + count), found);
    _mm256_storeu_ps(values + count, _mm256_permutevar8x32_ps(same_bits<__m256>(v), lanes));
    count += __builtin_popcount(set);
  }
  return count;
}
#endif

/// One row of out, U vectors of it from a column on; `last` lanes of the last vector exist.
template <class F, int U>
SNNRUN_HD void sparse_part(const std::int32_t* columns, const F* values, std::int64_t count,
                           const F* right, std::int64_t width, std::int64_t last, F* out) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  V sum[U] = {};
  for (std::int64_t k = 0; k < count; ++k) {
    const F* row = right + columns[k] * width;
    for (int u = 0; u < U - 1; ++u) sum[u] += load<V>(row + u * lanes) * values[k];
    sum[U - 1] += load_some<V>(row + (U - 1) * lanes, last, F(0)) * values[k];
  }
  for (int u = 0; u < U - 1; ++u) store(out + u * lanes, sum[u]);
  store_some(out + (U - 1) * lanes, last, sum[U - 1]);
}

/// The rows from `begin` to `end` of out = m right.
template <class F>
void sparse_rows(const SparseView<F>& m, const F* right, F* out, std::int64_t width,
                 std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t lanes = Lanes<F>::count, wide = 8 * lanes;
  std::int64_t column = 0;
  for (; column + wide <= width; column += wide)
    for (std::int64_t r = begin; r < end; ++r)
      sparse_part<F, 8>(m.columns + m.starts[r], m.values + m.starts[r],
                        m.starts[r + 1] - m.starts[r], right + column, width, lanes,
                        out + r * width + column);
  for (; column < width; column += lanes)
    for (std::int64_t r = begin; r < end; ++r)
      sparse_part<F, 1>(m.columns + m.starts[r], m.values + m.starts[r],
                        m.starts[r + 1] - m.starts[r], right + column, width,
                        smaller(lanes, width - column), out + r * width + column);
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
