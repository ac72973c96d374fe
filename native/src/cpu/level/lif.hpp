// The LIF pass of one CPU level, compiled apart: without fused products (lif.hpp says why).
#pragma once
#include "snnrun/lif.hpp"
#include "snnrun/math.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// The neurons from `begin` to `end`.
template <class F>
LifActivity lif_tile(const LifScan<F>& scan, std::int64_t begin, std::int64_t end);

extern template LifActivity lif_tile(const LifScan<float>&, std::int64_t, std::int64_t);
extern template LifActivity lif_tile(const LifScan<double>&, std::int64_t, std::int64_t);

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
