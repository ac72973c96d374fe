// First spikes: the inputs of a tile as its neurons see them.
#pragma once
#include "first_spike_schedule.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// Where a vector of neurons lies: in arrays [batch, post] and in those of the outcome.
struct Outputs {
  std::int64_t first, count, state;

  template <class F>
  SNNRUN_HD Outputs(const FirstSpikeTile<F>& y, std::int64_t unit, std::int64_t block, int u) {
    const std::int64_t column = (block * y.vectors + u) * y.lanes, post = y.shape.post;
    const bool shared = !y.shape.per_synapse;
    first = shared ? unit * post + column : unit * y.lanes;
    const std::int64_t rest = shared ? post - column : y.shape.batch * post - first;
    count = larger<std::int64_t>(0, smaller(rest, y.lanes));
    state = unit * y.blocks * y.vectors * y.lanes + column;
  }
};

/// The inputs of one tile. Shared arrivals: one lane of a group, the same for all neurons; arrivals
/// per synapse: a whole group.
template <class F, int R, bool Shared>
struct Inputs {
  using V = Vec<F>;
  static constexpr std::int64_t lanes = Lanes<F>::count;
  std::int64_t group, lane, width, pre, first_tied;
  const F *arrival, *decay_, *reach_, *weights;
  const typename FirstSpikeTile<F>::Index* order;

  SNNRUN_HD Inputs(const FirstSpikeTile<F>& y, std::int64_t unit, std::int64_t block)
      : group(Shared ? unit / lanes : unit),
        lane(Shared ? unit % lanes : 0),
        width(y.vectors * lanes),
        pre(y.shape.pre),
        first_tied(Shared ? y.first_tied[group * lanes + lane] : pre),
        arrival(y.arrival + group * (pre + 1) * lanes + lane),
        decay_(y.decay + group * pre * lanes + lane),
        reach_(y.reach + group * pre * lanes + lane),
        weights(Shared ? y.weights + block * (pre + 1) * width : y.sorted + group * pre * lanes),
        order(y.order + group * pre * lanes + lane) {}

  static SNNRUN_HD V at(const F* rows, std::int64_t k) {
    return Shared ? broadcast<V>(rows[k * lanes]) : load<V>(rows + k * lanes);
  }
  SNNRUN_HD V time(std::int64_t k) const { return at(arrival, k); }
  SNNRUN_HD V decay(std::int64_t k) const { return at(decay_, k); }
  SNNRUN_HD V reach(std::int64_t k) const { return at(reach_, k); }
  SNNRUN_HD V weight(std::int64_t k, int u) const {
    return load<V>(weights + (Shared ? order[k * lanes] * width : k * lanes) + u * lanes);
  }
  /// Weights of input k onto U vectors of neurons; for `first_tied`, those of all inputs from it on
  /// together: the sum of all less the few before.
  template <int U>
  SNNRUN_HD void weights_of(std::int64_t k, V (&added)[U]) const {
    if (k != first_tied) {
      for (int u = 0; u < U; ++u) added[u] = weight(k, u);
      return;
    }
    for (int u = 0; u < U; ++u) added[u] = load<V>(weights + pre * width + u * lanes);
    for (std::int64_t before = 0; before < first_tied; ++before)
      for (int u = 0; u < U; ++u) added[u] -= weight(before, u);
  }
  SNNRUN_HD V origin(const FirstSpikeTile<F>& y) const {
    return at(y.origin + group * lanes + lane, 0);
  }
  /// Does the next input arrive at the same time? Then nothing happens in between.
  SNNRUN_HD bool tied(std::int64_t k) const {
    return Shared && arrival[(k + 1) * lanes] == arrival[k * lanes];
  }
  static SNNRUN_HD V current_decay(V decay) { return R == 1 ? decay : decay * decay; }

  /// How many of them arrive, in the lane where most do.
  SNNRUN_HD std::int64_t count(const FirstSpikeTile<F>& y) const {
    const auto* present = y.present + group * lanes + lane;
    std::int64_t most = present[0];
    for (int i = 1; !Shared && i < lanes; ++i) most = larger<std::int64_t>(most, present[i]);
    return most;
  }
};

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
