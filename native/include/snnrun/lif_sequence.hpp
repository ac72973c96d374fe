// LIF neurons over a whole sequence, and its gradient: one pass over the steps each.
//
// Forwards, only what is asked for is written: most often the spikes. Backwards, membranes are
// computed again from the input, in blocks of steps that stay in the cache: this takes less time
// and memory than to read what would have been kept.
#pragma once
#include <cstdint>
#include <vector>

#include "snnrun/lif_steps.hpp"

namespace snnrun {

/// A number with the upper half of the bits of a float, as torch.bfloat16 stores it.
struct Bfloat {
  std::uint16_t bits;
};

/// A constant: one for each neuron of a step, or, if that is null, one for all.
template <class F>
struct PerNeuron {
  const F* each;
  F all;
};

/// A layer and its input. `width` neurons (batch * neurons) compute in F; long arrays hold S.
template <class F, class S>
struct LifSequence {
  std::int64_t steps, width;
  bool constant;  // x is [width] and the same at every step, else [steps, width]
  LifTerms has;
  Surrogate surrogate;
  F sharpness, height;
  PerNeuron<F> membrane_decay, current_decay, input_scale, threshold, v_reset, rest, adaptation,
      adaptation_decay;
  PerNeuron<F> membrane, current, adapted, fired;  // the state before the first step
  const S* x;
};

/// Know which terms the equations have from the constants and the first state.
template <class F, class S>
void find_terms(LifSequence<F, S>* y) {
  const auto differs = [](const PerNeuron<F>& c, F usual) { return c.each || c.all != usual; };
  y->has.filtered = differs(y->current_decay, 0) || differs(y->current, 0);
  y->has.rests = differs(y->rest, 0);
  y->has.scaled = differs(y->input_scale, 1);
  y->has.adapts = differs(y->adaptation, 0);
}

/// What comes of it; null = not wanted.
template <class F, class S>
struct LifTrain {
  S *spikes, *membranes;                     // [steps, width]; membranes before the reset
  S* distances;                              // [steps, width] from there to the threshold
  F *membrane, *current, *adapted, *fired;   // [width] the state after the last step
  bool past_cache;                           // write what is long past the cache
};

/// Gradients; those on what LifTrain holds are given or null, the others are wanted or null.
template <class F, class S>
struct LifSequenceGradient {
  const S *on_spikes, *on_membranes;                         // [steps, width]
  const S* psi;  // [steps, width] surrogate derivatives; null: those that the layer names
  const F *on_membrane, *on_current, *on_adapted;            // [width] on the state after
  S* on_x;                                                   // as x
  F *on_first_membrane, *on_first_current, *on_first_adapted;  // [width] on the state before
  F* on_constants[8];  // [width] each, in the order of LifSums
  bool sums_up;        // whether one of them is wanted
  bool past_cache;
};

/// Gradients in the order of LifSums and of the constants of a layer.
constexpr int kLifConstants = 8, kLifStates = 4;

/// Run it on up to `threads` threads; the result does not depend on their number.
template <class F, class S>
void lif_sequence(const LifSequence<F, S>& y, const LifTrain<F, S>& to, int threads);

template <class F, class S>
void lif_sequence_gradient(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                           int threads);

}  // namespace snnrun
