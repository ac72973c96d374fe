// The inner loops of graphs, compiled once for each CPU level.
#pragma once
#include "snnrun/graph.hpp"
#include "snnrun/math.hpp"

namespace snnrun {

constexpr std::int64_t kGraphBlock = 32;  // neurons of a block of packed weights

inline namespace SNNRUN_LEVEL {

/// What a membrane V becomes; I is k times what came in, `open` whether the neuron takes it.
template <Integration kind, class V, class M>
SNNRUN_HD V moved(V v, V input, M open, V decay, V rest) {
  switch (kind) {
    case Integration::exact:
      return decay * (v - rest) + rest + select(open, input, V{});
    case Integration::held:
      return select(open, rest + (decay * (v - rest) + input), v);
    case Integration::euler:
      return v + select(open, decay * (rest - v + input), V{});
    default:
      return v + select(open, input, V{});
  }
}

}  // namespace SNNRUN_LEVEL

/// Spikes of a group at some steps: those of step t are places[starts[t]] up to the next start.
struct SpikeRows {
  const std::int64_t* starts;
  const std::int32_t* places;

  std::int64_t count(std::int64_t t) const { return starts[t + 1] - starts[t]; }
  const std::int32_t* begin(std::int64_t t) const { return places + starts[t]; }
  const std::int32_t* end(std::int64_t t) const { return places + starts[t + 1]; }
};

/// A step of a group; arrays reach to a whole number of blocks.
template <class F>
struct GraphStep {
  using Step = std::conditional_t<sizeof(F) == 4, std::int32_t, std::int64_t>;
  const GraphGroup<F>* group;
  F* membranes;
  const F* current;
  F* theta;           // or null
  const Step* opens;  // the first step at which a neuron is open again
  Step now;
  bool learning;
};

/// A row of weights, all of which a rule changes because the neuron spiked.
template <class F>
struct GraphRow {
  const GraphSynapses<F>* synapses;
  F* weights;         // [pre]
  const F* x;         // [pre] traces of pre
  const F* at_spike;  // [pre] nu_pre y where pre spikes now, else 0
  std::int64_t pre;
};

template <class F>
struct GraphKernels {
  /// out[t, 0..31] = the sum of the rows of packed weights [pre, 32] whose inputs spike at step t.
  void (*drive)(const F* packed, const SpikeRows& spikes, std::int64_t steps, F* out,
                std::int64_t stride);
  /// Moves the membranes; returns how many neurons spike, and puts them into `spikes`.
  std::int64_t (*step)(const GraphStep<F>& y, std::int32_t* spikes);
  void (*learn_row)(const GraphRow<F>& y);
  /// Sum of |w|, or of w^2; then w times a factor; whether any is beyond the bounds then.
  F (*magnitude)(const F* w, std::int64_t count, bool squares);
  bool (*scale)(F* w, std::int64_t count, F factor, F low, F high);
  void (*add)(F* to, const F* from, std::int64_t count);
};

}  // namespace snnrun
