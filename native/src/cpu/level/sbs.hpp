// The Spike-By-Spike kernels of one CPU level, compiled apart.
#pragma once
#include "snnrun/sbs_kernels.hpp"
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

std::int64_t sbs_members(std::int64_t vectors);
void sbs_move(const SbsTeam& team);
void sbs_draw(const float* patch, std::int64_t inputs, const SbsCounter& counter,
              std::int64_t steps, const SbsTables& tables, std::uint32_t* spikes);
void sbs_gradient(const SbsBlock& block);

constexpr int kPanel = kVectorBytes == 64 ? 3 : 1;  // vectors of inputs that fit into registers
constexpr SbsKernels sbs_kernels = {Lanes<float>::count,           sbs_members, sbs_move, sbs_draw,
                                    kPanel * Lanes<float>::count, sbs_gradient};

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
