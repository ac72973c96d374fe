// First spikes, Lambert W and LIF sequences on a CUDA device: what the library `_cuda` takes, as
// plain C.
//
// Pointers are device memory of the caller; work is queued on the caller's stream, and nothing is
// allocated, copied or waited for. The equations stand in first_spike.hpp. A *list* is a set of
// inputs with an order of its own: that of a sample, or of a neuron where each synapse has its own
// arrivals; lists = batch or batch * post. snnrun/kernels/first_spike/cuda.py and
// snnrun/kernels/lif/sequence_cuda.py and scan_cuda.py mirror the structs.
#pragma once
#include <cstdint>

namespace snnrun {

/// A layer, its spikes, and what the gradient needs to know of them.
template <class F>
struct Layer {
  std::int64_t batch, pre, post;
  std::int64_t per_synapse;     // 1: arrivals [batch, pre, post]; 0: [batch, pre]
  std::int64_t ratio;           // R: 1 or 2
  double tau_syn;               // > 0, in the unit of the times
  double level, nominal;        // thresholds to reach and of the gradient, where not given by
  const F *levels, *nominals;   // [batch, post] or null
  const F *arrivals, *weights;  // not finite = no spike; [pre, post]
  F* times;                     // [batch, post], inf = no spike
  F* origin;                    // [lists] first arrival, 0 where nothing arrives
  F* since;                     // [batch, post] arrival of the last cause after the origin, in
                                // units of tau_syn; -inf = no spike
  F *on_membrane, *on_current;  // [batch, post] the adjoint there: -dT/dV and -dT/dI
};

/// Scratch of a forward pass: the inputs of each list in order of arrival. Places of a list lie
/// together, or, per synapse, those of all lists.
template <class F>
struct Schedule {
  F *arrival, *decay, *reach;  // [lists, pre + 1] or [pre + 1, lists]; see first_spike.hpp
  std::int32_t* order;         // the same shape: which input
};

/// Gradients from upstream = dL/dT [batch, post], nan counting as 0.
template <class F>
struct Gradient {
  double max_dw_norm;            // inf = off
  const F* upstream;
  F *on_membrane, *on_current;   // [batch, post] scratch: the layer's times upstream
  F* scale;                      // [batch, post] scratch: -tau_syn, or 0 beyond max_dw_norm
  F* sums;                       // [chunks, pre, post] scratch; on_weights itself for one chunk
  F *on_arrivals, *on_weights;   // out, as arrivals and weights; null = not wanted
};

/// A layer of LIF neurons over a sequence, as lif_sequence.hpp has it. Long arrays hold float, double
/// or 16 bits of a float, others float or double.
struct LifCall {
  std::int64_t steps, width, constant;
  std::int64_t reset, delayed, detach, strict, raised, multiple, surrogate;
  double sharpness, height;
  double all[12];        // 8 constants and 4 parts of the first state, where not given by
  const void* each[12];  // [width] or null
  const void* x;         // [steps, width], or [width] if constant
};

/// What comes of it; null = not wanted.
struct LifOutputs {
  void *spikes, *membranes;  // [steps, width]
  void* after[4];            // [width] the state after the last step
};

/// Its gradient; null = none, or not wanted.
struct LifGradients {
  const void *on_spikes, *on_membranes;  // [steps, width]
  const void* on_after[3];               // [width] on membrane, current and adaptation after
  void* on_x;                            // as x
  void* on_first[3];                     // [width]
  void* on_constants[8];                 // [width]
  void* starts;                          // [steps / 8, rounded up, less 1, 4, width] scratch
};

/// The pass of LIF neurons that rules without autograd read, as lif.hpp has it. Arrays hold float or
/// double; outputs that are null are not computed.
struct LifScanCall {
  std::int64_t steps, width, constant, backwards, reset, surrogate, after_reset, late;
  double current_decay, membrane_decay, threshold, sharpness;
  const void *current, *step_weights;         // [steps, width], or [width] if constant; [steps]
  void *spikes, *membranes, *derivatives;     // [steps, width]
  void *derivative_sum, *rate, *late_rate;    // [width]
  void* count;                                // [width] spikes of each neuron
};

}  // namespace snnrun

// Each returns null or what went wrong. <F> is float or double.
//   snnrun_first_spike_forward_<F>(const Layer<F>*, const Schedule<F>*, stream)     times and plan
//   snnrun_first_spike_plan_<F>(const Layer<F>*, stream)              plan for times from elsewhere
//   snnrun_first_spike_backward_<F>(const Layer<F>*, const Gradient<F>*, stream)
//   snnrun_lambertw_<F>(z, w, slope, count, branch, stream)
//   snnrun_lif_sequence_<S>(const LifCall*, const LifOutputs*, stream)    <S>: float, double, bfloat
//   snnrun_lif_sequence_gradient_<S>(const LifCall*, const LifGradients*, stream)
//   snnrun_lif_scan_<F>(const LifScanCall*, stream)
//   snnrun_weight_chunks(batch, pre, post)                   how many sums `Gradient::sums` holds
//   snnrun_struct_bytes(which)       sizes of the structs above, in their order, for the caller's check
