// The matrix products of the gradient: a panel of inputs and a tile of rows stay in registers.
#pragma once
#include "sbs.hpp"
#include "sbs_totals.hpp"
#include "snnrun/sbs_kernels.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

constexpr int kTile = kSbsTile;
constexpr float kTiny = 1e-20F;

/// What the panel of one block leaves for the gradient of the weights:
/// dW = (I / R) (h g) - (I M / R^2) h.
struct Factors {
  Floats signal[kSbsRows][kPanel], h[kSbsRows][kPanel];
};

/// R and M of a tile of rows, for inputs of the panel from `s` on.
SNNRUN_HD void explain(const SbsBlock& y, std::int64_t row, std::int64_t s,
                       Floats (&seen)[kTile][kPanel], Floats (&moved)[kTile][kPanel]) {
  const float *h = y.h + row * y.neurons, *signal = y.signal + row * y.neurons;
  for (int r = 0; r < kTile; ++r)
    for (int v = 0; v < kPanel; ++v) seen[r][v] = moved[r][v] = Floats{};
  for (std::int64_t n = 0; n < y.neurons; ++n) {
    Floats w[kPanel];
    for (int v = 0; v < kPanel; ++v) w[v] = load<Floats>(y.weights + n * y.inputs + s + v * kLanes);
    for (int r = 0; r < kTile; ++r)
      for (int v = 0; v < kPanel; ++v) {
        seen[r][v] += w[v] * h[r * y.neurons + n];
        moved[r][v] += w[v] * signal[r * y.neurons + n];
      }
  }
}

/// Q of a tile, and its factors.
SNNRUN_HD void divide(const SbsBlock& y, std::int64_t row, std::int64_t s, Factors* factors) {
  Floats seen[kTile][kPanel], moved[kTile][kPanel];
  explain(y, row, s, seen, moved);
  for (int r = 0; r < kTile; ++r)
    for (int v = 0; v < kPanel; ++v) {
      const std::int64_t at = (row + r) * y.inputs + s + v * kLanes;
      const Floats rest = load<Floats>(y.shares + at) / (seen[r][v] * seen[r][v] + kTiny);
      factors->signal[row + r][v] = rest * seen[r][v];
      factors->h[row + r][v] = -rest * moved[r][v];
      store(y.quotient + at, moved[r][v] / (seen[r][v] + kTiny));
    }
}

/// Add the block's part of the gradient of a tile of neurons' weights.
SNNRUN_HD void add_to_weights(const SbsBlock& y, std::int64_t neuron, std::int64_t s,
                              const Factors& factors) {
  Floats sum[kTile][kPanel] = {};
  for (std::int64_t p = 0; p < y.rows; ++p) {
    const float *h = y.h + p * y.neurons + neuron, *signal = y.signal + p * y.neurons + neuron;
    for (int n = 0; n < kTile; ++n)
      for (int v = 0; v < kPanel; ++v)
        sum[n][v] += factors.signal[p][v] * signal[n] + factors.h[p][v] * h[n];
  }
  for (int n = 0; n < kTile; ++n)
    for (int v = 0; v < kPanel; ++v) {
      float* to = y.on_weights + (neuron + n) * y.inputs + s + v * kLanes;
      store(to, load<Floats>(to) + sum[n][v]);
    }
}

inline void gradient_block(const SbsBlock& y) {
  Factors factors;
  for (std::int64_t s = 0; s < y.inputs; s += kPanel * kLanes) {
    for (std::int64_t row = 0; row < y.rows; row += kTile) divide(y, row, s, &factors);
    for (std::int64_t n = 0; y.on_weights && n < y.neurons; n += kTile)
      add_to_weights(y, n, s, factors);
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
