// First spikes: the cut of a layer into tiles that threads take.
#include "snnrun/first_spike.hpp"

#include <algorithm>
#include <memory>

#include "first_spike_plan.hpp"
#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

/// As many threads as have something to do: to wake one takes as long as some 10^5 steps, each of
/// one input and one neuron.
int worthwhile(const FirstSpikeShape& shape, int threads) {
  const std::int64_t steps = shape.batch * shape.pre * shape.post;
  return static_cast<int>(std::min<std::int64_t>(threads, 1 + steps / 250000));
}

/// Sort the inputs, then take a step for every unit and block; blocks outermost, so that the
/// weights of a block stay in the cache for all units.
template <class F>
void run_tiles(const FirstSpikePlan<F>& plan, typename FirstSpikeKernels<F>::Step step,
               int threads) {
  const FirstSpikeTile<F>& y = plan.tile;
  threads = worthwhile(y.shape, threads);
  parallel_for(y.groups, threads, [&](std::int64_t group) { plan.kernels.schedule(y, group); });
  const std::int64_t chunk = 16, chunks = parts(y.units, chunk);
  parallel_for(chunks * y.blocks, threads, [&](std::int64_t task) {
    const std::int64_t block = task / chunks, begin = task % chunks * chunk;
    const std::int64_t end = std::min(begin + chunk, y.units);
    for (std::int64_t unit = begin; unit < end; ++unit) step(y, unit, block);
  });
}

/// out[i] = the sum of `terms` rows, `stride` apart, in order.
template <class F>
void add_up(const F* rows, std::int64_t terms, std::int64_t stride, std::int64_t count, F* out) {
  if (out != rows) std::copy_n(rows, count, out);
  for (std::int64_t term = 1; term < terms; ++term)
    for (std::int64_t i = 0; i < count; ++i) out[i] += rows[term * stride + i];
}

/// Units are cut into chunks, each with weight gradients of its own, only as far as these stay
/// small: the number depends on the layer alone, so the sums are the same for all threads.
template <class F>
std::int64_t unit_chunks(const FirstSpikePlan<F>& plan) {
  const std::int64_t weights = plan.tile.blocks * plan.block_size();
  const std::int64_t most = 65536 / std::max<std::int64_t>(1, weights);
  return std::clamp<std::int64_t>(std::min(most, plan.tile.units / 8), 1, 16);
}

/// Sum the weight gradients of all chunks, in order, and that of the row for all inputs.
template <class F>
void collect(const FirstSpikePlan<F>& plan, F* sums, std::int64_t chunks, F* on_weights) {
  const std::int64_t pre = plan.tile.shape.pre, post = plan.tile.shape.post;
  const std::int64_t wide = plan.width(), size = plan.block_size();
  for (std::int64_t block = 0; block < plan.tile.blocks; ++block, sums += chunks * size) {
    const std::int64_t count = std::min(wide, post - block * wide);
    F* to_all = sums + pre * wide;
    add_up(to_all, chunks, size, wide, to_all);
    for (std::int64_t i = 0; i < pre; ++i) {
      F* out = on_weights + i * post + block * wide;
      add_up(sums + i * wide, chunks, size, count, out);
      for (std::int64_t m = 0; m < count; ++m) out[m] += to_all[m];
    }
  }
}

}  // namespace

template <class F>
FirstSpikePlanPointer<F> first_spike_forward(const FirstSpikeShape& shape, const F* arrivals,
                                             const F* weights, Threshold<F> level,
                                             Threshold<F> nominal, F* times, int threads) {
  auto plan = std::make_shared<FirstSpikePlan<F>>(shape, arrivals, weights);
  plan->tile.level = level;
  plan->tile.nominal = nominal;
  plan->tile.times = times;
  run_tiles(*plan, plan->kernels.forward, threads);
  return plan;
}

template <class F>
FirstSpikePlanPointer<F> first_spike_plan(const FirstSpikeShape& shape, const F* arrivals,
                                          const F* weights, const F* times, Threshold<F> nominal,
                                          int threads) {
  auto plan = std::make_shared<FirstSpikePlan<F>>(shape, arrivals, weights);
  plan->tile.nominal = nominal;
  plan->tile.times = const_cast<F*>(times);  // from_times only reads them
  run_tiles(*plan, plan->kernels.from_times, threads);
  return plan;
}

template <class F>
void first_spike_backward(const FirstSpikePlan<F>& plan, const F* upstream, F max_dw_norm,
                          F* on_arrivals, F* on_weights, int threads) {
  const FirstSpikeTile<F>& y = plan.tile;
  const std::int64_t inputs = y.shape.batch * y.shape.pre, size = plan.block_size();
  const std::int64_t chunks = unit_chunks(plan), chunk = parts(y.units, chunks);
  const Buffer<F> weight_sums(on_weights ? chunks * y.blocks * size : 0);
  // Blocks that share arrivals add to them one after the other, each to a copy of its own.
  const bool copies = on_arrivals && y.blocks > 1;
  const Buffer<F> arrival_sums(copies ? y.blocks * inputs : 0);
  F* arrivals = copies ? arrival_sums.get() : on_arrivals;
  if (arrivals)
    std::fill_n(arrivals, y.shape.per_synapse ? inputs * y.shape.post : y.blocks * inputs, F(0));

  parallel_for(chunks * y.blocks, worthwhile(y.shape, threads), [&](std::int64_t task) {
    const std::int64_t block = task / chunks, begin = task % chunks * chunk;
    FirstSpikeGradient<F> to = {upstream, max_dw_norm, nullptr, nullptr};
    if (on_weights) {
      to.on_weights = weight_sums.get() + task * size;
      std::fill_n(to.on_weights, size, F(0));
    }
    if (arrivals) to.on_arrivals = arrivals + block * inputs;
    for (std::int64_t unit = begin; unit < std::min(begin + chunk, y.units); ++unit)
      plan.kernels.backward(y, to, unit, block);
  });

  if (copies) add_up(arrivals, y.blocks, inputs, inputs, on_arrivals);
  if (on_weights) collect(plan, weight_sums.get(), chunks, on_weights);
}

#define SNNRUN_INSTANTIATE(F)                                                                     \
  template FirstSpikePlanPointer<F> first_spike_forward(const FirstSpikeShape&, const F*,        \
                                                        const F*, Threshold<F>, Threshold<F>,    \
                                                        F*, int);                                \
  template FirstSpikePlanPointer<F> first_spike_plan(const FirstSpikeShape&, const F*, const F*, \
                                                     const F*, Threshold<F>, int);               \
  template void first_spike_backward(const FirstSpikePlan<F>&, const F*, F, F*, F*, int);
SNNRUN_INSTANTIATE(float)
SNNRUN_INSTANTIATE(double)

}  // namespace snnrun
