// The spike between two inputs: where V(u) from (V, I) crosses the threshold c, and how that time
// depends on V and I. For numbers and vectors, CPU and CUDA; equations in first_spike.hpp.
#pragma once
#include "snnrun/lambertw.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// How far the peak of the membrane lies above c: 1 - c / peak for R = 1, the discriminant
/// (V + I)^2 - 4 I c for R = 2; negative where c is not reached. Needs I > 0.
template <int R, class V>
SNNRUN_HD V clearance(V membrane, V current, V threshold) {
  using S = Number<V>;
  if constexpr (R == 1) {
    return S(1) - threshold / current * exponential(S(1) - membrane / current);
  } else {
    const V sum = membrane + current;
    return sum * sum - current * threshold * S(4);
  }
}

/// A current of at least c lifts the membrane to c sooner or later. For R = 2 a membrane below -I
/// stays below 0 for ever, which the discriminant, a square, cannot tell.
template <int R, class V>
SNNRUN_HD auto reaches(V membrane, V current, V threshold) {
  const auto enough = clearance<R>(membrane, current, threshold) >= V{};
  if constexpr (R == 1)
    return enough;
  else
    return enough & (membrane + current > V{});
}

/// q for R = 1, the root of the discriminant for R = 2; both are 0 where V only grazes c.
template <int R, class V>
SNNRUN_HD V steepness(V membrane, V current, V threshold) {
  const V above = larger(V{}, clearance<R>(membrane, current, threshold));
  if constexpr (R == 1)
    return one_plus_w(root(above * Number<V>(2)));
  else
    return root(above);
}

/// Time u from the last input to the crossing.
template <int R, class V>
SNNRUN_HD V crossing(V membrane, V current, V steep) {
  using S = Number<V>;
  if constexpr (R == 1)
    return S(1) - membrane / current - steep;
  else
    return logarithm((membrane + current + steep) / (current * S(2))) * S(-2);
}

/// Start of the adjoint, -dT/dV and -dT/dI at the last input; 0 where c is not truly crossed.
/// `after` is the time u of the spike, `steep` belongs to the nominal threshold.
template <int R, class V>
SNNRUN_HD void adjoint_start(V current, V threshold, V steep, V after, V* on_membrane,
                             V* on_current) {
  using S = Number<V>;
  V on_v, on_i;
  if constexpr (R == 1) {
    on_v = S(1) / (current * steep);
    on_i = on_v * after;
  } else {
    on_v = S(2) / steep;
    on_i = on_v - (S(2) + on_v * threshold * exponential(after * S(0.5))) / current;
  }
  const auto crossed = (steep > V{}) & (current > V{});
  *on_membrane = select(crossed, on_v, V{});
  *on_current = select(crossed, on_i, V{});
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
