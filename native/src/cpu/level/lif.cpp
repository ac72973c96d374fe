// The LIF pass: a strip of neurons goes through one step after another.
//
// What is carried from step to step stays in the nearest cache: rows are read and written in runs
// of a page, which the processor foresees, where a few vectors that go through all steps in
// registers would have it jump from page to page.
#include "lif.hpp"

#include <algorithm>

#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

constexpr int kVectors = 2;  // of a block: what a step needs of more would not fit in registers

/// Two vectors of neurons of a strip from `first` on, of which `present` exist: all, if `whole`.
template <class F, bool whole>
struct Block {
  using V = Vec<F>;
  static constexpr std::int64_t lanes = Lanes<F>::count, width = kVectors * lanes;
  std::int64_t first, present;

  SNNRUN_HD std::int64_t here(int u) const {
    return whole ? lanes : larger<std::int64_t>(0, smaller(lanes, present - u * lanes));
  }
  SNNRUN_HD void read(const F* row, V (&to)[kVectors]) const {
    for (int u = 0; u < kVectors; ++u)
      to[u] = load_some<V>(row + first + u * lanes, here(u), F(0));
  }
  SNNRUN_HD void write(F* row, const V (&from)[kVectors]) const {
    for (int u = 0; u < kVectors; ++u) store_some(row + first + u * lanes, here(u), from[u]);
  }
  /// The same for rows of scratch, which have room for whole blocks.
  SNNRUN_HD void take(const F* row, V (&to)[kVectors]) const {
    for (int u = 0; u < kVectors; ++u) to[u] = load<V>(row + first + u * lanes);
  }
  SNNRUN_HD void keep(F* row, const V (&from)[kVectors]) const {
    for (int u = 0; u < kVectors; ++u) store(row + first + u * lanes, from[u]);
  }
};

/// Call body(block) for the blocks of a strip of `count` neurons.
template <class F, class Body>
SNNRUN_HD void for_blocks(std::int64_t count, const Body& body) {
  constexpr std::int64_t width = Block<F, true>::width;
  const std::int64_t rest = count % width, end = count - rest;
  for (std::int64_t first = 0; first < end; first += width) body(Block<F, true>{first, width});
  if (rest) body(Block<F, false>{end, rest});
}

/// Ask for a block that is read later.
template <class F>
SNNRUN_HD void ask_for(const F* block) {
  constexpr std::int64_t line = 64 / sizeof(F);
  for (std::int64_t i = 0; i < Block<F, true>::width; i += line) __builtin_prefetch(block + i);
}

/// Neurons from `begin` on, and what they carry from step to step.
template <class F>
struct alignas(64) Strip {
  static constexpr std::int64_t most = 4096 / sizeof(F);       // neurons
  static constexpr std::int64_t room = most + 64 / sizeof(F);  // no power of 2: rows would crowd
  F current[room], membrane[room];
  F spikes[room], before[room];  // how many, and how many when the first or last late step came
  F derivatives[room];           // their sum
  std::int64_t begin, count;

  void start(bool derives) {
    const std::int64_t block = Block<F, true>::width, all = (count + block - 1) / block * block;
    for (F* row : {current, membrane, spikes}) std::fill_n(row, all, F(0));
    if (derives) std::fill_n(derivatives, all, F(0));
  }
};

/// Where a strip finds and leaves what belongs to one step; what is not wanted is null.
template <class F>
struct Rows {
  const F *input, *next;  // J, and what is read after it
  F *spikes, *membranes, *derivatives;
  std::uint32_t* bits;
  F weight;   // of psi
  bool sums;  // whether psi is added up
};

