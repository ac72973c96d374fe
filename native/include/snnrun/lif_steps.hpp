// One step of LIF neurons in a sequence, forwards and backwards: for a number or a vector of
// numbers, on the host and on a CUDA device.
//
// The equations stand in snnrun/kernels/lif/sequence_reference.py. Forwards, the arithmetic is that
// of the twin, operation by operation and without fused products, so that both give the same
// spikes.
#pragma once
#include "snnrun/surrogates.hpp"

namespace snnrun {

/// What a spike does to the membrane; hold is delayed only.
enum class SequenceReset : int { none, subtract, set, hold };
constexpr int kSequenceResets = 4;

/// Which terms the equations have, known when a layer runs.
struct LifTerms {
  SequenceReset reset;
  bool delayed, detach, strict, raised, multiple;  // as in the equations
  bool filtered;  // a is not 0
  bool rests;     // r is not 0
  bool scaled;    // k is not 1
  bool adapts;    // beta is not 0
};

inline namespace SNNRUN_LEVEL {

template <class V>
struct LifConstants {
  V membrane_decay, current_decay, input_scale, threshold, v_reset, rest;  // b, a, k, c, v, r
  V adaptation, adaptation_decay;                                          // beta, rho
};

template <class V>
struct LifState {
  V membrane, current, adapted, fired;  // V, I, A and S, after a step
};

/// What a step came to.
template <class V>
struct LifStep {
  V before, distance;  // H, and H - level
};

/// Gradients on the constants, summed over the steps.
template <class V>
struct LifSums {
  V membrane_decay, current_decay, input_scale, threshold, v_reset, rest, adaptation,
      adaptation_decay;
};

template <class Terms, class V>
SNNRUN_HD auto fires(const Terms& has, V distance) {
  return has.strict ? distance > V{} : distance >= V{};
}

/// How often a level fits into a membrane that reaches it: once at least.
template <class V>
SNNRUN_HD V times(V before, V level) {
  return larger(constant<V>(1), rounded_down(before / level));
}

/// Where the membrane leaks from: V, or what a delayed reset made of it.
template <class Terms, class V>
SNNRUN_HD V start_of(const Terms& has, const LifConstants<V>& is, const LifState<V>& s) {
  const bool sets = has.delayed && has.reset == SequenceReset::set;
  return sets ? select(s.fired > V{}, is.v_reset, s.membrane) : s.membrane;
}

/// What the membrane must reach.
template <class Terms, class V>
SNNRUN_HD V level_of(const Terms& has, const LifConstants<V>& is, const LifState<V>& was) {
  const V level = has.adapts ? is.threshold + is.adaptation * was.adapted : is.threshold;
  return has.raised ? select(was.membrane > level, level + level, level) : level;
}

/// Do a step with input x.
template <class Terms, class V>
SNNRUN_HD LifStep<V> advance(const Terms& has, const LifConstants<V>& is, V x, LifState<V>* s) {
  const V start = start_of(has, is, *s);
  s->current = has.filtered ? is.current_decay * s->current + x : x;
  V before = has.rests ? is.rest + is.membrane_decay * (start - is.rest)
                       : is.membrane_decay * start;
  before = before + (has.scaled ? is.input_scale * s->current : s->current);
  if (has.delayed && has.reset == SequenceReset::subtract)
    before = before - select(s->fired > V{}, is.threshold, V{});
  if (has.reset == SequenceReset::hold) before = select(s->fired > V{}, is.v_reset, before);
  const V level = level_of(has, is, *s), distance = before - level;
  const auto spikes = fires(has, distance);
  s->fired = select(spikes, has.multiple ? times(before, level) : constant<V>(1), V{});
  s->membrane = before;
  if (!has.delayed && has.reset == SequenceReset::subtract)
    s->membrane = has.multiple ? before - is.threshold * s->fired
                               : select(spikes, before - is.threshold, before);
  if (!has.delayed && has.reset == SequenceReset::set)
    s->membrane = select(spikes, is.v_reset, before);
  if (has.adapts) s->adapted = is.adaptation_decay * s->adapted + s->fired;
  return {before, distance};
}

/// Go back over a step: from the gradients on what it gave to those on what it was given.
///
/// was: the state before it · before: H · psi: the surrogate derivative · on_spikes, on_before: the
/// gradients on S and H from elsewhere · to: the gradient on the state after it, and then on that
/// before it · returns the gradient on x. Sums are added to, unless they are null.
template <class V>
SNNRUN_HD V retreat(const LifTerms& has, const LifConstants<V>& is, const LifState<V>& was, V x,
                    V before, V psi, V on_spikes, V on_before, LifState<V>* to, LifSums<V>* sums) {
  const V level = level_of(has, is, was);
  const auto spikes = fires(has, before - level);
  const V upstream = to->membrane, above = to->adapted;
  V on_h = upstream + on_before;
  if (has.adapts) on_spikes = on_spikes + above;
  if (!has.delayed && has.reset == SequenceReset::subtract) {
    if (!has.detach) on_spikes = on_spikes - is.threshold * upstream;
    const V of_all = has.multiple ? times(before, level) * upstream : upstream;
    if (sums) sums->threshold = sums->threshold - select(spikes, of_all, V{});
  }
  if (!has.delayed && has.reset == SequenceReset::set) {
    on_h = select(spikes, V{}, upstream) + on_before;
    if (!has.detach) on_spikes = on_spikes + (is.v_reset - before) * upstream;
    if (sums) sums->v_reset = sums->v_reset + select(spikes, upstream, V{});
  }
  const V across = on_spikes * psi;
  on_h = on_h + across;
  if (has.adapts || sums) {
    V on_level = -across;
    if (has.raised) {
      const V once = has.adapts ? is.threshold + is.adaptation * was.adapted : is.threshold;
      on_level = select(was.membrane > once, on_level + on_level, on_level);
    }
    if (has.adapts) to->adapted = is.adaptation_decay * above + is.adaptation * on_level;
    if (sums) {
      sums->threshold = sums->threshold + on_level;
      sums->adaptation = sums->adaptation + on_level * was.adapted;
      sums->adaptation_decay = sums->adaptation_decay + above * was.adapted;
    }
  }
  if (has.reset == SequenceReset::hold) {
    if (sums) sums->v_reset = sums->v_reset + select(was.fired > V{}, on_h, V{});
    on_h = select(was.fired > V{}, V{}, on_h);
  }
  if (sums && has.delayed && has.reset == SequenceReset::subtract)
    sums->threshold = sums->threshold - select(was.fired > V{}, on_h, V{});
  const V on_current = (has.scaled ? is.input_scale * on_h : on_h) + to->current;
  const V on_start = is.membrane_decay * on_h;
  to->current = has.filtered ? is.current_decay * on_current : V{};
  to->membrane = on_start;
  const bool sets = has.delayed && has.reset == SequenceReset::set;
  if (sets) to->membrane = select(was.fired > V{}, V{}, on_start);
  if (sums) {
    const V current = has.filtered ? is.current_decay * was.current + x : x;
    sums->membrane_decay = sums->membrane_decay + on_h * (start_of(has, is, was) - is.rest);
    sums->rest = sums->rest + on_h - on_start;
    sums->input_scale = sums->input_scale + on_h * current;
    sums->current_decay = sums->current_decay + on_current * was.current;
    if (sets) sums->v_reset = sums->v_reset + select(was.fired > V{}, on_start, V{});
  }
  return on_current;
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
