// First spikes, step 1: put the inputs into the order of arrival; decays between them.
#pragma once
#include <cmath>

#include "snnrun/kernels.hpp"
#include "sort.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

constexpr double kFar = 1e20;  // the arrival after the last one, and that of absent inputs

template <class F>
void gather_samples(const FirstSpikeTile<F>& y, std::int64_t group, F* time) {
  const std::int64_t first = group * y.lanes;
  const std::int64_t count = smaller(y.lanes, y.shape.batch - first);
  for (std::int64_t lane = 0; lane < y.lanes; ++lane) {
    const F* row = y.arrivals + (first + smaller(lane, count - 1)) * y.shape.pre;
    for (std::int64_t i = 0; i < y.shape.pre; ++i) time[i * y.lanes + lane] = row[i];
  }
}

template <class F>
void gather_synapses(const FirstSpikeTile<F>& y, std::int64_t group, F* time) {
  const std::int64_t sample = group / y.blocks, first = group % y.blocks * y.lanes;
  const std::int64_t count = smaller(y.lanes, y.shape.post - first);
  for (std::int64_t i = 0; i < y.shape.pre; ++i) {
    const F* row = y.arrivals + (sample * y.shape.pre + i) * y.shape.post + first;
    store(time + i * y.lanes, load_some<Vec<F>>(row, count, F(INFINITY)));
  }
}

/// Weights of a block, each lane in its own order of arrival.
template <class F>
void sort_weights(const FirstSpikeTile<F>& y, std::int64_t group) {
  const std::int64_t pre = y.shape.pre, lanes = y.lanes;
  const F* weights = y.weights + group % y.blocks * (pre + 1) * lanes;
  const auto* order = y.order + group * pre * lanes;
  const auto* present = y.present + group * lanes;
  F* sorted = y.sorted + group * pre * lanes;
  for (std::int64_t k = 0; k < pre; ++k)
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      const std::int64_t at = k * lanes + lane;
      sorted[at] = k < present[lane] ? weights[order[at] * lanes + lane] : F(0);
    }
}

/// Arrivals since the first one and decays between them, for one group.
template <class F>
void schedule(const FirstSpikeTile<F>& y, std::int64_t group) {
  using V = Vec<F>;
  const std::int64_t pre = y.shape.pre, lanes = y.lanes;
  F* time = y.arrival + group * (pre + 1) * lanes;
  auto* order = y.order + group * pre * lanes;
  y.shape.per_synapse ? gather_synapses(y, group, time) : gather_samples(y, group, time);
  const V none = broadcast<V>(F(INFINITY)), far = broadcast<V>(F(kFar));
  for (std::int64_t i = 0; i < pre; ++i) {
    const V t = load<V>(time + i * lanes);
    store(time + i * lanes, select((t < none) & (t > -none), t, none));
    store(order + i * lanes, whole<F>(i));
  }
  sort_lanes<F>(time, order, pre);

  const V first = load<V>(time), origin = select(first < none, first, V{});
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
