// Which loop runs for how many neurons.
#include "sbs.hpp"

#include "sbs_gradient.hpp"
#include "sbs_draw.hpp"
#include "sbs_team.hpp"
#include "sbs_wide.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

constexpr int kMostVectors = 8;  // that a population may have in registers

/// Populations of a group, and groups of a team: measured, not derived.
constexpr int group_size(int vectors) { return vectors * kVectorBytes <= 128 ? 4 : 2; }
constexpr int groups_of(int vectors) {
  if (kVectorBytes < 64) return 2;
  return vectors == 1 ? 4 : vectors <= 4 ? 3 : 2;
}

template <int vectors = 1>
std::int64_t members_of(std::int64_t wanted) {
  if constexpr (vectors > kMostVectors)
    return kWideMembers;
  else
    return wanted == vectors ? group_size(vectors) * groups_of(vectors)
                             : members_of<vectors + 1>(wanted);
}

template <int vectors = 1>
void run(const SbsTeam& y) {
  if constexpr (vectors > kMostVectors) {
    run_wide(y);
  } else {
    if (y.vectors != vectors) return run<vectors + 1>(y);
    if (y.by_input || y.forgetting > 0)
      run_team<vectors, group_size(vectors), groups_of(vectors), true>(y);
    else
      run_team<vectors, group_size(vectors), groups_of(vectors), false>(y);
  }
}

}  // namespace

std::int64_t sbs_members(std::int64_t vectors) { return members_of(vectors); }

void sbs_move(const SbsTeam& team) {
  const FlushTiny flushing;
  run(team);
}

void sbs_draw(const float* patch, std::int64_t inputs, const SbsCounter& counter,
              std::int64_t steps, const SbsTables& tables, std::uint32_t* spikes) {
  draw_spikes(patch, inputs, counter, steps, tables, spikes);
}

void sbs_gradient(const SbsBlock& block) {
  const FlushTiny flushing;
  gradient_block(block);
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
