// What a graph is made of, and what changes within a sample.
#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "graph_fan.hpp"
#include "graph_late.hpp"
#include "graph_traces.hpp"
#include "snnrun/kernels.hpp"
#include "snnrun/products.hpp"

namespace snnrun {

constexpr std::uint8_t kNormalised = 1, kBeyond = 2;

template <class F>
struct Graph<F>::Plan {
  struct Group {
    GraphGroup<F> as;
    std::vector<std::int64_t> incoming;  // numbers of synapses
    std::int64_t number_of_input = -1;
    bool sparse = false;         // few of its neurons ever receive anything
    bool always_traced = false;  // whether traces count where nothing learns, too
    std::int64_t pool = -1;      // the synapses of which it takes over the traces of winners
    Fading<F> fading;

    bool has_level() const { return as.level != LevelKind::fixed && !as.input; }
  };
  struct Rule {
    GraphRule<F> as;
    Fading<F> pre, post, slow;
  };
  struct Synapses {
    GraphSynapses<F> as;
    std::vector<Rule> rules;
    PageArray<F> packed;  // all to all: [blocks of post][pre, kGraphBlock]
    Lateness late;        // all to all, with delays
    Fan fan;              // any others that are dense, and pools
    bool by_rows = false;   // one rule of pairs, and rows that are neurons: see learn_by_rows
    bool by_spikes = false;  // rules that change only what spikes of pre reach, but where post spikes
    bool always = false;    // whether rows change that have not spiked
    bool keeps_ready = false;  // whether flags of rows are kept by whoever holds the weights
    mutable std::vector<std::uint8_t> ready;  // else they are here, without kNormalised

    bool changes() const { return !rules.empty() || as.kept != F(1); }
    /// How many steps back it matters to rules which neurons of pre spiked.
    std::int64_t remembered() const {
      const auto arrives = [](const Rule& rule) { return rule.as.kind == PlasticityKind::traced; };
      return std::any_of(rules.begin(), rules.end(), arrives) ? longest() : 0;
    }
    bool learns() const { return changes() || as.norm != F(0); }
    std::int64_t shortest() const {
      return !late.empty() ? late.shortest : fan.empty() ? as.delay : fan.delays[0];
    }
    std::int64_t longest() const {
      return !late.empty() ? late.longest : fan.empty() ? as.delay : fan.longest();
    }
  };
  std::vector<Group> groups;
  std::vector<Synapses> synapses;
  std::int64_t signals = 0;  // how many rules read

  std::int64_t size(std::int64_t group) const { return groups[group].as.size; }

  /// Get ready for traces over so many steps.
  void reach(std::int64_t steps) {
    for (auto& group : groups) group.fading.reach(steps);
    for (auto& each : synapses)
      for (auto& rule : each.rules)
        for (auto* fading : {&rule.pre, &rule.post, &rule.slow}) fading->reach(steps);
  }

