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

/// One sample's latest arrival, and how many inputs arrive before it and with it.
template <class F>
struct Latest {
  F time = F(-INFINITY);
  std::int64_t before = 0, with = 0;

  SNNRUN_HD void find(const F* arrivals, std::int64_t pre) {
    using V = Vec<F>;
    constexpr std::int64_t lanes = Lanes<F>::count;
    const V none = broadcast<V>(F(INFINITY));
    const auto each = [&](auto visit) {
      for (std::int64_t i = 0; i < pre; i += lanes) {
        const V t = load_some<V>(arrivals + i, smaller(lanes, pre - i), F(INFINITY));
        visit(t, (t < none) & (t > -none));
      }
    };
    V latest = -none;
    each([&](V t, Mask<F> arrives) { latest = larger(latest, select(arrives, t, -none)); });
    for (int i = 0; i < lanes; ++i) time = larger(time, latest[i]);
    Mask<F> all{}, last{};
    each([&](V t, Mask<F> arrives) {
      all -= arrives;
      last -= arrives & (t == broadcast<V>(time));
    });
    for (int i = 0; i < lanes; ++i) before += all[i] - last[i], with += last[i];
  }
};

/// Put the inputs of the samples into their lanes: those before the latest ones, these, the absent.
template <class F, class Index>
void part(const F* const* from, const Latest<F>* latest, std::int64_t pre, F* time, Index* order) {
  constexpr std::int64_t lanes = Lanes<F>::count;
  std::int64_t next[lanes][3];
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    next[lane][0] = lane;
    next[lane][1] = next[lane][0] + latest[lane].before * lanes;
    next[lane][2] = next[lane][1] + latest[lane].with * lanes;
  }
  for (std::int64_t i = 0; i < pre; ++i)
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      const F t = from[lane][i], last = latest[lane].time;
      const bool arrives = t <= last && t > F(-INFINITY);
      std::int64_t& to = next[lane][arrives ? t == last : 2];
      time[to] = arrives ? t : F(INFINITY);
      order[to] = static_cast<Index>(i);
      to += lanes;
    }
}

/// Put the inputs of a group into their lanes as they come; absent ones at inf.
template <class F, class Index>
void spread(const FirstSpikeTile<F>& y, const F* const* from, F* time, Index* order) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  const std::int64_t pre = y.shape.pre, stride = y.shape.per_synapse ? y.shape.post : 1;
  for (std::int64_t lane = 0; lane < lanes; ++lane)
    for (std::int64_t i = 0; i < pre; ++i) time[i * lanes + lane] = from[lane][i * stride];
  const V none = broadcast<V>(F(INFINITY));
  for (std::int64_t i = 0; i < pre; ++i) {
    const V t = load<V>(time + i * lanes);
    store(time + i * lanes, select((t < none) & (t > -none), t, none));
    store(order + i * lanes, whole<F>(i));
  }
}

/// Bring the inputs of a group to its lanes; return how many rows, from the first on, need sorting:
/// few where most inputs of every sample come last, together, or not at all.
template <class F, class Index>
std::int64_t arrange(const FirstSpikeTile<F>& y, std::int64_t group, F* time, Index* order) {
  constexpr std::int64_t lanes = Lanes<F>::count;
  const std::int64_t pre = y.shape.pre;
  const F* from[lanes];
  for (std::int64_t lane = 0; lane < lanes; ++lane)
    from[lane] = y.arrivals + first_arrival(y, group * lanes + lane);
  if (!y.shape.per_synapse) {
    Latest<F> latest[lanes];
    std::int64_t most = 0;
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      latest[lane].find(from[lane], pre);
      most = larger(most, latest[lane].before);
    }
    if (most < pre / 2) {
      part(from, latest, pre, time, order);
      return most;
    }
  }
  spread(y, from, time, order);
  return pre;
}

/// Arrivals since the first one and decays between them, for one group.
template <class F>
void schedule(const FirstSpikeTile<F>& y, std::int64_t group) {
  using V = Vec<F>;
  const std::int64_t pre = y.shape.pre, lanes = y.lanes;
  F* time = y.arrival + group * (pre + 1) * lanes;
  auto* order = y.order + group * pre * lanes;
  const V none = broadcast<V>(F(INFINITY)), far = broadcast<V>(F(kFar));
  sort_lanes<F>(time, order, arrange(y, group, time, order));

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
  const auto many_tied = with_last > whole<F>(pre / 2);
  store(y.first_tied + group * lanes, select(many_tied, present - with_last, whole<F>(pre)));

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
