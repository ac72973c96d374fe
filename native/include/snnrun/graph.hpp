// Graphs of neurons and synapses that learn within a sample: one sample after the other, step after
// step, by what spikes alone.
//
// At step t, in the order of the groups: a group receives the spikes that its synapses bring, those
// of step t - d for a delay of d; it moves its membranes; it spikes. Then every rule sees the spikes
// and traces of this step. Equations and the readable twin: models/graph/.
//
// A row of weights [post, pre] sleeps until a neuron of it has spiked in the sample, unless something
// changes it at every step or it is beyond its bounds. What all-to-all synapses bring to neurons
// whose rows sleep is known as soon as the spikes are: sums over a copy of the weights, block by
// block of neurons. Of inputs, whose spikes are known beforehand, that is one pass over all steps
// (drives); where each of these synapses has a delay, it is cpu/graph_late.hpp. Rows that are awake
// are summed as they are by then. Other synapses are lists (cpu/graph_fan.hpp).
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

/// A constant of a group: one number, or one for each neuron, to a whole number of blocks.
template <class T>
struct Constant {
  T one = 0;
  const T* each = nullptr;
  T operator[](std::int64_t i) const { return each ? each[i] : one; }
};

enum class NeuronKind : int { lif, current, conductance, izhikevich, relay };
constexpr int kNeuronKinds = 5;
enum class Integration : int { exact, held, euler, none };
constexpr int kIntegrations = 4;
enum class LevelKind : int { fixed, raised, fading, fading_euler };
constexpr int kLevelKinds = 4;

/// A group of neurons; every membrane V begins at r. With the input x,
///     lif          I = k x       current  I <- b I + k x, whether open or not
///       exact  V <- a (V - r) + r + [open] I          held  V <- [open] (r + (a (V - r) + I))
///       euler  V <- V + [open] a (r - V + I)          none  V <- V + [open] I
///     conductance  g <- b g + k x+, h <- c h + k x-; G, H: g, h where open, else 0; p = 1 + G + H
///       T = (r + G E + H E') / p;   V <- T + (V - T) e^(a p), or euler V + a p (T - V)
///     and S = [V >= C], V <- reset at a spike, V <- max(V, lower). After a spike a neuron is closed
///     for `refractory` steps. Levels C:
///       fixed  c     raised  c + theta, theta <- d theta before it, theta + plus S behind it
///       fading  C <- d C + plus S behind it           fading_euler  C <- C + d (-C + plus S)
///     izhikevich   V <- reset, u <- u + plus where V >= c; then twice
///                  V <- V + dt / 2 (0.04 V^2 + 5 V + 140 - u + x);  u <- u + dt a (b V - u)
///     relay        S = [x > 0]
template <class F>
struct GraphGroup {
  std::int64_t size = 0;
  bool input = false;  // its spikes are given; then nothing below but the trace counts
  NeuronKind kind = NeuronKind::lif;
  Integration integration = Integration::exact;
  LevelKind level = LevelKind::fixed;
  Constant<F> decay{1}, gain{1}, rest, threshold{1}, reset;
  Constant<F> theta_decay{1}, plus;                 // d and plus
  Constant<F> input_decay, inhibition_decay;        // b and c
  Constant<F> excites_to, inhibits_to;              // E and E'
  Constant<std::int64_t> refractory;
  F lower = 0, dt = 1;
  F* theta = nullptr;  // [size], kept from sample to sample; then theta moves only in learning
  bool one_winner = false;    // of all that spike at a step one, by chance, is kept
  bool minus_traces = false;  // x is less by the traces that the synapses see, unweighted
  bool traced = false;
  GraphTrace<F> trace;
};

/// pool: one spike of the weight where any neuron of a window spikes; a group takes over the trace of
/// the first of them, or of the window where none does.
enum class SynapseKind : int { dense, one_to_one, all_but_self, pool };
constexpr int kSynapseKinds = 4;

/// With s, S spikes of pre and post, x, y their traces, w the weight before:
///     pair              - nu_pre s y + nu_post x S
///     weight_dependent  - nu_pre s y (w - low) + nu_post x S (high - w)
///     hebbian           + nu_pre s y + nu_post x S
///     power             nu_post (x - x_target) S (high - w)^mu
/// by traces of the rule, p of pre, q and the slower z of post, z before the spikes of this step:
///     triplet           - nu_pre s q + S p (nu_post + nu_slow z)
/// by reward r, with zeta = p S + s q, of this step or of that before (lag):
///     mstdp             nu_post r zeta
///     mstdpet           e <- keep e + zeta / over;   scale nu_post r e
///     traced            e <- keep e + nu_pair x S - nu_pre s' y,  s' as it arrives;  scale nu_post r e
///     fede              nu_post (exp(-d) (exp(x) - a) - exp(d) (exp(1 - x) - a)), d = w - center,
///                       x as a share of the largest
enum class PlasticityKind : int {
  none, pair, weight_dependent, hebbian, power, triplet, mstdp, mstdpet, traced, fede
};
constexpr int kPlasticityKinds = 10;

