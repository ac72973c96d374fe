// Leaky integrate-and-fire neurons in discrete time: one pass over the steps for each neuron.
//
// With current I, membrane U, threshold c and input J_t, all 0 before the first step,
//     I <- a I + J_t,   U <- b U + I,   S_t = [U >= c],   U <- U - c S_t   (or U <- 0 at a spike).
// The pass keeps I and U in the nearest cache and writes only what is asked for: spikes and
// membranes of every step (U before the reset), spike counts, and surrogate derivatives psi(U - c)
// of the spike, for every step or summed over the steps, with a weight for each step.
//
// The arithmetic is that of the readable twin, operation by operation and without fused products,
// so that both give the same spikes.
#pragma once
#include <cstdint>

#include "snnrun/narrow.hpp"
#include "snnrun/surrogates.hpp"

namespace snnrun {

/// What happens to U at a spike.
enum class Reset : int { none, subtract, subtract_twice, zero };
constexpr int kResets = 4;

/// How active neurons were.
struct LifActivity {
  double spikes = 0;     // of all neurons, over all steps
  double silent = 0;     // neurons without a spike
  double saturated = 0;  // neurons with a spike at every step
};

/// How many words of 32 bits hold a bit for each neuron; neuron n is bit n % 32 of word n / 32.
constexpr std::int64_t words(std::int64_t neurons) { return (neurons + 31) / 32; }

/// One pass over `width` neurons (batch * neurons). Outputs that are null are not computed.
template <class F>
struct LifScan {
  std::int64_t steps, width;
  bool constant;   // J is [width] and the same at every step, else [steps, width]
  bool backwards;  // go from the last step to the first: the adjoint of the two filters
  F current_decay, membrane_decay, threshold;
  Reset reset;
  Surrogate surrogate;
  F sharpness;
  bool after_reset;     // psi of the membrane after the first reset instead of before it
  std::int64_t late;    // steps from this one on count as late
  const F* current;     // J
  const F* step_weights;  // [steps] weight w_t of psi at each step
  F* spikes;            // [steps, width] out, 0 or 1
  std::uint32_t* bits;  // [steps, words(width)] out, or null; steps lie `bits_stride` words apart
  std::int64_t bits_stride;
  F* membranes;         // [steps, width] out, before the reset
  F* derivatives;       // [steps, width] out, w_t psi_t
  F* derivative_sum;    // [width] out, sum over t of w_t psi_t
  F* rate;              // [width] out, share of the steps with a spike
  F* late_rate;         // [width] out, share of the late steps
};

inline namespace SNNRUN_LEVEL {

/// What the pass carries from step to step, of a neuron or of a vector of neurons.
template <class V>
struct LifCarried {
  V current, membrane;
};

/// Take in the input J of a step; returns U before the reset.
template <class F, class V>
SNNRUN_HD V climb(const LifScan<F>& y, V input, LifCarried<V>* s) {
  s->current = s->current * y.current_decay + input;
  return s->membrane * y.membrane_decay + s->current;
}

/// How much a reset adds to U: -c, or nothing.
template <class V, class F>
SNNRUN_HD V lowering(const LifScan<F>& y) {
  if (y.reset == Reset::none) return V{};
  return -constant<V>(y.threshold);
}

/// w psi of a membrane, before or after its reset, at a step of weight w.
template <Surrogate kind, class F, class V>
SNNRUN_HD V weighted_derivative(const LifScan<F>& y, V membrane, F weight) {
  const V distance = membrane - constant<V>(y.threshold);
  return surrogate_derivative<kind>(distance * y.sharpness) * weight;
}

}  // namespace SNNRUN_LEVEL

/// The spikes of each sample, times the weights of a readout: out_t = S_t W. They are projected
/// from bits, while these are in the cache.
template <class F>
struct LifReadout {
  std::int64_t neurons, width;  // of the layer, and of the readout: at most kNarrow
  const F* weights;             // [neurons, width]
  F* out;                       // [steps, batch, width], left alone without neurons; null: none
  std::uint32_t* bits;          // [steps, batch, words(neurons)], or null
};

/// The gradient of the weights of a readout: out = S^T signal, summed over `rows` = steps * batch.
///
/// bits [rows, words(neurons)] · signal [rows, width] · out [neurons, width], width <= kNarrow
template <class F>
void readout_gradient(const std::uint32_t* bits, const F* signal, F* out, std::int64_t rows,
                      std::int64_t neurons, std::int64_t width, int threads);

/// Run the pass on up to `threads` threads; the result does not depend on their number.
template <class F>
LifActivity lif_scan(const LifScan<F>& scan, const LifReadout<F>& readout, int threads);

}  // namespace snnrun
