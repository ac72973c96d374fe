// Spikes times the weights of a readout: too few columns for a general matrix product.
#pragma once
#include "snnrun/kernels.hpp"
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// All rows of a projection onto columns that fit in P vectors, some rows at a time.
template <class F, int P>
void project_rows(const Projection<F>& y) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count, together = P > 2 ? 2 : 10 / P;
  for (std::int64_t r = 0; r < y.rows; r += together) {
    const F* spikes[together];
    for (int j = 0; j < together; ++j)
      spikes[j] = y.spikes + smaller(r + j, y.rows - 1) * y.spikes_stride;
    V sum[together][P] = {};
    for (std::int64_t k = 0; k < y.neurons; ++k)
      for (int p = 0; p < P; ++p) {
        const V weights = load<V>(y.weights + (k * P + p) * lanes);
        for (int j = 0; j < together; ++j) sum[j][p] += weights * spikes[j][k];
      }
    for (std::int64_t j = 0; j < smaller(together, y.rows - r); ++j)
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

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
