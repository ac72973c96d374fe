// LIF neurons over a sequence on a device: a thread is a neuron of a sample, and goes over all
// steps. The equations are those of lif_steps.hpp, as on the CPU.
#pragma once
#include "launch.hpp"
#include "snnrun/cuda.hpp"
#include "snnrun/lif_sequence.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

constexpr std::int64_t kDeviceBlock = 8;  // steps that are computed again at once

template <class F>
SNNRUN_HD F widened(F stored) {
  return stored;
}
SNNRUN_HD float widened(Bfloat stored) {
  return same_bits<float>(std::uint32_t(stored.bits) << 16);
}
template <class F>
SNNRUN_HD void keep(F* to, F value) {
  *to = value;
}
SNNRUN_HD void keep(Bfloat* to, float value) {
  const auto bits = same_bits<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + (0x7fffU + (bits >> 16 & 1U))) >> 16;
  to->bits = static_cast<std::uint16_t>(value == value ? rounded : 0x7fc0U);
}

template <class F>
SNNRUN_HD F derivative_of(Surrogate kind, F x) {
  switch (kind) {
#define SNNRUN_CASE(name) \
  case Surrogate::name: return surrogate_derivative<Surrogate::name>(x);
    SNNRUN_SURROGATES(SNNRUN_CASE)
#undef SNNRUN_CASE
  }
  return F(0);
}

/// A neuron of a layer.
template <class F, class S>
struct LifOne {
  const LifSequence<F, S>& y;
  std::int64_t i;

  SNNRUN_HD F of(const PerNeuron<F>& constant) const {
    return constant.each ? constant.each[i] : constant.all;
  }
  SNNRUN_HD LifConstants<F> constants() const {
    return {of(y.membrane_decay), of(y.current_decay), of(y.input_scale), of(y.threshold),
            of(y.v_reset),        of(y.rest),          of(y.adaptation),  of(y.adaptation_decay)};
  }
  SNNRUN_HD LifState<F> first() const {
    return {of(y.membrane), of(y.current), of(y.adapted), of(y.fired)};
  }
  SNNRUN_HD F input(std::int64_t t) const {
    return widened(y.x[(y.constant ? 0 : t * y.width) + i]);
  }
};

template <class F, class S>
struct EachTrain {
  LifSequence<F, S> y;
  LifTrain<F, S> to;

  SNNRUN_HD void operator()(std::int64_t i) const {
    const LifOne<F, S> one = {y, i};
    const LifConstants<F> is = one.constants();
    LifState<F> s = one.first();
    for (std::int64_t t = 0; t < y.steps; ++t) {
      const LifStep<F> step = advance(y.has, is, one.input(t), &s);
      if (to.spikes) keep(to.spikes + t * y.width + i, s.fired);
      if (to.membranes) keep(to.membranes + t * y.width + i, step.before);
    }
    if (to.membrane) to.membrane[i] = s.membrane;
    if (to.current) to.current[i] = s.current;
    if (to.adapted) to.adapted[i] = s.adapted;
    if (to.fired) to.fired[i] = s.fired;
  }
};

/// starts [blocks, 4, width]: the states before each block of steps.
template <class F, class S>
struct EachGradient {
  LifSequence<F, S> y;
  LifSequenceGradient<F, S> to;
  F* starts;

  SNNRUN_HD void operator()(std::int64_t i) const {
    const LifOne<F, S> one = {y, i};
    const LifConstants<F> is = one.constants();
    const std::int64_t blocks = (y.steps + kDeviceBlock - 1) / kDeviceBlock;
    LifState<F> s = one.first();
    for (std::int64_t block = 0; block + 1 < blocks; ++block) {
      put(block, i, s);
      for (std::int64_t t = block * kDeviceBlock; t < (block + 1) * kDeviceBlock; ++t)
        advance(y.has, is, one.input(t), &s);
    }
    LifState<F> on = {to.on_membrane ? to.on_membrane[i] : F(0),
                      to.on_current ? to.on_current[i] : F(0),
                      to.on_adapted ? to.on_adapted[i] : F(0), F(0)};
    LifSums<F> sums = {};
    F on_x = F(0);
    for (std::int64_t block = blocks - 1; block >= 0; --block) {
      if (block + 1 < blocks) s = get(block, i);
      on_x += back_over(one, is, block * kDeviceBlock, s, &on, to.sums_up ? &sums : nullptr);
    }
    if (y.constant && to.on_x) keep(to.on_x + i, on_x);
    if (to.on_first_membrane) to.on_first_membrane[i] = on.membrane;
    if (to.on_first_current) to.on_first_current[i] = on.current;
    if (to.on_first_adapted) to.on_first_adapted[i] = on.adapted;
    const F found[kLifConstants] = {sums.membrane_decay, sums.current_decay, sums.input_scale,
                                    sums.threshold,      sums.v_reset,       sums.rest,
                                    sums.adaptation,     sums.adaptation_decay};
    for (int c = 0; c < kLifConstants; ++c)
      if (to.on_constants[c]) to.on_constants[c][i] = found[c];
  }

