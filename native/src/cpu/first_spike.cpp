// First spikes: memory, and the cut of a layer into tiles that threads take.
#include "snnrun/first_spike.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

/// Plain memory, aligned to a cache line, not set to anything.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::int64_t size)
      : data_(static_cast<T*>(::operator new(bytes(size), kLine))) {}
  T* get() const { return data_.get(); }
  void clear(std::int64_t size) { std::memset(get(), 0, bytes(size)); }

 private:
  static constexpr std::align_val_t kLine{64};
  static std::size_t bytes(std::int64_t size) { return static_cast<std::size_t>(size) * sizeof(T); }
  struct Free {
    void operator()(T* data) const { ::operator delete(data, kLine); }
  };
  std::unique_ptr<T, Free> data_;
};

std::int64_t parts(std::int64_t whole, std::int64_t part) { return (whole + part - 1) / part; }

}  // namespace

template <class F>
class FirstSpikePlan {
 public:
  using Index = typename FirstSpikeTile<F>::Index;

  FirstSpikePlan(const FirstSpikeShape& shape, const F* arrivals, const F* weights)
      : kernels(snnrun::kernels().first_spike(F())), tile{} {
    const std::int64_t lanes = kernels.lanes;
    tile.shape = shape;
    tile.lanes = lanes;
    tile.vectors = !shape.per_synapse && shape.post > lanes ? 2 : 1;
    tile.blocks = parts(shape.post, width());
    tile.arrivals = arrivals;
    groups = shape.per_synapse ? shape.batch * tile.blocks : parts(shape.batch, lanes);
    const std::int64_t rows = groups * shape.pre * lanes, outputs = shape.batch * padded();
    tile.arrival = numbers(rows + groups * lanes);
    tile.decay = numbers(rows);
    tile.reach = numbers(rows);
    tile.sorted = shape.per_synapse ? numbers(rows) : nullptr;
    tile.origin = numbers(groups * lanes);
    tile.on_membrane = numbers(outputs);
    tile.on_current = numbers(outputs);
    tile.order = indices(rows);
    tile.present = indices(groups * lanes);
    tile.crowd = indices(groups * lanes);
    tile.causes = indices(outputs);
    tile.weights = pack(weights);
  }

  std::int64_t width() const { return tile.vectors * tile.lanes; }
  std::int64_t padded() const { return tile.blocks * width(); }

  const FirstSpikeKernels<F>& kernels;
  FirstSpikeTile<F> tile;
  std::int64_t groups;

 private:
  F* numbers(std::int64_t size) { return numbers_.emplace_back(size).get(); }
  Index* indices(std::int64_t size) { return indices_.emplace_back(size).get(); }

  /// Weights by blocks of neurons: what one tile reads lies together, zeros beyond the last one.
  const F* pack(const F* weights) {
    const std::int64_t pre = tile.shape.pre, post = tile.shape.post, wide = width();
    F* packed = numbers((pre + 1) * padded());
    for (std::int64_t block = 0; block < tile.blocks; ++block) {
      const std::int64_t count = std::min(wide, post - block * wide);
      F* row = packed + block * (pre + 1) * wide;
      F* sum = row + pre * wide;
      std::fill_n(sum, wide, F(0));
      for (std::int64_t i = 0; i < pre; ++i, row += wide) {
        const F* from = weights + i * post + block * wide;
        for (std::int64_t m = 0; m < count; ++m) row[m] = from[m], sum[m] += from[m];
        for (std::int64_t m = count; m < wide; ++m) row[m] = F(0);
      }
    }
    return packed;
  }

  std::vector<Buffer<F>> numbers_;
  std::vector<Buffer<Index>> indices_;
};

namespace {

/// Sort the inputs, then run `tile` for every sample and block; blocks outermost, so that the
/// weights of a block stay in the cache for all samples.
template <class F>
void run_tiles(const FirstSpikePlan<F>& plan, decltype(FirstSpikeKernels<F>::forward) tile,
               int threads) {
  const FirstSpikeTile<F>& y = plan.tile;
  parallel_for(plan.groups, threads, [&](std::int64_t group) { plan.kernels.schedule(y, group); });
  const std::int64_t chunk = 16, chunks = parts(y.shape.batch, chunk);
  parallel_for(chunks * y.blocks, threads, [&](std::int64_t task) {
    const std::int64_t block = task / chunks, begin = task % chunks * chunk;
    for (std::int64_t b = begin; b < std::min(begin + chunk, y.shape.batch); ++b) tile(y, b, block);
  });
}

/// out[i] = the sum of `terms` rows, `stride` apart, in order.
template <class F>
void add_up(const F* rows, std::int64_t terms, std::int64_t stride, std::int64_t count, F* out) {
  if (out != rows) std::copy_n(rows, count, out);
  for (std::int64_t term = 1; term < terms; ++term)
    for (std::int64_t i = 0; i < count; ++i) out[i] += rows[term * stride + i];
}

/// Samples are cut into chunks, each with weight gradients of its own, only as far as these stay
/// small: the number depends on the layer alone, so the sums are the same for all threads.
template <class F>
std::int64_t sample_chunks(const FirstSpikePlan<F>& plan) {
  const FirstSpikeShape& shape = plan.tile.shape;
  const std::int64_t most = std::max<std::int64_t>(1, 65536 / (shape.pre * plan.padded()));
  return std::min({most, parts(shape.batch, 8), std::int64_t{16}});
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
  const auto [batch, pre, post, per_synapse, ratio, tau] = y.shape;
  const std::int64_t chunks = sample_chunks(plan), size = (pre + 1) * plan.width();
  const std::int64_t chunk = parts(batch, chunks), inputs = batch * pre;
  const Buffer<F> weight_sums(on_weights ? chunks * y.blocks * size : 0);
  const bool shared_sums = on_arrivals && !per_synapse;
  const Buffer<F> arrival_sums(shared_sums ? y.blocks * inputs : 0);
  if (on_arrivals && per_synapse) std::fill_n(on_arrivals, inputs * post, F(0));

  parallel_for(chunks * y.blocks, threads, [&, batch = batch, pre = pre](std::int64_t task) {
    const std::int64_t block = task / chunks, begin = task % chunks * chunk;
    const std::int64_t end = std::min(begin + chunk, batch);
    FirstSpikeGradient<F> to = {upstream, max_dw_norm, nullptr, on_arrivals};
    if (on_weights) {
      to.on_weights = weight_sums.get() + task * size;
      std::fill_n(to.on_weights, size, F(0));
    }
    if (shared_sums) {
      to.on_arrivals = arrival_sums.get() + block * inputs;
      std::fill(to.on_arrivals + begin * pre, to.on_arrivals + end * pre, F(0));
    }
    for (std::int64_t b = begin; b < end; ++b) plan.kernels.backward(y, to, b, block);
  });

  if (shared_sums) add_up(arrival_sums.get(), y.blocks, inputs, inputs, on_arrivals);
  for (std::int64_t block = 0; on_weights && block < y.blocks; ++block) {
    const std::int64_t wide = plan.width(), column = block * wide;
    const std::int64_t count = std::min(wide, post - column);
    F* sums = weight_sums.get() + block * chunks * size;
    F* to_all = sums + pre * wide;
    add_up(to_all, chunks, size, wide, to_all);
    for (std::int64_t i = 0; i < pre; ++i) {
      F* out = on_weights + i * post + column;
      add_up(sums + i * wide, chunks, size, count, out);
      for (std::int64_t m = 0; m < count; ++m) out[m] += to_all[m];
    }
  }
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
