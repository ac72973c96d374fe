// Counted random numbers of one CPU level, compiled apart: without fused products, as their twin.
#pragma once
#include "snnrun/kernels.hpp"
#include "snnrun/math.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

void words_tile(const CountedRows& y, Kind kind, std::int64_t begin, std::int64_t end,
                std::uint32_t* to);
void uniform_tile(const CountedRows& y, std::int64_t begin, std::int64_t end, float* to);
void normal_tile(const CountedRows& y, std::int64_t begin, std::int64_t end, float* to);

std::int64_t intervals_group(const CountedIntervals& y, const IntervalGroup& group,
                             std::int32_t* steps, std::int32_t* values);

template <class F>
void bernoulli_tile(const CountedSpikes<F>& y, std::int64_t begin, std::int64_t end);

extern template void bernoulli_tile(const CountedSpikes<float>&, std::int64_t, std::int64_t);
extern template void bernoulli_tile(const CountedSpikes<double>&, std::int64_t, std::int64_t);

constexpr CountedKernels counted_kernels = {words_tile, uniform_tile, normal_tile,
                                            intervals_group, bernoulli_tile<float>, bernoulli_tile<double>};

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
