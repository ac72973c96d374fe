// First spikes, step 2: go through the inputs until every neuron of a block has spiked.
#pragma once
#include "first_spike_inputs.hpp"
#include "snnrun/crossing.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// What is known of a vector of neurons: membrane and current right after the last cause.
template <class F>
struct State {
  Vec<F> membrane{}, current{};
  Vec<F> since{}, gap{};  // when that cause arrived, and how long until the next input
  Mask<F> causes{};       // how many causes; 0 = no spike

  SNNRUN_HD void set(Mask<F> where, Vec<F> v, Vec<F> i, Vec<F> time, Vec<F> to_next,
                     std::int64_t count) {
    membrane = select(where, v, membrane);
    current = select(where, i, current);
    since = select(where, time, since);
    gap = select(where, to_next, gap);
    causes = select(where, whole<F>(count), causes);
  }
};

/// Thresholds of a vector of neurons; inf, which is never crossed, unless positive.
template <class F>
SNNRUN_HD Vec<F> threshold_of(const Threshold<F>& level, const Outputs& at) {
  using V = Vec<F>;
  const V never = broadcast<V>(F(INFINITY));
  const V c = level.shared
                  ? select(lanes_below<F>(at.count), broadcast<V>(*level.values), never)
                  : load_some<V>(level.values + at.first, at.count, F(INFINITY));
  return select(c > V{}, c, never);
}

/// Search the crossings of U vectors of neurons; a neuron's level turns inf once it has spiked.
template <class F, int R, int U, bool Shared>
SNNRUN_HD void search(const Inputs<F, R, Shared>& in, std::int64_t count, Vec<F> (&level)[U],
                      State<F> (&found)[U]) {
  using V = Vec<F>;
  const V never = broadcast<V>(F(INFINITY));
  V membrane[U] = {}, current[U] = {}, fade{};
  for (std::int64_t k = 0; k < count; ++k) {
    V added[U];
    in.weights_of(k, added);
    for (int u = 0; u < U; ++u) current[u] = current[u] * fade + added[u];
    fade = broadcast<V>(F(1));
    if (k == in.first_tied) k = count - 1;
    if (in.tied(k)) continue;
    const V decay = in.decay(k), reach = in.reach(k);
    fade = in.current_decay(decay);
    V next[U];
    Mask<F> hit[U], some{};
    for (int u = 0; u < U; ++u) {
      next[u] = membrane[u] * decay + current[u] * reach;
      hit[u] = (current[u] >= level[u]) & (next[u] >= smaller(current[u] * fade, level[u]));
      some |= hit[u];
    }
    if (any(some)) {
      Mask<F> waiting{};
      for (int u = 0; u < U; ++u) {
        Mask<F> spikes = hit[u] & (next[u] >= level[u]);
        if (any(hit[u] & ~spikes))
          spikes = hit[u] & (spikes | reaches<R>(membrane[u], current[u], level[u]));
        const V now = in.time(k), gap = in.time(k + 1) - now;
        found[u].set(spikes, membrane[u], current[u], now, gap, k + 1);
        level[u] = select(spikes, never, level[u]);
        waiting |= level[u] < never;
      }
      if (!any(waiting)) return;
    }
    for (int u = 0; u < U; ++u) membrane[u] = next[u];
  }
}

/// Membrane and current at the last input up to the given ends (since the first input).
template <class F, int R, int U, bool Shared>
SNNRUN_HD void follow(const Inputs<F, R, Shared>& in, std::int64_t count, const Vec<F> (&end)[U],
                      State<F> (&found)[U]) {
  using V = Vec<F>;
  for (std::int64_t k = 0; k < count; ++k) {
    const V decay = k ? in.decay(k - 1) : V{}, reach = k ? in.reach(k - 1) : V{};
    const V time = in.time(k), current_decay = in.current_decay(decay);
    Mask<F> some{};
    for (int u = 0; u < U; ++u) {
      const Mask<F> causal = time <= end[u];
      const V membrane = found[u].membrane * decay + found[u].current * reach;
      const V current = found[u].current * current_decay + in.weight(k, u);
      found[u].set(causal, membrane, current, time, V{}, k + 1);
      some |= causal;
    }
    if (!any(some)) return;
  }
}

/// Remember the causes and the start of the adjoint; `after` is T - (last cause).
template <class F, int R>
SNNRUN_HD void keep(const FirstSpikeTile<F>& y, const Outputs& at, const State<F>& found,
                    Vec<F> threshold, Vec<F> steep, Vec<F> after) {
  const auto spiked = found.causes > Mask<F>{};
  Vec<F> on_membrane, on_current;
  adjoint_start<R>(found.current, threshold, steep, after, &on_membrane, &on_current);
  store(y.causes + at.state, found.causes);
  store(y.on_membrane + at.state, select(spiked, on_membrane, Vec<F>{}));
  store(y.on_current + at.state, select(spiked, on_current, Vec<F>{}));
}

/// First spikes of one tile.
template <class F, int R, int U, bool Shared>
void forward_tile(const FirstSpikeTile<F>& y, std::int64_t unit, std::int64_t block) {
  using V = Vec<F>;
  const Inputs<F, R, Shared> in(y, unit, block);
  const V never = broadcast<V>(F(INFINITY)), origin = in.origin(y);
  const bool noisy = y.level.values != y.nominal.values;
  V level[U], threshold[U];
  State<F> found[U];
  for (int u = 0; u < U; ++u)
    level[u] = threshold[u] = threshold_of(y.level, Outputs(y, unit, block, u));
  search<F, R, U, Shared>(in, in.count(y), level, found);
  for (int u = 0; u < U; ++u) {
    const Outputs at(y, unit, block, u);
    const V membrane = found[u].membrane, current = found[u].current;
    V steep = steepness<R>(membrane, current, threshold[u]);
    const V exact = crossing<R>(membrane, current, steep);
    const V after = smaller(found[u].gap, larger(V{}, exact));
    const V time = origin + (found[u].since + after) * F(y.shape.tau_syn);
    store_some(y.times + at.first, at.count, select(found[u].causes > Mask<F>{}, time, never));
    if (noisy) {
      threshold[u] = threshold_of(y.nominal, at);
      steep = steepness<R>(membrane, current, threshold[u]);
    }
    keep<F, R>(y, at, found[u], threshold[u], steep, after);
  }
}

/// The same for given times: only what the backward pass needs.
template <class F, int R, int U, bool Shared>
void from_times_tile(const FirstSpikeTile<F>& y, std::int64_t unit, std::int64_t block) {
  using V = Vec<F>;
  const Inputs<F, R, Shared> in(y, unit, block);
  const V never = broadcast<V>(F(INFINITY)), origin = in.origin(y);
  V end[U];
  State<F> found[U];
  for (int u = 0; u < U; ++u) {
    const Outputs at(y, unit, block, u);
    const V time = load_some<V>(y.times + at.first, at.count, F(INFINITY));
    end[u] = select(time < never, (time - origin) * F(1 / y.shape.tau_syn), -never);
  }
  follow<F, R, U, Shared>(in, in.count(y), end, found);
  for (int u = 0; u < U; ++u) {
    const Outputs at(y, unit, block, u);
    const V threshold = threshold_of(y.nominal, at);
    const V steep = steepness<R>(found[u].membrane, found[u].current, threshold);
    keep<F, R>(y, at, found[u], threshold, steep, end[u] - found[u].since);
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
