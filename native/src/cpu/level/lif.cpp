// The LIF pass: a block of neurons lives in registers while the steps go by.
#include "lif.hpp"

#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

constexpr int kVectors = 4;  // of a block: enough independent chains to hide latencies

/// A few vectors of neurons, of which `present` exist.
template <class F>
struct Block {
  using V = Vec<F>;
  static constexpr std::int64_t lanes = Lanes<F>::count, width = kVectors * lanes;
  std::int64_t first, present;

  SNNRUN_HD std::int64_t here(int u) const {
    return larger<std::int64_t>(0, smaller(lanes, present - u * lanes));
  }
  SNNRUN_HD void read(const F* row, V (&to)[kVectors]) const {
    if (present == width)
      for (int u = 0; u < kVectors; ++u) to[u] = load<V>(row + first + u * lanes);
    else
      for (int u = 0; u < kVectors; ++u) to[u] = load_some<V>(row + first + u * lanes, here(u), F(0));
  }
  SNNRUN_HD void write(F* row, const V (&from)[kVectors]) const {
    if (present == width)
      for (int u = 0; u < kVectors; ++u) store(row + first + u * lanes, from[u]);
    else
      for (int u = 0; u < kVectors; ++u) store_some(row + first + u * lanes, here(u), from[u]);
  }
};

/// Add the neurons of a block with these numbers of spikes.
template <class F>
SNNRUN_HD void add(const Block<F>& block, const Vec<F> (&count)[kVectors], F steps,
                   LifActivity* activity) {
  using V = Vec<F>;
  const V one = broadcast<V>(F(1)), all = broadcast<V>(steps);
  V spikes{}, silent{}, saturated{};
  for (int u = 0; u < kVectors; ++u) {
    const auto there = lanes_below<F>(block.here(u));
    spikes += select(there, count[u], V{});
    silent += select(there & (count[u] == V{}), one, V{});
    saturated += select(there & (count[u] == all), one, V{});
  }
  activity->spikes += sum<F>(spikes);
  activity->silent += sum<F>(silent);
  activity->saturated += sum<F>(saturated);
}

/// Note which neurons of a block fire in a row of words, whose first bit is neuron `begin`.
template <class F>
SNNRUN_HD void note(const Block<F>& block, std::int64_t begin, const Mask<F> (&fires)[kVectors],
                    std::uint32_t* row) {
  std::uint64_t bits = 0;
  for (int u = 0; u < kVectors; ++u)
    bits |= static_cast<std::uint64_t>(bits_of<F>(fires[u])) << (u * block.lanes);
  if (block.present < 64) bits &= (std::uint64_t{1} << block.present) - 1;
  const std::int64_t at = block.first - begin;
  for (std::int64_t n = 0; n < block.present; n += 32) {
    std::uint32_t& word = row[(at + n) / 32];
    const std::uint32_t before = at % 32 ? word : 0;  // small blocks share a word
    word = before | static_cast<std::uint32_t>(bits >> n) << (at % 32);
  }
}

template <class F, Surrogate kind>
void run_block(const LifScan<F>& y, const Block<F>& block, std::int64_t begin,
               LifActivity* activity) {
  using V = Vec<F>;
  const V threshold = broadcast<V>(y.threshold), one = broadcast<V>(F(1));
  const V lowered = lowering<V>(y);
  LifCarried<V> s[kVectors] = {};
  V input[kVectors] = {};
  V count[kVectors] = {}, late_count[kVectors] = {}, derivative_sum[kVectors] = {};
  if (y.constant) block.read(y.current, input);
  for (std::int64_t n = 0; n < y.steps; ++n) {
    const std::int64_t t = y.backwards ? y.steps - 1 - n : n, row = t * y.width;
    if (!y.constant) block.read(y.current + row, input);
    V shown[kVectors];
    Mask<F> fires[kVectors];
    for (int u = 0; u < kVectors; ++u) {
      shown[u] = climb(y, input[u], &s[u]);
      fires[u] = shown[u] >= threshold;
      s[u].membrane = add_where(fires[u], shown[u], lowered);
      count[u] = add_where(fires[u], count[u], one);
    }
    if (y.reset == Reset::zero)
      for (int u = 0; u < kVectors; ++u) s[u].membrane = select(fires[u], V{}, shown[u]);
    if (y.bits) note(block, begin, fires, y.bits + t * y.bits_stride);
    if (y.spikes) {
      V spikes[kVectors];
      for (int u = 0; u < kVectors; ++u) spikes[u] = select(fires[u], one, V{});
      block.write(y.spikes + row, spikes);
    }
    if (y.membranes) block.write(y.membranes + row, shown);
    if (y.late_rate && t >= y.late)
      for (int u = 0; u < kVectors; ++u) late_count[u] = add_where(fires[u], late_count[u], one);
    if (y.step_weights && (y.derivatives || y.step_weights[t] != 0)) {
      V derivative[kVectors];
      for (int u = 0; u < kVectors; ++u) {
        const V of = y.after_reset ? s[u].membrane : shown[u];
        derivative[u] = weighted_derivative<kind>(y, of, y.step_weights[t]);
        derivative_sum[u] += derivative[u];
      }
      if (y.derivatives) block.write(y.derivatives + row, derivative);
    }
    if (y.reset == Reset::subtract_twice)
      for (int u = 0; u < kVectors; ++u)
        s[u].membrane = add_where(fires[u], s[u].membrane, lowered);
  }
  if (y.derivative_sum) block.write(y.derivative_sum, derivative_sum);
  const F all = static_cast<F>(y.steps), late = static_cast<F>(y.steps - y.late);
  add<F>(block, count, all, activity);
  for (int u = 0; u < kVectors; ++u) count[u] = count[u] / all, late_count[u] = late_count[u] / late;
  if (y.rate) block.write(y.rate, count);
  if (y.late_rate) block.write(y.late_rate, late_count);
}

template <class F, Surrogate kind>
LifActivity run_blocks(const LifScan<F>& y, std::int64_t begin, std::int64_t end) {
  LifActivity activity;
  for (std::int64_t first = begin; first < end; first += Block<F>::width)
    run_block<F, kind>(y, {first, smaller(Block<F>::width, end - first)}, begin, &activity);
  return activity;
}

}  // namespace

template <class F>
LifActivity lif_tile(const LifScan<F>& y, std::int64_t begin, std::int64_t end) {
  switch (y.surrogate) {
#define SNNRUN_CASE(name) \
  case Surrogate::name: return run_blocks<F, Surrogate::name>(y, begin, end);
    SNNRUN_SURROGATES(SNNRUN_CASE)
#undef SNNRUN_CASE
  }
  return {};
}

template LifActivity lif_tile(const LifScan<float>&, std::int64_t, std::int64_t);
template LifActivity lif_tile(const LifScan<double>&, std::int64_t, std::int64_t);

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
