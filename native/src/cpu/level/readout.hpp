// Spikes, as bits, times the weights of a readout, and the gradient of these: too few units for a
// general matrix product.
#pragma once
#include "snnrun/kernels.hpp"
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// Bit i in lane i.
template <class F>
SNNRUN_HD Mask<F> lane_bits() {
  Mask<F> bit;
  for (int i = 0; i < Lanes<F>::count; ++i) bit[i] = Bits<F>(1) << i;
  return bit;
}

/// Which of the neurons from `first` on, a vector of them, spike in a row of words.
template <class F>
SNNRUN_HD Mask<F> spiking(const std::uint32_t* row, std::int64_t first, Mask<F> bit) {
  const std::uint32_t here = row[first / 32] >> (first % 32);
  return (whole<F>(here & ((1U << Lanes<F>::count) - 1)) & bit) == bit;
}

/// All steps of a projection onto C units.
template <class F, int C = 1>
void project(const Projection<F>& y) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  if (y.units != C) {
    if constexpr (C < kNarrow) project<F, C + 1>(y);
    return;
  }
  const Mask<F> bit = lane_bits<F>();
  const std::int64_t padded = y.padded;
  for (std::int64_t t = 0; t < y.steps; ++t) {
    const std::uint32_t* row = y.bits + t * y.bits_stride;
    V total[C] = {};
    for (std::int64_t first = 0; first < padded; first += lanes) {
      const Mask<F> mask = spiking<F>(row, first, bit);
      for (int c = 0; c < C; ++c)
        total[c] = add_where(mask, total[c], load<V>(y.weights + c * padded + first));
    }
    for (int c = 0; c < C; ++c) y.out[t * y.out_stride + c] = sum<F>(total[c]);
  }
}

/// A vector of neurons from `first` on of out = S^T signal, for C columns.
template <class F, int C>
void gradient_part(const SpikeBits<F>& y, std::int64_t first) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  const Mask<F> bit = lane_bits<F>();
  const V one = broadcast<V>(F(1));
  V sum[C] = {};
  for (std::int64_t r = 0; r < y.rows; ++r) {
    const V spikes = select(spiking<F>(y.bits + r * y.stride, first, bit), one, V{});
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
