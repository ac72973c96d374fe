// The inner loops of graphs.
#pragma once
#include "snnrun/graph_kernels.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

extern const GraphKernels<float> graph_float;
extern const GraphKernels<double> graph_double;

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
