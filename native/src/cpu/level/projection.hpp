// Spikes times the weights of a readout: too few columns for a general matrix product.
#pragma once
#include "snnrun/kernels.hpp"
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// All rows of a projection onto columns that fit in P vectors, two groups of H rows at a time. Rows
/// beyond the last one are read, and not written.
template <class F, int P>
void project_rows(const Projection<F>& y) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count, H = P == 1 ? 5 : P == 2 ? 2 : 1;
  for (std::int64_t r = 0; r < y.rows; r += 2 * H) {
    const F *one = y.spikes + r * y.spikes_stride, *other = one + H * y.spikes_stride;
    V sum[2 * H][P] = {};
    for (std::int64_t k = 0; k < y.neurons; ++k, ++one, ++other)
      for (int p = 0; p < P; ++p) {
        const V weights = load<V>(y.weights + (k * P + p) * lanes);
        for (int j = 0; j < H; ++j) {
          sum[j][p] += weights * one[j * y.spikes_stride];
          sum[H + j][p] += weights * other[j * y.spikes_stride];
        }
      }
    for (std::int64_t j = 0; j < smaller(2 * H, y.rows - r); ++j)
      for (std::int64_t p = 0; p * lanes < y.width; ++p)
        store_some(y.out + (r + j) * y.out_stride + p * lanes, smaller(lanes, y.width - p * lanes),
                   sum[j][p]);
  }
}

template <class F>
void project(const Projection<F>& y) {
  const std::int64_t vectors = (y.width + Lanes<F>::count - 1) / Lanes<F>::count;
  if (vectors == 1) return project_rows<F, 1>(y);
  if (vectors == 2) return project_rows<F, 2>(y);
  if (vectors <= 4) return project_rows<F, 4>(y);
  project_rows<F, 8>(y);
}

/// One bit for each of the spikes [neurons]; see words() in lif.hpp.
template <class F>
void pack(const F* spikes, std::int64_t neurons, std::uint32_t* bits) {
  constexpr std::int64_t lanes = Lanes<F>::count;
  for (std::int64_t word = 0; word < words(neurons); ++word) {
    bits[word] = 0;
    for (std::int64_t n = 32 * word; n < smaller(neurons, 32 * word + 32); n += lanes) {
      const auto v = load_some<Vec<F>>(spikes + n, smaller(lanes, neurons - n), F(0));
      bits[word] |= bits_of<F>(v != Vec<F>{}) << (n % 32);
    }
  }
}

/// A vector of neurons from `first` on of out = S^T signal, for C columns.
template <class F, int C>
void gradient_part(const SpikeBits<F>& y, std::int64_t first) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  Mask<F> bit;
  for (int i = 0; i < lanes; ++i) bit[i] = Bits<F>(1) << i;
  const V one = broadcast<V>(F(1));
  const std::uint32_t* word = y.bits + first / 32;
  V sum[C] = {};
  for (std::int64_t r = 0; r < y.rows; ++r, word += y.stride) {
    const auto mine = whole<F>((*word >> (first % 32)) & ((1U << lanes) - 1));
    const V spikes = select((mine & bit) == bit, one, V{});
    for (int c = 0; c < C; ++c) sum[c] += spikes * y.signal[r * C + c];
  }
  const std::int64_t count = smaller(lanes, y.neurons - first);
  for (int c = 0; c < C; ++c)
    for (std::int64_t i = 0; i < count; ++i) y.out[(first + i) * C + c] = sum[c][i];
}

template <class F, int C = 1>
void gradient(const SpikeBits<F>& y, std::int64_t begin, std::int64_t end) {
  if (y.width == C) {
    for (std::int64_t n = begin; n < end; n += Lanes<F>::count) gradient_part<F, C>(y, n);
  } else if constexpr (C < kNarrow) {
    gradient<F, C + 1>(y, begin, end);
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
