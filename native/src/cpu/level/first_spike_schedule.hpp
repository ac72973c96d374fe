// First spikes, step 1: put the inputs into the order of arrival; decays between them.
#pragma once
#include <cmath>

#include "snnrun/kernels.hpp"
#include "sort.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

constexpr double kFar = 1e20;  // the arrival after the last one, and that of absent inputs

/// Where in arrivals a lane's inputs begin; they lie `post` apart if per synapse, else together.
/// Lanes beyond the last one repeat it.
template <class F>
SNNRUN_HD std::int64_t first_arrival(const FirstSpikeTile<F>& y, std::int64_t lane) {
  const std::int64_t pre = y.shape.pre, post = y.shape.post;
  if (!y.shape.per_synapse) return smaller(lane, y.shape.batch - 1) * pre;
  const std::int64_t neuron = smaller(lane, y.shape.batch * post - 1);
  return neuron / post * pre * post + neuron % post;
}

/// Weights of a group, each lane in its own order of arrival. Those of absent inputs come in where
/// no time passes any more, and so never reach a membrane.
template <class F>
void sort_weights(const FirstSpikeTile<F>& y, std::int64_t group) {
  const std::int64_t pre = y.shape.pre, post = y.shape.post, lanes = y.lanes;
  const auto* order = y.order + group * pre * lanes;
  F* sorted = y.sorted + group * pre * lanes;
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    const F* weights = y.weights + (group * lanes + lane) % post;
    for (std::int64_t k = 0; k < pre; ++k)
      sorted[k * lanes + lane] = weights[order[k * lanes + lane] * post];
  }
}

/// Arrivals since the first one and decays between them, for one group.
template <class F>
void schedule(const FirstSpikeTile<F>& y, std::int64_t group) {
  using V = Vec<F>;
  const std::int64_t pre = y.shape.pre, lanes = y.lanes;
  F* time = y.arrival + group * (pre + 1) * lanes;
  auto* order = y.order + group * pre * lanes;
  const std::int64_t stride = y.shape.per_synapse ? y.shape.post : 1;
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    const F* from = y.arrivals + first_arrival(y, group * lanes + lane);
    for (std::int64_t i = 0; i < pre; ++i) time[i * lanes + lane] = from[i * stride];
  }
  const V none = broadcast<V>(F(INFINITY)), far = broadcast<V>(F(kFar));
  for (std::int64_t i = 0; i < pre; ++i) {
    const V t = load<V>(time + i * lanes);
    store(time + i * lanes, select((t < none) & (t > -none), t, none));
    store(order + i * lanes, whole<F>(i));
  }
  sort_lanes<F>(time, order, pre);

  const V first = pre ? load<V>(time) : none, origin = select(first < none, first, V{});
  store(y.origin + group * lanes, origin);
  const F rate = F(1 / y.shape.tau_syn);
  const V last = pre ? load<V>(time + (pre - 1) * lanes) : none;
  Mask<F> present{}, with_last{};
  for (std::int64_t k = 0; k < pre; ++k) {
    const V t = load<V>(time + k * lanes);
    present -= t < none;  // a mask that holds is -1
    with_last -= (t == last) & (t < none);
    store(time + k * lanes, select(t < none, (t - origin) * rate, far));
  }
  store(time + pre * lanes, far);
  store(y.present + group * lanes, present);
  const auto crowded = with_last > whole<F>(pre / 2);
  store(y.crowd + group * lanes, select(crowded, present - with_last, whole<F>(pre)));

  F* decay = y.decay + group * pre * lanes;
  F* reach = y.reach + group * pre * lanes;
  for (std::int64_t k = 0; k < pre; ++k) {
    const V gap = load<V>(time + (k + 1) * lanes) - load<V>(time + k * lanes);
    const V d = exponential(gap * F(-1.0 / y.shape.ratio));
    store(decay + k * lanes, d);
    store(reach + k * lanes, y.shape.ratio == 1 ? d * gap : d - d * d);
  }
  if (y.shape.per_synapse) sort_weights(y, group);
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
