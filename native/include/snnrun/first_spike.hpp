// First-spike times of leaky integrate-and-fire neurons with exponential synapses, by events.
//
// In units of tau_syn, with R = tau_mem / tau_syn (1 or 2), membrane V and synaptic current I obey
//     R V' = I - V,   I' = -I,   I += w_i at the arrival t_i,   V = I = 0 before,
// and the neuron spikes when V first reaches the threshold c. From one input to the next, over a
// gap g, the state moves exactly:
//     V <- D V + r I,   I <- E I,    D = e^(-g/R),  E = e^-g,  r = g D (R = 1) or D - E (R = 2).
// A spike falls into that gap if and only if I >= c at its beginning (an upward crossing needs
// V' >= 0, that is I >= V = c, and I only decays) and at its end either V >= c, or V >= I (past
// the peak) with a peak that is not below c. A gap so long that all decays to 0 ends with V = I
// = 0; for R = 2 it had a peak only if V + I > 0 at its beginning. So the search needs neither
// exp nor Lambert W; each spike takes one of them, with u = T - (last input):
//     R = 1:  u = 1 - V/I - q,      (1 - q) e^q = (c/I) e^(1 - V/I)      (q = 1 + W, lambertw.hpp)
//     R = 2:  u = -2 ln x,          x = (V + I + sqrt((V + I)^2 - 4 I c)) / (2 I)
// Backward, the pair (on_membrane, on_current) = (-dT/dV, -dT/dI) starts at the last input before
// T and runs to the first, by the adjoint of the step above:
//     on_membrane <- D on_membrane,      on_current <- E on_current + r on_membrane
//     dT/dw_i = -tau_syn on_current,     dT/dt_i = w_i (on_membrane / R - on_current)
// Its start holds the *nominal* threshold c, which may differ from the one that V had to reach.
// The model is that of fastAndDeep (tau_mem = tau_syn, 2 tau_syn) and DelGrad (delays).
#pragma once
#include <cstdint>
#include <memory>

namespace snnrun {

/// Sizes and constants of a call.
struct FirstSpikeShape {
  std::int64_t batch, pre, post;
  bool per_synapse;  // arrivals [batch, pre, post] instead of [batch, pre]
  int ratio;         // R: 1 or 2
  double tau_syn;    // > 0, in the unit of the times
};

/// A threshold for every sample and neuron, [batch, post], or one for all (shared = true).
template <class F>
struct Threshold {
  const F* values;
  bool shared;
};

/// What a forward pass leaves for the backward pass: the inputs in order of arrival, each
/// neuron's number of causes and its adjoint start. Holds its own copy of the weights.
template <class F>
class FirstSpikePlan;

template <class F>
using FirstSpikePlanPointer = std::shared_ptr<FirstSpikePlan<F>>;

/// First spikes and the plan.
///
/// arrivals [batch, pre] or [batch, pre, post]: input times, not finite = no spike
/// weights  [pre, post]
/// level    threshold to reach, nominal: threshold of the gradient; never crossed unless > 0
/// times    [batch, post] out, inf = no spike
template <class F>
FirstSpikePlanPointer<F> first_spike_forward(const FirstSpikeShape& shape, const F* arrivals,
                                             const F* weights, Threshold<F> level,
                                             Threshold<F> nominal, F* times, int threads);

/// The plan for spike times [batch, post] from elsewhere (integrator, noise, chip): inputs up to
/// and including the spike are its causes; no gradient where they alone would not reach c.
template <class F>
FirstSpikePlanPointer<F> first_spike_plan(const FirstSpikeShape& shape, const F* arrivals,
                                          const F* weights, const F* times, Threshold<F> nominal,
                                          int threads);

/// Gradients from upstream = dL/dT; either output may be null.
///
/// upstream    [batch, post], nan counts as 0
/// max_dw_norm a sample whose |dL/dw| exceeds it changes no weight of that neuron; inf = off
/// on_arrivals [batch, pre] or [batch, pre, post] out
/// on_weights  [pre, post] out
template <class F>
void first_spike_backward(const FirstSpikePlan<F>& plan, const F* upstream, F max_dw_norm,
                          F* on_arrivals, F* on_weights, int threads);

}  // namespace snnrun