/// `bit` is the place of the strip's first neuron in the bits.
template <class F>
Rows<F> rows_of(const LifScan<F>& y, const Strip<F>& strip, std::int64_t t, std::int64_t bit) {
  const std::int64_t last = y.steps - 1, then = y.backwards ? t - 1 : t + 1;
  const auto input = [&](std::int64_t at) {
    return y.current + (y.constant ? 0 : at * y.width) + strip.begin;
  };
  const auto row = [&](F* of) { return of ? of + t * y.width + strip.begin : nullptr; };
  const bool more = 0 <= then && then <= last;
  const F weight = y.step_weights ? y.step_weights[t] : F(0);
  return {input(t),
          more ? input(then) : input(y.backwards ? last : 0) + strip.count,
          row(y.spikes),
          row(y.membranes),
          row(y.derivatives),
          y.bits ? y.bits + t * y.bits_stride + bit / 32 : nullptr,
          weight,
          y.derivative_sum && weight != 0};
}

/// Note which neurons of a block fire in a row of words.
template <class F, bool whole>
SNNRUN_HD void note(const Block<F, whole>& block, const Mask<F> (&fires)[kVectors],
                    std::uint32_t* row) {
  static_assert(Block<F, true>::width <= 32 && 32 % Block<F, true>::width == 0);
  std::uint32_t bits = 0;
  for (int u = 0; u < kVectors; ++u) bits |= bits_of<F>(fires[u]) << (u * block.lanes);
  if (!whole) bits &= (1U << block.present) - 1;
  const std::int64_t at = block.first % 32;
  std::uint32_t& word = row[block.first / 32];
  word = (at ? word : 0) | bits << at;  // small blocks share a word
}

/// w psi of the membranes of a block, to memory and to its sum.
template <Surrogate kind, class F, bool whole>
SNNRUN_HD void derive(const LifScan<F>& y, const Block<F, whole>& block, const Rows<F>& rows,
                      const Vec<F> (&membrane)[kVectors], F* to) {
  Vec<F> psi[kVectors], sum[kVectors];
  for (int u = 0; u < kVectors; ++u)
    psi[u] = weighted_derivative<kind>(y, membrane[u], rows.weight);
  if (rows.derivatives) block.write(rows.derivatives, psi);
  if (!rows.sums) return;
  block.take(to, sum);
  for (int u = 0; u < kVectors; ++u) sum[u] += psi[u];
  block.keep(to, sum);
}

/// One step of a block; y and rows are copies, which no store can change.
template <Surrogate kind, class F, bool whole>
SNNRUN_HD void step(const LifScan<F>& y, const Rows<F>& rows, const Block<F, whole>& block,
                    Strip<F>* strip) {
  using V = Vec<F>;
  const V threshold = broadcast<V>(y.threshold), one = broadcast<V>(F(1));
  const V lowered = lowering<V>(y);
  V input[kVectors], current[kVectors], membrane[kVectors], shown[kVectors], spikes[kVectors];
  Mask<F> fires[kVectors];
  ask_for(rows.next + block.first);
  block.read(rows.input, input);
  block.take(strip->current, current);
  block.take(strip->membrane, membrane);
  block.take(strip->spikes, spikes);
  for (int u = 0; u < kVectors; ++u) {
    LifCarried<V> s = {current[u], membrane[u]};
    shown[u] = climb(y, input[u], &s);
    current[u] = s.current;
    fires[u] = shown[u] >= threshold;
    spikes[u] = add_where(fires[u], spikes[u], one);
    membrane[u] = add_where(fires[u], shown[u], lowered);
  }
  block.keep(strip->current, current);
  block.keep(strip->spikes, spikes);
  if (y.reset == Reset::zero)
    for (int u = 0; u < kVectors; ++u) membrane[u] = select(fires[u], V{}, shown[u]);
  if (rows.bits) note(block, fires, rows.bits);
  if (rows.membranes) block.write(rows.membranes, shown);
  if (rows.spikes) {
    for (int u = 0; u < kVectors; ++u) spikes[u] = select(fires[u], one, V{});
    block.write(rows.spikes, spikes);
  }
  if (rows.sums || rows.derivatives) {
    if (y.after_reset) derive<kind>(y, block, rows, membrane, strip->derivatives);
    else derive<kind>(y, block, rows, shown, strip->derivatives);
  }
  if (y.reset == Reset::subtract_twice)
    for (int u = 0; u < kVectors; ++u) membrane[u] = add_where(fires[u], membrane[u], lowered);
  block.keep(strip->membrane, membrane);
}

