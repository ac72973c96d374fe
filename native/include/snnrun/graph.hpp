// Graphs of neurons and synapses that learn within a sample: one sample after the other, step after
// step, by what spikes alone.
//
// At step t, in the order of the groups: a group receives the spikes that its synapses bring, those
// of step t - d for a delay of d; it moves its membranes; it spikes. Then every rule sees the spikes
// and traces of this step. Equations and the readable twin: models/graph/.
//
// Weights [post, pre] change only where a neuron has spiked in the sample: until then its row is
// asleep, and what it will receive is known as soon as the spikes of its inputs are. For inputs,
// whose spikes are known beforehand, that is one pass over all steps (drives), block by block of
// neurons, from a copy of the weights that is laid out for it.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

namespace snnrun {

/// Spikes of some samples as lists: those of sample b at step t are places[starts[b * (steps + 1) + t]]
/// up to the next start.
struct SpikeLists {
  const std::int64_t* starts;  // [samples, steps + 1]
  const std::int32_t* places;
  std::int64_t samples, steps;
};

/// A trace: a spike sets it to `amount` or adds that to it; a step leaves `decay` of it.
template <class F>
struct GraphTrace {
  F decay = 0, amount = 1;
  bool adds = false;
};

enum class Integration : int { exact, held, euler, none };
constexpr int kIntegrations = 4;

/// A group of neurons.
///     exact  V <- a (V - r) + r + [open] k I          held  V <- [open] (r + (a (V - r) + k I))
///     euler  V <- V + [open] a (r - V + k I)          none  V <- V + [open] k I
///     S = [V >= c + theta],   V <- reset at a spike,   V <- max(V, lower)
/// After a spike a neuron is closed for `refractory` steps. theta, if there is one, takes `plus` at
/// a spike and keeps `theta_decay` of itself at each step, while something learns.
template <class F>
struct GraphGroup {
  std::int64_t size = 0;
  bool input = false;  // its spikes are given; then nothing below but the trace counts
  Integration integration = Integration::exact;
  F decay = 1, gain = 1, rest = 0, initial = 0, threshold = 1, reset = 0, lower = 0;
  std::int64_t refractory = 0;
  F* theta = nullptr;  // [size]
  F theta_decay = 1, plus = 0;
  bool one_winner = false;  // of all that spike at a step one, by chance, is kept
  bool traced = false;
  GraphTrace<F> trace;
};

enum class SynapseKind : int { dense, one_to_one, all_but_self };
constexpr int kSynapseKinds = 3;

/// dense:  w -= nu_pre [pre spikes] y, w += nu_post [post spikes] x   (pair)
///         the first times w - low, the second times high - w         (weight_dependent)
///         both added                                                  (hebbian)
///         w += nu_post [post spikes] (x - x_target) (high - w)^mu     (power)
/// where x, y are the traces of pre and post.
enum class PlasticityKind : int { none, pair, weight_dependent, hebbian, power };
constexpr int kPlasticityKinds = 5;

template <class F>
struct GraphSynapses {
  std::int64_t pre = 0, post = 0, delay = 1;  // numbers of groups; steps
  SynapseKind kind = SynapseKind::dense;
  F* weights = nullptr;  // dense: [post, pre]; else one number
  PlasticityKind rule = PlasticityKind::none;
  F nu_pre = 0, nu_post = 0, x_target = 0, mu = 1;
  F low = 0, high = 0;  // bounds, infinite where there are none
  F norm = 0;           // sum of |w| of a neuron after each sample; 0: not normalised
  bool norm_squares = false;        // of w^2, instead
  std::uint8_t* ready = nullptr;    // [post] bit 0: normalised; bit 1: beyond the bounds
};

/// What one sample left: spikes of the groups that were asked for, as a list for each step.
struct GraphRecord {
  std::vector<std::int64_t> starts;  // [steps + 1] of each wanted group, one after the other
  std::vector<std::int32_t> places;
};

template <class F>
class Graph {
 public:
  Graph(std::vector<GraphGroup<F>> groups, std::vector<GraphSynapses<F>> synapses);
  ~Graph();

  /// Take in weights that were changed from outside.
  void refresh();

  /// Run samples. `inputs`: for each group that is an input, in order. `words` [samples, steps]:
  /// random, for winners. Where something learns it is one sample after the other, and the run
  /// ends behind the first sample in which the group `watched` spikes less than `fewest` times.
  /// Returns the number of samples that were run.
  std::int64_t run(const std::vector<SpikeLists>& inputs, const std::uint32_t* words, bool learning,
                   const std::vector<std::int64_t>& wanted, std::int64_t watched,
                   std::int64_t fewest, int threads, std::vector<GraphRecord>* records);

 private:
  struct State;
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace snnrun
