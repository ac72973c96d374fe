// A step of neurons of any kind, each with constants of its own.
#pragma once
#include "snnrun/graph_kernels.hpp"
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

template <class V, class F>
SNNRUN_HD V at(const Constant<F>& c, std::int64_t i) {
  return c.each ? load<V>(c.each + i) : broadcast<V>(c.one);
}

template <class V, class M>
SNNRUN_HD V moved_as(Integration kind, V v, V input, M open, V decay, V rest) {
  switch (kind) {
    case Integration::exact:
      return moved<Integration::exact>(v, input, open, decay, rest);
    case Integration::held:
      return moved<Integration::held>(v, input, open, decay, rest);
    case Integration::euler:
      return moved<Integration::euler>(v, input, open, decay, rest);
    default:
      return moved<Integration::none>(v, input, open, decay, rest);
  }
}

/// The membranes of conductance-based neurons.
template <class F>
SNNRUN_HD Vec<F> pulled(const GraphStep<F>& y, std::int64_t i, Mask<F> open) {
  using V = Vec<F>;
  const GraphGroup<F>& g = *y.group;
  const V gain = at<V>(g.gain, i), v = load<V>(y.membranes + i), decay = at<V>(g.decay, i);
  const V up = at<V>(g.input_decay, i) * load<V>(y.excitation + i) + gain * load<V>(y.current + i);
  const V down =
      at<V>(g.inhibition_decay, i) * load<V>(y.inhibition + i) + gain * load<V>(y.inhibiting + i);
  store(y.excitation + i, up), store(y.inhibition + i, down);
  const V excites = select(open, up, V{}), inhibits = select(open, down, V{});
  const V pull = constant<V>(1) + excites + inhibits;
  const V target = (at<V>(g.rest, i) + excites * at<V>(g.excites_to, i) +
                    inhibits * at<V>(g.inhibits_to, i)) / pull;
  if (g.integration == Integration::euler) return select(open, v + decay * pull * (target - v), v);
  const V after = target + (v - target) * exponential(pull * decay);
  return g.integration == Integration::held ? select(open, after, v) : after;
}

template <class F>
SNNRUN_HD Vec<F> membranes_after(const GraphStep<F>& y, std::int64_t i) {
  using V = Vec<F>;
  const GraphGroup<F>& g = *y.group;
  const Mask<F> open = load<Mask<F>>(y.opens + i) <= whole<F>(y.now);
  if (g.kind == NeuronKind::conductance) return pulled(y, i, open);
  V input = at<V>(g.gain, i) * load<V>(y.current + i);
  if (g.kind == NeuronKind::current) {
    input = at<V>(g.input_decay, i) * load<V>(y.excitation + i) + input;
    store(y.excitation + i, input);
  }
  return moved_as(g.integration, load<V>(y.membranes + i), input, open, at<V>(g.decay, i),
                  at<V>(g.rest, i));
}

/// Which neurons are above their level, which moves.
template <class F>
SNNRUN_HD Mask<F> above_level(const GraphStep<F>& y, std::int64_t i, Vec<F> v) {
  using V = Vec<F>;
  const GraphGroup<F>& g = *y.group;
  if (g.level == LevelKind::fixed) return v >= at<V>(g.threshold, i);
  V level = load<V>(y.level + i);
  const V decay = at<V>(g.theta_decay, i);
  if (g.level == LevelKind::raised) {
    if (y.fades) level = level * decay;
    store(y.level + i, level);
    return v >= at<V>(g.threshold, i) + level;
  }
  const Mask<F> above = v >= level;
  const V raise = select(above, at<V>(g.plus, i), V{});
  store(y.level + i, g.level == LevelKind::fading ? decay * level + raise
                                                  : level + decay * (-level + raise));
  return above;
}

template <class F>
SNNRUN_HD Mask<F> izhikevich(const GraphStep<F>& y, std::int64_t i) {
  using V = Vec<F>;
  const GraphGroup<F>& g = *y.group;
  const V input = load<V>(y.current + i), threshold = at<V>(g.threshold, i);
  V v = load<V>(y.membranes + i), u = load<V>(y.excitation + i);
  const Mask<F> spiked = v >= threshold;
  v = select(spiked, at<V>(g.reset, i), v), u = select(spiked, u + at<V>(g.plus, i), u);
  for (int half = 0; half < 2; ++half)
    v = v + F(0.5) * g.dt * (F(0.04) * (v * v) + F(5) * v + F(140) - u + input);
  u = u + g.dt * at<V>(g.theta_decay, i) * (at<V>(g.input_decay, i) * v - u);
  store(y.membranes + i, v), store(y.excitation + i, u);
  return v >= threshold;
}

template <class F>
std::int64_t step_any(const GraphStep<F>& y, std::int32_t* spikes) {
  using V = Vec<F>;
  const GraphGroup<F>& g = *y.group;
  const V lower = broadcast<V>(g.lower);
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < g.size; i += Lanes<F>::count) {
    Mask<F> above;
    if (g.kind == NeuronKind::izhikevich) {
      above = izhikevich(y, i);
    } else if (g.kind == NeuronKind::relay) {
      above = load<V>(y.current + i) > V{};
    } else {
      const V v = membranes_after(y, i);
      above = above_level(y, i, v);
      store(y.membranes + i, select(v < lower, lower, v));
    }
    for (std::uint32_t bits = bits_of<F>(above); bits; bits &= bits - 1) {
      const std::int64_t place = i + __builtin_ctz(bits);
      if (place < g.size) spikes[count++] = static_cast<std::int32_t>(place);
    }
  }
  return count;
}

}  // namespace
}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
