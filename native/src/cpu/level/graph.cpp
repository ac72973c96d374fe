// The inner loops of graphs of one CPU level, without fused products, as the readable twin.
#include "graph.hpp"

#include <cmath>

#include "graph_neurons.hpp"
#include "graph_rules.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

template <class F>
void drive(const F* packed, const SpikeRows& spikes, std::int64_t steps, F* out,
           std::int64_t stride) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count, vectors = kGraphBlock / lanes;
  for (std::int64_t t = 0; t < steps; ++t) {
    V sum[vectors] = {};
    const std::int32_t* const end = spikes.end(t);
    for (const std::int32_t* place = spikes.begin(t); place != end; ++place) {
      const F* const row = packed + *place * kGraphBlock;
      for (int u = 0; u < vectors; ++u) sum[u] += load<V>(row + u * lanes);
    }
    for (int u = 0; u < vectors; ++u) store(out + t * stride + u * lanes, sum[u]);
  }
}

/// No two synapses of a part share a place, so that sums of a neuron are in the order of senders.
template <class F>
void pour(const F* packed, const std::int32_t* offsets, const GraphSenders& senders, F* out) {
  for (std::int64_t k = 0; k < senders.count; ++k) {
    const std::int64_t row = senders.who[k] * kGraphBlock;
    F* to[kGraphPart];
    F weights[kGraphPart];
    for (int p = 0; p < kGraphPart; ++p)
      to[p] = out + offsets[row + p], weights[p] = packed[row + p];
    const std::int32_t* const end = senders.steps + senders.starts[k + 1];
    for (const std::int32_t* step = senders.steps + senders.starts[k]; step != end; ++step)
      for (int p = 0; p < kGraphPart; ++p) to[p][*step] += weights[p];
  }
}

template <class F, Integration kind, bool adapts>
std::int64_t step_as(const GraphStep<F>& y, std::int32_t* spikes) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  const GraphGroup<F>& g = *y.group;
  const V decay = broadcast<V>(g.decay.one), rest = broadcast<V>(g.rest.one),
          gain = broadcast<V>(g.gain.one), threshold = broadcast<V>(g.threshold.one),
          lower = broadcast<V>(g.lower), kept = broadcast<V>(y.fades ? g.theta_decay.one : F(1));
  const Mask<F> now = whole<F>(y.now);
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < g.size; i += lanes) {
    const Mask<F> open = load<Mask<F>>(y.opens + i) <= now;
    V v = moved<kind>(load<V>(y.membranes + i), gain * load<V>(y.current + i), open, decay, rest);
    V level = threshold;
    if constexpr (adapts) {
      const V theta = load<V>(y.level + i) * kept;
      store(y.level + i, theta);
      level = threshold + theta;
    }
    const Mask<F> above = v >= level;
    store(y.membranes + i, select(v < lower, lower, v));
    if (!any(above)) continue;
    for (std::uint32_t bits = bits_of<F>(above); bits; bits &= bits - 1) {
      const std::int64_t place = i + __builtin_ctz(bits);
      if (place < g.size) spikes[count++] = static_cast<std::int32_t>(place);
    }
  }
  return count;
}

template <class F>
std::int64_t step_plain(const GraphStep<F>& y, std::int32_t* spikes) {
  switch (y.group->integration) {
#define SNNRUN_CASE(name)                                                  \
  case Integration::name:                                                  \
    return (y.level ? step_as<F, Integration::name, true>                  \
                    : step_as<F, Integration::name, false>)(y, spikes);
    SNNRUN_CASE(exact)
    SNNRUN_CASE(held)
    SNNRUN_CASE(euler)
    SNNRUN_CASE(none)
#undef SNNRUN_CASE
  }
  return 0;
}

/// Neurons of any kind, whose constants may differ.
template <class F>
std::int64_t step(const GraphStep<F>& y, std::int32_t* spikes) {
  const GraphGroup<F>& g = *y.group;
  const bool listed = g.decay.each || g.gain.each || g.rest.each || g.threshold.each ||
                      g.theta_decay.each;
  const bool levels = g.level == LevelKind::fixed || g.level == LevelKind::raised;
  return g.kind == NeuronKind::lif && levels && !listed ? step_plain(y, spikes)
                                                        : step_any(y, spikes);
}

template <class F, PlasticityKind kind>
void learn_row_by(const GraphRow<F>& y) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  const GraphRule<F>& rule = *y.rule;
  const V low = broadcast<V>(y.synapses->low), high = broadcast<V>(y.synapses->high),
          nu = broadcast<V>(rule.nu_post), target = broadcast<V>(rule.x_target);
  for (std::int64_t i = 0; i < y.pre; i += lanes) {
    const std::int64_t count = smaller(lanes, y.pre - i);
    V w = load_some<V>(y.weights + i, count, F(0));
    const V x = load<V>(y.x + i), at_spike = load<V>(y.at_spike + i);
    if constexpr (kind == PlasticityKind::pair)
      w = w - at_spike + nu * x;
    else if constexpr (kind == PlasticityKind::weight_dependent)
      w = w - at_spike * (w - low) + nu * x * (high - w);
    else if constexpr (kind == PlasticityKind::hebbian)
      w = w + at_spike + nu * x;
    else {
      const V room = larger(high - w, V{});  // none beyond the bound
      w = w + nu * (x - target) * (rule.mu == F(1) ? room : power(room, rule.mu));
    }
    store_some(y.weights + i, count, within(w, low, high));
  }
}

template <class F>
void learn_row(const GraphRow<F>& y) {
  switch (y.rule->kind) {
#define SNNRUN_CASE(name)    \
  case PlasticityKind::name: \
    return learn_row_by<F, PlasticityKind::name>(y);
    SNNRUN_CASE(pair)
    SNNRUN_CASE(weight_dependent)
    SNNRUN_CASE(hebbian)
    SNNRUN_CASE(power)
#undef SNNRUN_CASE
    default:
      return;
  }
}

template <class F>
F magnitude(const F* w, std::int64_t count, bool squares) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  V total[2] = {};
  for (std::int64_t i = 0; i < count; i += lanes) {
    const V here = load_some<V>(w + i, smaller(lanes, count - i), F(0));
    V& sum = total[i / lanes % 2];
    sum += squares ? here * here : select(here < V{}, -here, here);
  }
  return sum<F>(total[0] + total[1]);
}

template <class F>
bool scale(F* w, std::int64_t count, F factor, F low, F high) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  Mask<F> beyond{};
  for (std::int64_t i = 0; i < count; i += lanes) {
    const std::int64_t some = smaller(lanes, count - i);
    const V here = load_some<V>(w + i, some, low) * broadcast<V>(factor);
    store_some(w + i, some, here);
    beyond |= some == lanes ? (here < broadcast<V>(low)) | (here > broadcast<V>(high))
                            : ((here < broadcast<V>(low)) | (here > broadcast<V>(high))) &
                                  lanes_below<F>(some);
  }
  return any(beyond);
}

template <class F>
void add(F* to, const F* from, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
}

template <class F>
constexpr GraphKernels<F> graph = {
    drive<F>, pour<F>, step<F>, learn_row<F>, magnitude<F>, scale<F>, add<F>, add_times<F>, pairs<F>,
    pairing<F>, fade_in<F>, fade_in_pairs<F>, reward<F>, fede<F>, apply<F>};

}  // namespace

extern const GraphKernels<float> graph_float;
extern const GraphKernels<double> graph_double;
const GraphKernels<float> graph_float = graph<float>;
const GraphKernels<double> graph_double = graph<double>;

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
