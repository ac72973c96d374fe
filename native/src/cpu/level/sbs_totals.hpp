// Sums over the lanes of several vectors at once, and the way back from a sum to all lanes.
//
// Half by half, two vectors become one: kept lanes of one and the other plus the lanes opposite.
// The sum of each vector is taken in the same order wherever it stands.
#pragma once
#include <utility>

#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

using Floats = Vec<float>;
constexpr int kLanes = Lanes<float>::count;
using EachLane = std::make_integer_sequence<int, kLanes>;

/// Lanes of a and b, which count on.
template <int... from>
SNNRUN_HD Floats picked(Floats a, Floats b) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, from...);
#else
  return __builtin_shuffle(a, b, Mask<float>{from...});
#endif
}

/// Lanes without bit D hold sums of a, the others of b.
template <int D, int... i>
SNNRUN_HD Floats merged(Floats a, Floats b, std::integer_sequence<int, i...>) {
  return picked<(i & D ? i + kLanes : i)...>(a, b) +
         picked<((i ^ D) + (i & D ? kLanes : 0))...>(a, b);
}

template <int D, int... i>
SNNRUN_HD Floats folded(Floats a, std::integer_sequence<int, i...>) {
  return a + picked<(i ^ D)...>(a, a);
}

/// Sums of `count` vectors, count <= kLanes: that of vector k stands in lane_of(k).
template <int D, int count>
SNNRUN_HD Floats totals(const Floats* v) {
  if constexpr (D == 0) {
    return v[0];
  } else {
    constexpr int half = (count + 1) / 2;
    Floats pairs[half];
    for (int k = 0; k < count / 2; ++k) pairs[k] = merged<D>(v[2 * k], v[2 * k + 1], EachLane());
    if constexpr (count % 2 == 1) pairs[half - 1] = folded<D>(v[count - 1], EachLane());
    return totals<D / 2, half>(pairs);
  }
}

constexpr int lane_of(int k) {
  int lane = 0;
  for (int d = kLanes / 2; d > 0; d /= 2, k /= 2) lane += k % 2 * d;
  return lane;
}

/// What stands in lane_of(k) in all lanes. Of `count` sums, a power of two, each fills as many
/// lanes as there is room for, so whole parts of a vector can be moved.
template <int count, int k, int... i>
SNNRUN_HD Floats spread(Floats v, std::integer_sequence<int, i...>) {
  static_assert(kLanes % count == 0, "spread: a sum has no lanes of its own");
  return picked<(lane_of(k) + i % (kLanes / count))...>(v, v);
}

/// Numbers of `count` vectors in the lanes of their sums.
template <int count>
SNNRUN_HD Floats together(const float (&values)[count]) {
  float lanes[kLanes];
  for (int k = 0; k < count; ++k)
    for (int i = 0; i < kLanes / count; ++i) lanes[lane_of(k) + i] = values[k];
  return load<Floats>(lanes);
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
