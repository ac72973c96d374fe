// LIF neurons over a sequence, at one CPU level; see lif_sequence.cpp.
#pragma once
#include "snnrun/kernels.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

template <class F, class S>
void lif_sequence_tile(const LifSequence<F, S>& y, const LifTrain<F, S>& to,
                       const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end);

template <class F, class S>
void lif_gradient_tile(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                       const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end);

#define SNNRUN_ELSEWHERE(F, S)                                                                \
  extern template void lif_sequence_tile(const LifSequence<F, S>&, const LifTrain<F, S>&,     \
                                         const LifScratch<F>&, std::int64_t, std::int64_t);   \
  extern template void lif_gradient_tile(const LifSequence<F, S>&,                            \
                                         const LifSequenceGradient<F, S>&,                    \
                                         const LifScratch<F>&, std::int64_t, std::int64_t);
SNNRUN_ELSEWHERE(float, float)
SNNRUN_ELSEWHERE(float, Bfloat)
SNNRUN_ELSEWHERE(double, double)
#undef SNNRUN_ELSEWHERE

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
