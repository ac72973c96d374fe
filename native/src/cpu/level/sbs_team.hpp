// The dynamics of a team of populations: h lives in registers while the spikes go by.
//
// A step is a chain: product, sum over the neurons, division, back to the neurons. Groups of
// populations share the sums and the division, and a few groups hide each other's waiting. h is not
// normalised at every step; its sum, the scale, is known: with h' = scale h, a' = scale a,
// A' = scale A,
//     h' += scale e a' / A' + scale e f / N,   scale *= 1 + e (1 + f).
#pragma once
#include "sbs_totals.hpp"
#include "snnrun/sbs_kernels.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// Numbers that are too small for a normal float count as 0 while this lives: h of neurons that
/// have lost falls without end, and arithmetic on such numbers is very slow.
class FlushTiny {
#if defined(__SSE2__)
 public:
  FlushTiny() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushTiny() { _mm_setcsr(before_); }
  FlushTiny(const FlushTiny&) = delete;
  FlushTiny& operator=(const FlushTiny&) = delete;

 private:
  unsigned before_;
#else
 public:
  FlushTiny() {}
#endif
};

/// Scales of a group of populations, in the lanes of their sums.
struct Scales {
  Floats scale = broadcast<Floats>(1.0F);

  /// Given the sums A' and e: the factors of a', and the scales after the step. `even` becomes
  /// scale e for spikes that count.
  SNNRUN_HD Floats step(Floats total, Floats e, float forgetting, Floats* even) {
    const Floats size = scale * e;
    const auto counts = total > broadcast<Floats>(kLeast);
    *even = select(counts, size, Floats{});
    scale += *even * (1.0F + forgetting);
    return select(counts, size / total, Floats{});
  }

  SNNRUN_HD Mask<float> large() const { return scale > broadcast<Floats>(kLargest); }

  /// What normalises the populations with large scales.
  SNNRUN_HD Floats normalise() {
    const Floats one = broadcast<Floats>(1.0F), factor = select(large(), one / scale, one);
    scale = select(large(), one, scale);
    return factor;
  }
};

/// `count` populations with `vectors` vectors of neurons each.
template <int vectors, int count>
struct Group {
  using EachMember = std::make_integer_sequence<int, count>;
  Scales scales;
  Floats h[count][vectors];

  template <int... k>
  SNNRUN_HD void multiply(Floats factors, std::integer_sequence<int, k...>) {
    const Floats mine[] = {spread<count, k>(factors, EachLane())...};
    for (int m = 0; m < count; ++m)
      for (int v = 0; v < vectors; ++v) h[m][v] *= mine[m];
  }

  template <int... k>
  SNNRUN_HD void add(const Floats (&a)[count][vectors], Floats factors,
                     std::integer_sequence<int, k...>) {
    const Floats mine[] = {spread<count, k>(factors, EachLane())...};
    for (int m = 0; m < count; ++m)
      for (int v = 0; v < vectors; ++v) h[m][v] += a[m][v] * mine[m];
  }

  template <int... k>
  SNNRUN_HD void add_to_all(Floats even, std::integer_sequence<int, k...>) {
    const Floats mine[] = {spread<count, k>(even, EachLane())...};
    for (int m = 0; m < count; ++m)
      for (int v = 0; v < vectors; ++v) h[m][v] += mine[m];
  }

  /// One spike for each; e stands in the lanes of the sums.
  template <bool forgets>
  SNNRUN_HD void step(const float* const (&rows)[count], Floats e, const SbsTeam& y) {
    Floats a[count][vectors], sums[count], even;
    for (int m = 0; m < count; ++m)
      for (int v = 0; v < vectors; ++v) {
        a[m][v] = h[m][v] * load<Floats>(rows[m] + v * kLanes);
        sums[m] = v ? sums[m] + a[m][v] : a[m][v];
      }
    const Floats total = totals<kLanes / 2, count>(sums);
    add(a, scales.step(total, e, forgets ? y.forgetting : 0.0F, &even), EachMember());
    if (forgets) add_to_all(even * (y.forgetting / static_cast<float>(y.neurons)), EachMember());
  }
};

/// All spikes of groups * count populations. `general`: eps_xy by input, or forgetting.
template <int vectors, int count, int groups, bool general>
void run_team(const SbsTeam& y) {
  using Members = Group<vectors, count>;
  constexpr typename Members::EachMember each;
  Members group[groups];
  Floats pace[groups];
  for (int g = 0; g < groups; ++g) {
    float eps[count];
    for (int m = 0; m < count; ++m) {
      eps[m] = *y.eps[g * count + m];
      for (Floats& h : group[g].h[m]) h = broadcast<Floats>(1.0F / static_cast<float>(y.neurons));
    }
    pace[g] = together(eps);
  }
  for (std::int64_t t = 0; t < y.steps; ++t) {
    Mask<float> large{};
    for (int g = 0; g < groups; ++g) {
      const float* rows[count];
      float eps[count];
      for (int m = 0; m < count; ++m) {
        const std::int64_t s = y.spikes[(g * count + m) * y.stride + t];
        rows[m] = y.weights + s * (vectors * kLanes);
        if (general) eps[m] = y.eps[g * count + m][y.by_input ? s : 0];
      }
      group[g].template step<general>(rows, (general ? together(eps) : pace[g]) * y.eps_t[t], y);
      large |= group[g].scales.large();
    }
    if (__builtin_expect(any(large), 0))
      for (Members& members : group) members.multiply(members.scales.normalise(), each);
  }
  for (int g = 0; g < groups; ++g) {
    group[g].multiply(broadcast<Floats>(1.0F) / group[g].scales.scale, each);
    for (int m = 0; m < count; ++m)
      if (float* to = y.h[g * count + m])
        for (int v = 0; v < vectors; ++v)
          store_some(to + v * kLanes,
                     larger<std::int64_t>(0, smaller<std::int64_t>(kLanes, y.neurons - v * kLanes)),
                     group[g].h[m][v]);
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
