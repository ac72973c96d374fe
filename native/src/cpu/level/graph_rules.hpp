// What rules change of a row of weights.
#pragma once
#include <cmath>

#include "snnrun/graph_kernels.hpp"
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

template <class V>
SNNRUN_HD V within(V w, V low, V high) {
  w = select(w < low, low, w);
  return select(w > high, high, w);
}

template <class V, class F>
SNNRUN_HD V power(V base, F exponent) {
  for (std::size_t i = 0; i < sizeof(V) / sizeof(F); ++i) base[i] = std::pow(base[i], exponent);
  return base;
}

template <class F>
void add_times(F* to, const F* from, F factor, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

template <class F>
void pairs(const GraphRule<F>& rule, const GraphChange<F>& y) {
  const F nu = rule.nu_post, low = y.low, high = y.high, target = rule.x_target * y.spikes;
  const auto each = [&](auto change) {
    for (std::int64_t k = 0; k < y.width; ++k) y.change[k] += change(k);
  };
  switch (rule.kind) {
    case PlasticityKind::pair:
      return each([&](std::int64_t k) { return nu * y.after[k] - y.before[k]; });
    case PlasticityKind::weight_dependent:
      return each([&](std::int64_t k) {
        return nu * y.after[k] * (high - y.weights[k]) - y.before[k] * (y.weights[k] - low);
      });
    case PlasticityKind::hebbian:
      return each([&](std::int64_t k) { return y.before[k] + nu * y.after[k]; });
    case PlasticityKind::power:
      return each([&](std::int64_t k) {
        const F room = larger(high - y.weights[k], F(0));  // none beyond the bound
        return nu * (y.after[k] - target) * (rule.mu == F(1) ? room : std::pow(room, rule.mu));
      });
    default:
      return each([&](std::int64_t k) { return y.after[k] - y.before[k]; });
  }
}

template <class F>
void pairing(F* zeta, const GraphSeen<F>& seen, F spiked, F q) {
  for (std::int64_t k = 0; k < seen.width; ++k) zeta[k] = seen.x[k] * spiked + seen.s[k] * q;
}

template <class F>
void fade_in(F* e, const F* zeta, F keep, F over, std::int64_t count) {
  for (std::int64_t k = 0; k < count; ++k) e[k] = keep * e[k] + zeta[k] / over;
}

template <class F>
void fade_in_pairs(F* e, const GraphSeen<F>& seen, F keep, F spiked, F q) {
  for (std::int64_t k = 0; k < seen.width; ++k)
    e[k] = keep * e[k] + seen.x[k] * spiked + seen.s[k] * q;
}

template <class F>
void reward(F* change, const F* e, F r, F nu, F scale, std::int64_t count) {
  for (std::int64_t k = 0; k < count; ++k) change[k] += scale * (nu * (r * e[k]));
}

template <class F>
void fede(const GraphRule<F>& rule, const GraphChange<F>& y) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  for (std::int64_t k = 0; k < y.width; k += lanes) {
    const std::int64_t count = smaller(lanes, y.width - k);
    const V d = load_some<V>(y.weights + k, count, F(0)) - rule.center;
    const V grows = load_some<V>(y.after + k, count, F(0)) - rule.a,
            shrinks = load_some<V>(y.before + k, count, F(0)) - rule.a;
    const V more = rule.nu_post * (exponential(-d) * grows - exponential(d) * shrinks);
    store_some(y.change + k, count, load_some<V>(y.change + k, count, F(0)) + more);
  }
}

template <class F>
bool apply(F* w, const GraphChange<F>& y, F kept, const std::uint8_t* mask) {
  bool differs = false;
  for (std::int64_t k = 0; k < y.width; ++k) {
    F now = within((w[k] + y.change[k]) * kept, y.low, y.high);
    if (mask) now *= static_cast<F>(mask[k]);
    differs |= now != w[k];
    w[k] = now;
  }
  return differs;
}

}  // namespace
}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