/// One step of a strip.
template <Surrogate kind, class F>
void step(const LifScan<F>& scan, const Rows<F>& at, Strip<F>* strip) {
  const LifScan<F> y = scan;
  const Rows<F> rows = at;
  for_blocks<F>(strip->count, [&](const auto& block) __attribute__((always_inline)) {
    step<kind>(y, rows, block, strip);
  });
}

/// Add the neurons of a block with these numbers of spikes.
template <class F, bool whole>
SNNRUN_HD void add(const Block<F, whole>& block, const Vec<F> (&count)[kVectors], F steps,
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

/// What is left of a block when all steps are over.
template <class F, bool whole>
void finish(const LifScan<F>& y, const Strip<F>& strip, const Block<F, whole>& block,
            LifActivity* activity) {
  const F steps = static_cast<F>(y.steps), late = static_cast<F>(y.steps - y.late);
  Vec<F> count[kVectors], before[kVectors], derivatives[kVectors];
  block.take(strip.spikes, count);
  add(block, count, steps, activity);
  if (y.late_rate) {
    block.take(strip.before, before);
    for (int u = 0; u < kVectors; ++u)
      before[u] = (y.backwards ? before[u] : count[u] - before[u]) / late;
    block.write(y.late_rate + strip.begin, before);
  }
  if (y.rate) {
    for (int u = 0; u < kVectors; ++u) count[u] = count[u] / steps;
    block.write(y.rate + strip.begin, count);
  }
  if (y.derivative_sum) {
    block.take(strip.derivatives, derivatives);
    block.write(y.derivative_sum + strip.begin, derivatives);
  }
}

/// All steps of a strip; those before and after the first or last late one are counted apart.
template <Surrogate kind, class F>
void run_strip(const LifScan<F>& y, std::int64_t bit, Strip<F>* strip, LifActivity* activity) {
  const auto go = [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t n = from; n < to; ++n) {
      const std::int64_t t = y.backwards ? y.steps - 1 - n : n;
      step<kind>(y, rows_of(y, *strip, t, bit), strip);
    }
  };
  const std::int64_t part = y.backwards ? y.steps - y.late : y.late;
  strip->start(y.derivative_sum);
  go(0, part);
  if (y.late_rate) std::copy_n(strip->spikes, Strip<F>::room, strip->before);
  go(part, y.steps);
  for_blocks<F>(strip->count, [&](const auto& block) __attribute__((always_inline)) {
    finish(y, *strip, block, activity);
  });
}

template <Surrogate kind, class F>
LifActivity run_strips(const LifScan<F>& y, std::int64_t begin, std::int64_t end) {
  LifActivity activity;
  Strip<F> strip;
  for (strip.begin = begin; strip.begin < end; strip.begin += Strip<F>::most) {
    strip.count = smaller(Strip<F>::most, end - strip.begin);
    run_strip<kind>(y, strip.begin - begin, &strip, &activity);
  }
  return activity;
}

}  // namespace

template <class F>
LifActivity lif_tile(const LifScan<F>& y, std::int64_t begin, std::int64_t end) {
  switch (y.surrogate) {
#define SNNRUN_CASE(name) \
  case Surrogate::name: return run_strips<Surrogate::name>(y, begin, end);
    SNNRUN_SURROGATES(SNNRUN_CASE)
#undef SNNRUN_CASE
  }
  return {};
}

template LifActivity lif_tile(const LifScan<float>&, std::int64_t, std::int64_t);
template LifActivity lif_tile(const LifScan<double>&, std::int64_t, std::int64_t);

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
