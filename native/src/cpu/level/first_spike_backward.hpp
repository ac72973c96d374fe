// First spikes, step 3: carry the adjoint from each spike back to the first input.
#pragma once
#include "first_spike_inputs.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// The adjoint of U vectors of neurons: -dT/dV and -dT/dI times upstream, at the spikes' causes.
template <class F, int U>
struct Adjoint {
  Mask<F> causes[U];
  Vec<F> on_membrane[U], on_current[U];

  SNNRUN_HD Adjoint(const FirstSpikeTile<F>& y, const F* upstream, std::int64_t unit,
                    std::int64_t block) {
    using V = Vec<F>;
    for (int u = 0; u < U; ++u) {
      const Outputs at(y, unit, block, u);
      const V g = load_some<V>(upstream + at.first, at.count, F(0));
      causes[u] = load<Mask<F>>(y.causes + at.state);
      const auto wanted = (g == g) & (causes[u] > Mask<F>{});
      on_membrane[u] = select(wanted, g * load<V>(y.on_membrane + at.state), V{});
      on_current[u] = select(wanted, g * load<V>(y.on_current + at.state), V{});
    }
  }

  SNNRUN_HD std::int64_t most_causes() const {
    std::int64_t most = 0;
    for (int u = 0; u < U; ++u)
      for (int i = 0; i < Lanes<F>::count; ++i) most = larger<std::int64_t>(most, causes[u][i]);
    return most;
  }
};

/// Call visit(k, u, on_membrane, on_current) for every cause k, the last one first; inputs from
/// `first_tied` on, which come at once, share one call.
template <class F, int R, int U, bool Shared, class Visit>
SNNRUN_HD void walk_back(const Inputs<F, R, Shared>& in, const Adjoint<F, U>& start,
                         std::int64_t first_tied, Visit visit) {
  using V = Vec<F>;
  V on_membrane[U] = {}, on_current[U] = {};
  for (std::int64_t k = start.most_causes() - 1; k >= 0; --k) {
    if (!in.tied(k)) {
      const V decay = in.decay(k), reach = in.reach(k), fade = in.current_decay(decay);
      for (int u = 0; u < U; ++u) {
        const auto last = start.causes[u] == whole<F>(k + 1);
        const V current = on_current[u] * fade + on_membrane[u] * reach;
        on_membrane[u] = select(last, start.on_membrane[u], on_membrane[u] * decay);
        on_current[u] = select(last, start.on_current[u], current);
      }
    }
    k = smaller(k, first_tied);
    for (int u = 0; u < U; ++u) visit(k, u, on_membrane[u], on_current[u]);
  }
}

/// No |dL/dw| of U vectors of neurons exceeds the limit, by a bound that needs no walk: after any
/// time the current's adjoint is at most its start plus the largest reach of the membrane's.
template <class F, int R, int U>
SNNRUN_HD bool surely_within(const Adjoint<F, U>& start, Vec<F> limit) {
  using V = Vec<F>;
  const V farthest = broadcast<V>(F(R == 1 ? 0.36788 : 0.25)), safety = broadcast<V>(F(0.999));
  Mask<F> within = ~Mask<F>{};
  for (int u = 0; u < U; ++u) {
    const V on_v = start.on_membrane[u], on_i = start.on_current[u];
    within &= larger(on_i, -on_i) + farthest * larger(on_v, -on_v) <= limit * safety;
  }
  return !any(~within);
}

/// -tau_syn, or 0 for neurons where the largest |dL/dw| of this sample exceeds the limit.
template <class F, int R, int U, bool Shared>
SNNRUN_HD void weight_scale(const FirstSpikeTile<F>& y, const Inputs<F, R, Shared>& in,
                            const Adjoint<F, U>& start, F limit, Vec<F> (&scale)[U]) {
  using V = Vec<F>;
  const V all = broadcast<V>(F(-y.shape.tau_syn));
  for (int u = 0; u < U; ++u) scale[u] = all;
  const V most = broadcast<V>(F(limit / y.shape.tau_syn));
  if (!(limit < F(INFINITY)) || surely_within<F, R, U>(start, most)) return;
  V largest[U] = {};
  walk_back<F, R, U, Shared>(in, start, in.first_tied, [&](std::int64_t, int u, V, V on_current) {
    largest[u] = larger(largest[u], larger(on_current, -on_current));
  });
  for (int u = 0; u < U; ++u) scale[u] = select(largest[u] > most, V{}, all);
}

/// Add to dL/dw; tied inputs add to all weights, and are taken off again from the few others.
template <class F, int R, int U, bool Shared>
SNNRUN_HD void to_weights(const FirstSpikeTile<F>& y, const FirstSpikeGradient<F>& to,
                          const Inputs<F, R, Shared>& in, const Adjoint<F, U>& start,
                          const Outputs& at) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  const std::int64_t post = y.shape.post, first = at.first % post;
  V scale[U], of_tied[U] = {};
  weight_scale<F, R, U, Shared>(y, in, start, to.max_dw_norm, scale);
  walk_back<F, R, U, Shared>(in, start, in.first_tied, [&](std::int64_t k, int u, V, V on_current) {
    const V change = on_current * scale[u];
    if constexpr (Shared) {
      const bool tied = k == in.first_tied;
      if (tied) of_tied[u] = change;
      F* row = to.on_weights + (tied ? in.pre : in.order[k * lanes]) * in.width + u * lanes;
      store(row, load<V>(row) + (tied ? change : change - of_tied[u]));
    } else {
      std::int64_t neuron = first;
      for (int i = 0; i < at.count; ++i) {
        to.on_weights[in.order[k * lanes + i] * post + neuron] += change[i];
        neuron = neuron + 1 == post ? 0 : neuron + 1;
      }
    }
  });
}

/// Write dL/dt of every cause; shared arrivals: the sum over the neurons of the block.
template <class F, int R, int U, bool Shared>
SNNRUN_HD void to_arrivals(const FirstSpikeTile<F>& y, const FirstSpikeGradient<F>& to,
                           const Inputs<F, R, Shared>& in, const Adjoint<F, U>& start,
                           const Outputs& at) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  F* out[lanes];
  for (int i = 0; i < (Shared ? 1 : at.count); ++i)
    out[i] = to.on_arrivals + first_arrival(y, in.group * lanes + in.lane + i);
  V row{};
  walk_back<F, R, U, Shared>(in, start, in.pre, [&](std::int64_t k, int u, V on_v, V on_i) {
    const V change = in.weight(k, u) * (on_v * F(1.0 / R) - on_i);
    if constexpr (Shared) {
      row = u == 0 ? change : row + change;
      if (u == U - 1) out[0][in.order[k * lanes]] = sum<F>(row);
    } else {
      for (int i = 0; i < at.count; ++i) out[i][in.order[k * lanes + i] * y.shape.post] = change[i];
    }
  });
}

/// Gradients of one tile.
template <class F, int R, int U, bool Shared>
void backward_tile(const FirstSpikeTile<F>& y, const FirstSpikeGradient<F>& to, std::int64_t unit,
                   std::int64_t block) {
  const Inputs<F, R, Shared> in(y, unit, block);
  const Adjoint<F, U> start(y, to.upstream, unit, block);
  const Outputs at(y, unit, block, 0);
  if (to.on_weights != nullptr) to_weights<F, R, U, Shared>(y, to, in, start, at);
  if (to.on_arrivals != nullptr) to_arrivals<F, R, U, Shared>(y, to, in, start, at);
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