template <class F>
struct GraphRule {
  PlasticityKind kind = PlasticityKind::none;
  F nu_pre = 0, nu_post = 0, nu_slow = 0, nu_pair = 0;
  F x_target = 0, mu = 1;              // power
  F keep = 0, over = 1, scale = 1;     // of the eligibility
  F center = 0, a = 0;                 // fede
  bool lag = false;
  GraphTrace<F> pre, post, slow;       // traces of the rule
  std::int64_t signal = -1;            // number of the reward
  double baseline = 0;                 // rewards over which their average reaches; 0: there is none
  double* average = nullptr;           // that average, which is taken from the next reward

  bool rewarded() const {
    return kind == PlasticityKind::mstdp || kind == PlasticityKind::mstdpet ||
           kind == PlasticityKind::traced;
  }
};

/// Synapses between two groups. Dense ones are rows of weights, each of `width`, that `places`
/// neurons of post share: neuron p has row p / places. What a weight sees is the neuron of pre of
/// the same number, or of the number that `sees` tells, -1 for none: [windows, width], neuron p of
/// post having window p % windows. Pools see windows likewise, in ascending order, by one weight.
template <class F>
struct GraphSynapses {
  std::int64_t pre = 0, post = 0, delay = 1;  // numbers of groups; steps
  SynapseKind kind = SynapseKind::dense;
  F* weights = nullptr;  // dense: [rows, width]; else one number
  std::int64_t rows = 1, width = 1, places = 1, windows = 1;
  const std::int32_t* sees = nullptr;
  const std::int64_t* delays = nullptr;  // [rows, width], steps, instead of one for all
  const std::uint8_t* mask = nullptr;    // [rows, width] which of them exist
  std::vector<GraphRule<F>> rules;
  F low = 0, high = 0;  // bounds, infinite where there are none
  F kept = 1;           // what a step of learning leaves of a weight
  F norm = 0;           // sum of |w| of a row after each sample; 0: not normalised
  bool norm_squares = false;      // of w^2, instead
  bool norm_steps = false;        // after each step, instead
  std::uint8_t* ready = nullptr;  // [rows] bit 0: normalised; bit 1: beyond the bounds

  bool dense() const { return kind == SynapseKind::dense; }
  /// Whether every neuron of post sees all of pre.
  bool all_to_all() const { return dense() && !sees && !mask; }
};

/// What one sample left: spikes of the groups that were asked for, as a list for each step.
struct GraphRecord {
  std::vector<std::int64_t> starts;  // [steps + 1] of each wanted group, one after the other
  std::vector<std::int32_t> places;
};

/// When a reward is told: at each step, or at the last, for the class whose neurons have spiked most
/// in the sample so far; or for each spike of a step.
enum class RewardTime : int { every_step, spike, sample };
constexpr int kRewardTimes = 3;

/// A signal [samples, steps] that is told, nan at steps at which it is not; or the reward for a group
/// whose neurons stand for classes by their place, each class having as many.
struct GraphSignal {
  const double* told = nullptr;
  std::int64_t group = 0, classes = 1;
  const std::int64_t* labels = nullptr;  // [samples] the true classes
  RewardTime when = RewardTime::every_step;
  double correct = 1, wrong = -1, undecided = 0;
};

/// What is shown: spikes for each group that is an input, in order; random words for winners,
/// [samples, steps]; signals; and for each group, or none, what its spikes must be
/// [samples, steps, size]: 1 where a neuron spikes, -1 where it does not, 0 where it is free.
struct GraphSamples {
  std::vector<SpikeLists> inputs;
  const std::uint32_t* words = nullptr;
  std::vector<GraphSignal> signals;
  std::vector<const std::int8_t*> clamps;
};

template <class F>
class Graph {
 public:
  struct State;
  struct Plan;
  struct Episode;

  Graph(std::vector<GraphGroup<F>> groups, std::vector<GraphSynapses<F>> synapses);
  ~Graph();

  /// Take in weights that were changed from outside.
  void refresh();

  /// Run samples. Where something learns it is one sample after the other, and the run ends behind
  /// the first sample in which the group `watched` spikes less than `fewest` times. Returns the
  /// number of samples that were run.
  std::int64_t run(const GraphSamples& shown, bool learning, const std::vector<std::int64_t>& wanted,
                   std::int64_t watched, std::int64_t fewest, int threads,
                   std::vector<GraphRecord>* records);

  /// An episode: one sample, the steps of which come in portions, as what is shown depends on what
  /// came of those before. Rules see the last step of a portion once it is told what came of it:
  /// each signal, nan where there is none; at all other steps there is none. An episode that fails,
  /// or into which a run, a refresh or another one falls, is dropped: what rules have changed stays,
  /// but they do not see its last step, nothing is normalised, and levels are not kept.
  void begin(bool learning);
  void go_on(const GraphSamples& shown, const std::vector<double>& told,
             const std::vector<std::int64_t>& wanted, GraphRecord* found);
  void end(const std::vector<double>& told);
  /// How many steps the episode has had; -1: there is none.
  std::int64_t steps() const;

  /// How many signals rules read.
  std::int64_t signals() const;

  /// Traces and membranes of a group [size] behind the last step of a sample that it learned from,
  /// or before its first; null before any. They are its own arrays, which the next steps change.
  const F* traces(std::int64_t group);
  const F* membranes(std::int64_t group) const;

 private:
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<State> learner_, actor_;  // actor: of episodes in which nothing is learned
  std::unique_ptr<Episode> episode_;
};

}  // namespace snnrun
