// The counts of one CPU level, compiled apart: without fused products, as the readable twin.
#pragma once
#include "snnrun/kernels.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// The neurons from `begin` to `end`.
template <class F>
SpikeCounts count_tile(const F* spikes, std::int64_t steps, std::int64_t width, std::int64_t begin,
                       std::int64_t end);

/// The membranes from `begin` to `end`, at most kCountTile.
template <class F>
std::int64_t felt_tile(const F* membranes, const Hump<F>& hump, F level, std::int64_t begin,
                       std::int64_t end);

extern template SpikeCounts count_tile(const float*, std::int64_t, std::int64_t, std::int64_t,
                                       std::int64_t);
extern template SpikeCounts count_tile(const double*, std::int64_t, std::int64_t, std::int64_t,
                                       std::int64_t);
extern template std::int64_t felt_tile(const float*, const Hump<float>&, float, std::int64_t,
                                       std::int64_t);
extern template std::int64_t felt_tile(const double*, const Hump<double>&, double, std::int64_t,
                                       std::int64_t);

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
