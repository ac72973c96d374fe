// Sorting many short lists at once, one in each lane of the vectors.
#pragma once
#include <cstdint>

#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

template <class F, class Index>
SNNRUN_HD void exchange(F* low, F* high, Index* low_tag, Index* high_tag) {
  const auto a = load<Vec<F>>(low), b = load<Vec<F>>(high);
  const auto x = load<Mask<F>>(low_tag), y = load<Mask<F>>(high_tag);
  const auto swap = (b < a) | ((b == a) & (y < x));
  store(low, swap ? b : a);
  store(high, swap ? a : b);
  store(low_tag, swap ? y : x);
  store(high_tag, swap ? x : y);
}

/// Sort `rows` rows of lanes by key, then by tag, each lane by itself: Batcher's merge exchange, a
/// network for any number of rows. No branch looks at the data. Keys that are the same come in the
/// order of their tags, so that sums in this order do not depend on what the other lanes hold.
template <class F, class Index>
void sort_lanes(F* keys, Index* tags, std::int64_t rows) {
  constexpr std::int64_t lanes = Lanes<F>::count;
  std::int64_t top = 1;
  while (2 * top < rows) top *= 2;
  for (std::int64_t p = top; p > 0; p /= 2) {
    std::int64_t q = top, r = 0, d = p;
    for (;;) {
      for (std::int64_t run = r; run < rows - d; run += 2 * p)
        for (std::int64_t i = run; i < smaller(run + p, rows - d); ++i)
          exchange(keys + i * lanes, keys + (i + d) * lanes, tags + i * lanes,
                   tags + (i + d) * lanes);
      if (q == p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