 private:
  SNNRUN_HD void put(std::int64_t block, std::int64_t i, const LifState<F>& s) const {
    F* row = starts + block * kLifStates * y.width + i;
    row[0] = s.membrane, row[y.width] = s.current;
    row[2 * y.width] = s.adapted, row[3 * y.width] = s.fired;
  }
  SNNRUN_HD LifState<F> get(std::int64_t block, std::int64_t i) const {
    const F* row = starts + block * kLifStates * y.width + i;
    return {row[0], row[y.width], row[2 * y.width], row[3 * y.width]};
  }

  /// The gradient through a block of steps that begins at t0 with the state s; returns that on x, if
  /// it is constant.
  SNNRUN_HD F back_over(const LifOne<F, S>& one, const LifConstants<F>& is, std::int64_t t0,
                        LifState<F> s, LifState<F>* on, LifSums<F>* sums) const {
    const std::int64_t t1 = smaller(y.steps, t0 + kDeviceBlock);
    LifState<F> was[kDeviceBlock];
    LifStep<F> step[kDeviceBlock];
    for (std::int64_t t = t0; t < t1; ++t) {
      was[t - t0] = s;
      step[t - t0] = advance(y.has, is, one.input(t), &s);
    }
    F on_x = F(0);
    for (std::int64_t t = t1 - 1; t >= t0; --t) {
      const std::int64_t at = t * y.width + one.i;
      const F psi = derivative_of(y.surrogate, step[t - t0].distance * y.sharpness) * y.height;
      const F on_spikes = to.on_spikes ? widened(to.on_spikes[at]) : F(0);
      const F on_before = to.on_membranes ? widened(to.on_membranes[at]) : F(0);
      const F found = retreat(y.has, is, was[t - t0], one.input(t), step[t - t0].before, psi,
                              on_spikes, on_before, on, sums);
      if (y.constant) on_x += found;
      else if (to.on_x) keep(to.on_x + at, found);
    }
    return on_x;
  }
};

template <class F, class S>
LifSequence<F, S> sequence_of(const LifCall& call) {
  LifSequence<F, S> y = {};
  y.steps = call.steps, y.width = call.width, y.constant = call.constant != 0;
  y.has.reset = static_cast<SequenceReset>(call.reset);
  y.has.delayed = call.delayed != 0, y.has.detach = call.detach != 0;
  y.has.strict = call.strict != 0, y.has.raised = call.raised != 0;
  y.has.multiple = call.multiple != 0;
  y.surrogate = static_cast<Surrogate>(call.surrogate);
  y.sharpness = static_cast<F>(call.sharpness), y.height = static_cast<F>(call.height);
  PerNeuron<F>* parts[] = {&y.membrane_decay, &y.current_decay, &y.input_scale, &y.threshold,
                           &y.v_reset,        &y.rest,          &y.adaptation,  &y.adaptation_decay,
                           &y.membrane,       &y.current,       &y.adapted,     &y.fired};
  for (int part = 0; part < kLifConstants + kLifStates; ++part)
    *parts[part] = {static_cast<const F*>(call.each[part]), static_cast<F>(call.all[part])};
  y.x = static_cast<const S*>(call.x);
  find_terms(&y);
  return y;
}

template <class F, class S>
const char* run_lif(const LifCall& call, const LifOutputs& out, void* stream) {
  LifTrain<F, S> to = {};
  to.spikes = static_cast<S*>(out.spikes), to.membranes = static_cast<S*>(out.membranes);
  to.membrane = static_cast<F*>(out.after[0]), to.current = static_cast<F*>(out.after[1]);
  to.adapted = static_cast<F*>(out.after[2]), to.fired = static_cast<F*>(out.after[3]);
  launch_each(call.width, EachTrain<F, S>{sequence_of<F, S>(call), to}, stream);
  return launch_error();
}

template <class F, class S>
const char* run_lif_gradient(const LifCall& call, const LifGradients& out, void* stream) {
  LifSequenceGradient<F, S> to = {};
  to.on_spikes = static_cast<const S*>(out.on_spikes);
  to.on_membranes = static_cast<const S*>(out.on_membranes);
  to.on_membrane = static_cast<const F*>(out.on_after[0]);
  to.on_current = static_cast<const F*>(out.on_after[1]);
  to.on_adapted = static_cast<const F*>(out.on_after[2]);
  to.on_x = static_cast<S*>(out.on_x);
  to.on_first_membrane = static_cast<F*>(out.on_first[0]);
  to.on_first_current = static_cast<F*>(out.on_first[1]);
  to.on_first_adapted = static_cast<F*>(out.on_first[2]);
  for (int c = 0; c < kLifConstants; ++c) {
    to.on_constants[c] = static_cast<F*>(out.on_constants[c]);
    to.sums_up = to.sums_up || to.on_constants[c] != nullptr;
  }
  launch_each(call.width,
              EachGradient<F, S>{sequence_of<F, S>(call), to, static_cast<F*>(out.starts)}, stream);
  return launch_error();
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
