// The inner loops, compiled once for each CPU level, and the choice among them.
#pragma once
#include <cstdint>
#include <type_traits>

#include "snnrun/first_spike.hpp"

namespace snnrun {

/// What the tiles of a first-spike layer read and write. A lane is a sample (shared arrivals) or
/// a neuron (arrivals per synapse); `lanes` of them form a group, sorted together. A block is
/// `vectors * lanes` neurons, for which the inputs are gone through together.
template <class F>
struct FirstSpikeTile {
  using Index = typename std::conditional<sizeof(F) == 4, std::int32_t, std::int64_t>::type;
  FirstSpikeShape shape;
  std::int64_t lanes, vectors, blocks;
  const F* arrivals;
  const F* weights;  // [blocks, pre + 1, vectors * lanes], zeros beyond post; last row: their sum
  Threshold<F> level, nominal;
  F* times;  // [batch, post]
  // the inputs of each group in order of arrival
  F* arrival;      // [groups, pre + 1, lanes] since the first one, units of tau_syn; far after all
  F* decay;        // [groups, pre, lanes] D to the next arrival
  F* reach;        // [groups, pre, lanes] r to the next arrival
  F* sorted;       // [groups, pre, lanes] weights (per synapse only)
  Index* order;    // [groups, pre, lanes] which input
  Index* present;  // [groups, lanes] how many arrive at all
  Index* crowd;    // [groups, lanes] the input from which on more than half of all come at once
  F* origin;       // [groups, lanes] time of the first
  // the outcome for each neuron, [batch, blocks * vectors * lanes]
  Index* causes;   // how many inputs came before the spike, 0 = no spike
  F* on_membrane;  // adjoint start
  F* on_current;
};

/// What the backward tiles of one chunk of samples add to.
template <class F>
struct FirstSpikeGradient {
  const F* upstream;  // [batch, post]
  F max_dw_norm;
  F* on_weights;   // [pre + 1, vectors * lanes] of this chunk and block, or null; last row: to all
  F* on_arrivals;  // [batch, pre] of this block, or [batch, pre, post] of all, or null
};

template <class F>
struct FirstSpikeKernels {
  std::int64_t lanes;
  void (*schedule)(const FirstSpikeTile<F>&, std::int64_t group);
  void (*forward)(const FirstSpikeTile<F>&, std::int64_t sample, std::int64_t block);
  void (*from_times)(const FirstSpikeTile<F>&, std::int64_t sample, std::int64_t block);
  void (*backward)(const FirstSpikeTile<F>&, const FirstSpikeGradient<F>&, std::int64_t sample,
                   std::int64_t block);
};

/// One Lambert W for each of n numbers z: w = W(z), slope = dW/dz; branch 0 or -1.
template <class F>
using LambertWKernel = void (*)(const F* z, F* w, F* slope, std::int64_t n, int branch);

struct Kernels {
  const char* level;
  FirstSpikeKernels<float> first_spike_float;
  FirstSpikeKernels<double> first_spike_double;
  LambertWKernel<float> lambertw_float;
  LambertWKernel<double> lambertw_double;

  const FirstSpikeKernels<float>& first_spike(float) const { return first_spike_float; }
  const FirstSpikeKernels<double>& first_spike(double) const { return first_spike_double; }
};

/// The kernels for this CPU, or for the level named by the environment variable SNNRUN_CPU
/// (baseline, avx2, avx512). Throws std::runtime_error where that level cannot run here.
const Kernels& kernels();

}  // namespace snnrun