  /// Lay out a row of weights anew.
  void pack(const Synapses& s, std::int64_t post) const {
    if (!s.packed) return;
    const std::int64_t pre = size(s.as.pre), block = post / kGraphBlock;
    const F* const row = s.as.weights + post * pre;
    F* const to = s.packed.get() + block * pre * kGraphBlock + post % kGraphBlock;
    for (std::int64_t i = 0; i < pre; ++i) to[i * kGraphBlock] = row[i];
  }
};

/// What changes within a sample.
template <class F>
struct Graph<F>::State {
  using Step = typename GraphStep<F>::Step;
  struct Group {
    std::vector<F> membranes, current, inhibiting, level, excitation, inhibition;
    std::vector<Step> opens;
    std::vector<std::int32_t> spiking;
    Train train;
    Traces<F> traces;
    std::vector<std::int32_t> reached;  // of a sparse group: neurons that have received anything
    std::vector<std::uint8_t> is_reached;
    explicit Group(std::int64_t size) : traces(size) {}
  };
  struct Rule {
    Traces<F> pre, post, slow;
    std::vector<F> zeta, eligible;  // [post, width]
    Rule(const typename Plan::Rule& of, std::int64_t pre_size, std::int64_t post_size,
         std::int64_t width)
        : pre(pre_size), post(post_size), slow(post_size) {
      if (!of.as.rewarded()) return;
      zeta.resize(post_size * width);
      if (of.as.kind != PlasticityKind::mstdp) eligible.resize(post_size * width);
    }
  };
  struct Synapses {
    PageRoom<F> drive;      // [steps, whole blocks of post] all to all from inputs, with one delay
    std::int64_t sent = 0;  // the first of its steps
    std::vector<F> row;     // of one step
    std::unique_ptr<Upcoming<F>> upcoming;  // of those with delays of their own
    std::vector<std::int32_t> winners;  // of a pool: the first of each window that spikes, or -1
    std::vector<std::int32_t> awake;  // rows that are no longer as they were packed
    std::vector<std::uint8_t> is_awake, is_post_awake;
    std::vector<F> at_spike;  // [pre], zero between uses
    std::vector<F> marks;     // [remembered + 1][pre] which spiked, at steps modulo the first
    std::vector<F> x, s, change, before, after;  // [width] each
    std::vector<Rule> rules;
  };
  std::vector<Group> groups;
  std::vector<Synapses> synapses;
  std::int64_t last = -1;  // the last step that it made

  explicit State(const Plan& plan) {
    for (const auto& of : plan.groups) {
      Group& made = groups.emplace_back(of.as.size);
      if (of.as.input) continue;
      const auto padded = static_cast<std::size_t>(whole_blocks(of.as.size));
      for (auto* each : {&made.membranes, &made.current}) each->resize(padded);
      made.opens.resize(padded), made.spiking.resize(padded);
      if (of.has_level()) made.level.resize(padded);
      const NeuronKind kind = of.as.kind;
      if (kind != NeuronKind::lif && kind != NeuronKind::relay) made.excitation.resize(padded);
      if (kind == NeuronKind::conductance)
        made.inhibition.resize(padded), made.inhibiting.resize(padded);
      if (of.sparse) made.is_reached.resize(padded);
    }
    for (const auto& of : plan.synapses) add(plan, of);
  }

  /// Let levels begin where they are kept from sample to sample.
  void take_levels(const Plan& plan) {
    for (std::size_t g = 0; g < groups.size(); ++g)
      if (const F* const theta = plan.groups[g].as.theta)
        std::copy(theta, theta + plan.size(g), groups[g].level.begin());
  }
  /// Keep levels as they are now.
  void give_levels(const Plan& plan) const {
    for (std::size_t g = 0; g < groups.size(); ++g)
      if (F* const theta = plan.groups[g].as.theta)
        std::copy(groups[g].level.begin(), groups[g].level.begin() + plan.size(g), theta);
  }

 private:
  void add(const Plan& plan, const typename Plan::Synapses& of) {
    Synapses& made = synapses.emplace_back();
    const std::int64_t pre = plan.size(of.as.pre), post = plan.size(of.as.post);
    made.row.resize(whole_blocks(post));
    if (!of.late.empty())
      made.upcoming = std::make_unique<Upcoming<F>>(of, pre, post, plan.groups[of.as.pre].as.input);
    if (of.as.kind == SynapseKind::pool) made.winners.resize(post, -1);
    if (!of.as.dense()) return;
    made.is_awake.resize(of.as.rows), made.awake.reserve(of.as.rows);
    made.at_spike.resize(whole_blocks(pre));
    if (!of.learns() || of.by_rows) return;
    made.is_post_awake.resize(post);
    made.marks.resize((of.remembered() + 1) * pre);
    for (auto* each : {&made.x, &made.s, &made.change, &made.before, &made.after})
      each->resize(of.as.width);
    for (const auto& rule : of.rules) made.rules.emplace_back(rule, pre, post, of.as.width);
  }
};

}  // namespace snnrun
