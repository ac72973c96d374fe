// The inner loops of graphs, compiled once for each CPU level.
#pragma once
#include "snnrun/graph.hpp"
#include "snnrun/math.hpp"

namespace snnrun {

constexpr std::int64_t kGraphBlock = 32;  // neurons of a block of packed weights
constexpr std::int64_t kGraphPart = 8;    // neurons of it whose late arrivals lie together

constexpr std::int64_t whole_blocks(std::int64_t size) {
  return (size + kGraphBlock - 1) / kGraphBlock * kGraphBlock;
}

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

/// Who sends spikes over synapses with delays, and when: neuron who[k] in the steps that begin at
/// steps[starts[k]] up to the next start, each a place in what is to come.
struct GraphSenders {
  const std::int32_t* who;
  std::int64_t count;
  const std::int64_t* starts;
  const std::int32_t* steps;
};

/// A step of a group; arrays reach to a whole number of blocks.
template <class F>
struct GraphStep {
  using Step = std::conditional_t<sizeof(F) == 4, std::int32_t, std::int64_t>;
  const GraphGroup<F>* group;
  F* membranes;
  const F* current;     // what came in
  const F* inhibiting;  // and what of it inhibits, of conductances
  F* level;             // theta, or a fading level; or null
  F* excitation;        // current, conductance g, or u of izhikevich; or null
  F* inhibition;        // conductance h, or null
  const Step* opens;    // the first step at which a neuron is open again
  Step now;
  bool fades;  // whether theta does
};

/// A row of weights, all of which a rule of pairs changes because the neuron spiked.
template <class F>
struct GraphRow {
  const GraphSynapses<F>* synapses;
  const GraphRule<F>* rule;
  F* weights;         // [pre]
  const F* x;         // [pre] traces of pre
  const F* at_spike;  // [pre] nu_pre y where pre spikes now, else 0
  std::int64_t pre;
};

/// A row of weights that any rules change, by sums over its places: all arrays [width].
template <class F>
struct GraphChange {
  F* change;        // what rules add to the weights, so far
  const F* weights;
  const F* before;  // sums of nu_pre s y
  const F* after;   // sums of x S
  F spikes;         // of post, over which they are summed
  std::int64_t width;
  F low, high;
};

/// Spikes s and a trace x of pre, as the neuron of post sees them: [width].
template <class F>
struct GraphSeen {
  const F* x;
  const F* s;
  std::int64_t width;
};

template <class F>
struct GraphKernels {
  /// out[t, 0..31] = the sum of the rows of packed weights [pre, 32] whose inputs spike at step t.
  void (*drive)(const F* packed, const SpikeRows& spikes, std::int64_t steps, F* out,
                std::int64_t stride);
  /// out[step + offset] += weight, of a part of packed weights and offsets [pre, 32], spike by spike.
  void (*pour)(const F* packed, const std::int32_t* offsets, const GraphSenders& senders, F* out);
  /// Moves the membranes; returns how many neurons spike, and puts them into `spikes`.
  std::int64_t (*step)(const GraphStep<F>& y, std::int32_t* spikes);
  void (*learn_row)(const GraphRow<F>& y);
  /// Sum of |w|, or of w^2; then w times a factor; whether any is beyond the bounds then.
  F (*magnitude)(const F* w, std::int64_t count, bool squares);
  bool (*scale)(F* w, std::int64_t count, F factor, F low, F high);
  void (*add)(F* to, const F* from, std::int64_t count);

  /// to += factor from
  void (*add_times)(F* to, const F* from, F factor, std::int64_t count);
  /// What a rule of pairs, of triplets or of a power adds to the change.
  void (*pairs)(const GraphRule<F>& rule, const GraphChange<F>& y);
  /// zeta = x S + s q
  void (*pairing)(F* zeta, const GraphSeen<F>& seen, F spiked, F q);
  /// e <- keep e + zeta / over
  void (*fade_in)(F* e, const F* zeta, F keep, F over, std::int64_t count);
  /// e <- keep e + x S + s q
  void (*fade_in_pairs)(F* e, const GraphSeen<F>& seen, F keep, F spiked, F q);
  /// change += scale (nu (r e))
  void (*reward)(F* change, const F* e, F r, F nu, F scale, std::int64_t count);
  /// What fede's rule adds, for exp(x) and exp(1 - x).
  void (*fede)(const GraphRule<F>& rule, const GraphChange<F>& y);
  /// w <- (w + change) kept, within its bounds, and 0 where a mask is; whether any is another then.
  bool (*apply)(F* w, const GraphChange<F>& y, F kept, const std::uint8_t* mask);
};

}  // namespace snnrun
