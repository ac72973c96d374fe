// First spikes on a device: what the passes ask of a layer.
#pragma once
#include "snnrun/crossing.hpp"
#include "snnrun/cuda.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

constexpr double kFar = 1e20;  // the arrival after the last one

template <class F>
SNNRUN_HD std::int64_t lists(const Layer<F>& y) {
  return y.per_synapse ? y.batch * y.post : y.batch;
}

/// The list of a neuron, counted through [batch, post].
template <class F>
SNNRUN_HD std::int64_t list_of(const Layer<F>& y, std::int64_t neuron) {
  return y.per_synapse ? neuron : neuron / y.post;
}

/// Where an input of a list stands in arrivals.
template <class F>
SNNRUN_HD std::int64_t place(const Layer<F>& y, std::int64_t list, std::int64_t input) {
  if (!y.per_synapse) return list * y.pre + input;
  return (list / y.post * y.pre + input) * y.post + list % y.post;
}

/// Where the k-th input of a list stands in the schedule.
template <class F>
SNNRUN_HD std::int64_t scheduled(const Layer<F>& y, std::int64_t list, std::int64_t k) {
  return y.per_synapse ? k * lists(y) + list : list * (y.pre + 1) + k;
}

template <class F>
SNNRUN_HD bool finite(F x) {
  return x - x == F(0);
}

/// A time since the first input of a list, in units of tau_syn; `otherwise` if not finite.
template <class F>
SNNRUN_HD F since_first(const Layer<F>& y, std::int64_t list, F time, F otherwise) {
  return finite(time) ? (time - y.origin[list]) * F(1 / y.tau_syn) : otherwise;
}

/// The same for an input; inf = absent.
template <class F>
SNNRUN_HD F arrival(const Layer<F>& y, std::int64_t list, std::int64_t input) {
  return since_first(y, list, y.arrivals[place(y, list, input)], F(INFINITY));
}

/// The threshold of a neuron; inf, which is never crossed, unless positive.
template <class F>
SNNRUN_HD F threshold(const F* each, double all, std::int64_t neuron) {
  const F c = each ? each[neuron] : F(all);
  return c > F(0) ? c : F(INFINITY);
}

/// One step of the membrane equation over a gap: D, E and r of first_spike.hpp.
template <class F>
struct Step {
  F membrane, current, reach;
};

template <int R, class F>
SNNRUN_HD F current_decay(F decay) {
  return R == 1 ? decay : decay * decay;
}

template <int R, class F>
SNNRUN_HD Step<F> step_over(F gap) {
  const F decay = exponential(gap * F(-1.0 / R)), fade = current_decay<R>(decay);
  return {decay, fade, R == 1 ? decay * gap : decay - fade};
}

/// Write down the start of the adjoint; membrane and current are those at the last cause.
template <int R, class F>
SNNRUN_HD void keep(const Layer<F>& y, std::int64_t neuron, F membrane, F current, F after) {
  const F c = threshold(y.nominals, y.nominal, neuron);
  adjoint_start<R>(current, c, steepness<R>(membrane, current, c), after, y.on_membrane + neuron,
                   y.on_current + neuron);
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
