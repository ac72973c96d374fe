// Products of few columns: a vector of inputs meets all units while it is in a register.
#pragma once
#include "snnrun/kernels.hpp"
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// Row c of W, the inputs from `first` on; `count` of them exist.
template <class F>
SNNRUN_HD Vec<F> weights_of(const NarrowProduct<F>& y, std::int64_t c, std::int64_t first,
                            std::int64_t count) {
  return load_some<Vec<F>>(y.weights + c * y.inputs + first, count, F(0));
}

/// The rows from `begin` to `end` of x W^T, for C units.
template <class F, int C = 1>
void narrow_rows(const NarrowProduct<F>& y, F* out, std::int64_t begin, std::int64_t end) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  if (y.units != C) {
    if constexpr (C < kNarrow) narrow_rows<F, C + 1>(y, out, begin, end);
    return;
  }
  const std::int64_t whole = y.inputs / lanes * lanes, rest = y.inputs - whole;
  V last[C];
  for (int c = 0; c < C; ++c) last[c] = weights_of(y, c, whole, rest);
  for (std::int64_t r = begin; r < end; ++r) {
    const F* const x = y.x + r * y.inputs;
    V total[C];
    const V end_of_row = load_some<V>(x + whole, rest, F(0));
    for (int c = 0; c < C; ++c) total[c] = end_of_row * last[c];
    for (std::int64_t i = 0; i < whole; i += lanes) {
      const V here = load<V>(x + i);
      for (int c = 0; c < C; ++c) total[c] += here * load<V>(y.weights + c * y.inputs + i);
    }
    for (int c = 0; c < C; ++c) out[r * C + c] = sum<F>(total[c]);
  }
}

/// Add signal^T x to on_weights, for `count` inputs from `first` on, a vector at most.
template <class F, int C>
SNNRUN_HD void add_to_weights(const NarrowProduct<F>& y, const NarrowGradient<F>& to,
                              std::int64_t begin, std::int64_t end, std::int64_t first,
                              std::int64_t count) {
  using V = Vec<F>;
  F* const on_weights = to.on_weights + first;
  V total[C];
  for (int c = 0; c < C; ++c) total[c] = load_some<V>(on_weights + c * y.inputs, count, F(0));
  for (std::int64_t r = begin; r < end; ++r) {
    const V x = load_some<V>(y.x + r * y.inputs + first, count, F(0));
    for (int c = 0; c < C; ++c) total[c] += x * to.signal[r * C + c];
  }
  for (int c = 0; c < C; ++c) store_some(on_weights + c * y.inputs, count, total[c]);
}

/// Put signal W of a row into on_x; `last` are the weights of the inputs from `whole` on.
template <class F, int C>
SNNRUN_HD void put_on_x(const NarrowProduct<F>& y, const NarrowGradient<F>& to, std::int64_t row,
                        std::int64_t whole, const Vec<F>* last) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  F* const on_x = to.on_x + row * y.inputs;
  V signal[C];
  for (int c = 0; c < C; ++c) signal[c] = broadcast<V>(to.signal[row * C + c]);
  for (std::int64_t i = 0; i < whole; i += lanes) {
    V found = signal[0] * load<V>(y.weights + i);
    for (int c = 1; c < C; ++c) found += signal[c] * load<V>(y.weights + c * y.inputs + i);
    store(on_x + i, found);
  }
  V found = signal[0] * last[0];
  for (int c = 1; c < C; ++c) found += signal[c] * last[c];
  store_some(on_x + whole, y.inputs - whole, found);
}

/// The gradients that are wanted, a few rows at a time, which stay in the nearest cache.
template <class F, int C = 1>
void narrow_gradient_rows(const NarrowProduct<F>& y, const NarrowGradient<F>& to,
                          std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t lanes = Lanes<F>::count, some = 16;
  if (y.units != C) {
    if constexpr (C < kNarrow) narrow_gradient_rows<F, C + 1>(y, to, begin, end);
    return;
  }
  const std::int64_t whole = y.inputs / lanes * lanes, rest = y.inputs - whole;
  Vec<F> last[C];
  for (int c = 0; c < C; ++c) last[c] = weights_of(y, c, whole, rest);
  for (std::int64_t r = begin; r < end; r += some) {
    const std::int64_t until = smaller(end, r + some);
    if (to.on_weights) {
      for (std::int64_t i = 0; i < whole; i += lanes)
        add_to_weights<F, C>(y, to, r, until, i, lanes);
      if (rest) add_to_weights<F, C>(y, to, r, until, whole, rest);
    }
    if (to.on_x)
      for (std::int64_t row = r; row < until; ++row) put_on_x<F, C>(y, to, row, whole, last);
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
