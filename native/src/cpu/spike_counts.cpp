// Counts over what neurons did: cut into tiles that threads take.
#include "snnrun/spike_counts.hpp"

#include <algorithm>
#include <vector>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

constexpr std::int64_t kTilesOfATask = 16;

/// Add what tile(begin, end) finds of `count` numbers, a few tiles a task.
template <class Found, class Tile, class Add>
Found over_tiles(std::int64_t count, int threads, const Tile& tile, const Add& add) {
  const std::int64_t task = kTilesOfATask * kCountTile, tasks = (count + task - 1) / task;
  std::vector<Found> parts(static_cast<std::size_t>(tasks));
  parallel_for(tasks, threads, [&](std::int64_t index) {
    const std::int64_t end = std::min(count, (index + 1) * task);
    for (std::int64_t begin = index * task; begin < end; begin += kCountTile)
      add(&parts[index], tile(begin, std::min(end, begin + kCountTile)));
  });
  Found whole{};
  for (const Found& part : parts) add(&whole, part);
  return whole;
}

}  // namespace

template <class F>
SpikeCounts count_spikes(const F* spikes, std::int64_t steps, std::int64_t width, int threads) {
  const auto tile = kernels().counts(F()).spikes;
  return over_tiles<SpikeCounts>(
      width, threads,
      [&](auto begin, auto end) { return tile(spikes, steps, width, begin, end); },
      [](SpikeCounts* to, const SpikeCounts& part) {
        to->spikes += part.spikes, to->silent += part.silent, to->saturated += part.saturated;
      });
}

template <class F>
std::int64_t count_felt(const F* membranes, std::int64_t count, const Hump<F>& hump, F level,
                        int threads) {
  const auto tile = kernels().counts(F()).felt;
  return over_tiles<std::int64_t>(
      count, threads,
      [&](auto begin, auto end) { return tile(membranes, hump, level, begin, end); },
      [](std::int64_t* to, std::int64_t part) { *to += part; });
}

template SpikeCounts count_spikes(const float*, std::int64_t, std::int64_t, int);
template SpikeCounts count_spikes(const double*, std::int64_t, std::int64_t, int);
template std::int64_t count_felt(const float*, std::int64_t, const Hump<float>&, float, int);
template std::int64_t count_felt(const double*, std::int64_t, const Hump<double>&, double, int);

}  // namespace snnrun
