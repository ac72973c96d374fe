// The dynamics of populations with many neurons: h stays in the cache instead of in registers.
#pragma once
#include "sbs_team.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

constexpr int kWideMembers = 4;

SNNRUN_HD Floats total_of_products(const float* a, const float* b, std::int64_t vectors) {
  Floats sum{};
  for (std::int64_t v = 0; v < vectors; ++v)
    sum += load<Floats>(a + v * kLanes) * load<Floats>(b + v * kLanes);
  return totals<kLanes / 2, 1>(&sum);
}

SNNRUN_HD void multiply(float* h, Floats factor, std::int64_t vectors) {
  for (std::int64_t v = 0; v < vectors; ++v)
    store(h + v * kLanes, load<Floats>(h + v * kLanes) * factor);
}

/// All spikes of kWideMembers populations.
inline void run_wide(const SbsTeam& y) {
  const std::int64_t row = y.vectors * kLanes;
  const float even = 1.0F / static_cast<float>(y.neurons), share = y.forgetting * even;
  Scales scales[kWideMembers];
  for (std::int64_t i = 0; i < kWideMembers * row; ++i) y.room[i] = i % row < y.neurons ? even : 0;
  for (std::int64_t t = 0; t < y.steps; ++t)
    for (int m = 0; m < kWideMembers; ++m) {
      const std::int64_t s = y.spikes[m * y.stride + t];
      const float *weights = y.weights + s * row, eps = y.eps[m][y.by_input ? s : 0];
      float* h = y.room + m * row;
      Floats to_all;
      const Floats factor =
          scales[m].step(total_of_products(h, weights, y.vectors),
                         broadcast<Floats>(eps * y.eps_t[t]), y.forgetting, &to_all);
      to_all *= share;
      for (std::int64_t v = 0; v < row; v += kLanes) {
        const Floats old = load<Floats>(h + v);
        store(h + v, old * load<Floats>(weights + v) * factor + old + to_all);
      }
      if (any(scales[m].large())) multiply(h, scales[m].normalise(), y.vectors);
    }
  for (int m = 0; m < kWideMembers; ++m) {
    multiply(y.room + m * row, broadcast<Floats>(1.0F) / scales[m].scale, y.vectors);
    for (std::int64_t i = 0; y.h[m] && i < y.neurons; ++i) y.h[m][i] = y.room[m * row + i];
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
