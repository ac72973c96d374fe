// What rules change at a step, row by row of the weights, of rows that are awake.
#pragma once
#include <vector>

#include "graph_any_rules.hpp"

namespace snnrun {

template <class F>
class Learning : Rows<F> {
  using typename Rows<F>::Plan, typename Rows<F>::State;
  using Rows<F>::m_, Rows<F>::ready, Rows<F>::is_beyond, Rows<F>::wake, Rows<F>::trace_of,
      Rows<F>::traces_of, Rows<F>::normalise_row;

 public:
  /// rewards: each signal at this step, nan where it is not told.
  Learning(GraphMoment<F>& moment, const std::vector<double>& rewards)
      : Rows<F>(moment), any_(moment, rewards) {}

  void begin() {
    for (std::size_t s = 0; s < m_.plan.synapses.size(); ++s) {
      const auto& of = m_.plan.synapses[s];
      if (!of.as.dense() || !of.learns()) continue;
      for (std::int64_t row = 0; row < of.as.rows; ++row)
        if (of.always || is_beyond(of, row)) wake(s, row);
    }
  }

  void step() {
    for (std::size_t s = 0; s < m_.plan.synapses.size(); ++s) {
      const auto& of = m_.plan.synapses[s];
      if (!of.as.dense() || !of.learns()) continue;
      if (of.by_rows)
        learn_by_rows(s);
      else
        any_.step(s);
    }
  }

  /// Behind a sample: normalise what is not.
  void end() {
    for (std::size_t s = 0; s < m_.plan.synapses.size(); ++s) {
      const auto& of = m_.plan.synapses[s];
      if (!of.as.dense() || of.as.norm == 0 || of.as.norm_steps) continue;
      for (std::int64_t row = 0; row < of.as.rows; ++row) {
        if (of.keeps_ready && ready(of)[row] & kNormalised) continue;
        wake(s, row);
        normalise_row(of, row);
      }
    }
  }

  /// Let all rows sleep, with weights as they are; the next sample knows nothing of this one.
  void sleep() {
    for (std::size_t s = 0; s < m_.plan.synapses.size(); ++s) {
      const auto& of = m_.plan.synapses[s];
      if (!of.as.dense() || !of.learns()) continue;
      auto& here = m_.state.synapses[s];
      for (const std::int32_t row : here.awake) m_.plan.pack(of, row), here.is_awake[row] = 0;
      here.awake.clear();
      any_.sleep(of, here);
    }
  }

 private:
  static F within(const GraphSynapses<F>& as, F w) {
    return w < as.low ? as.low : w > as.high ? as.high : w;
  }

  // ---- one rule of pairs, whose rows are neurons: by spikes ----

  void learn_by_rows(std::size_t s) {
    const GraphSynapses<F>& as = m_.plan.synapses[s].as;
    const GraphRule<F>& rule = m_.plan.synapses[s].rules[0].as;
    auto& here = m_.state.synapses[s];
    const SpikeRows pre = m_.spikes(as.pre), post = m_.spikes(as.post);
    for (const std::int32_t* j = post.begin(m_.now); j != post.end(m_.now); ++j) wake(s, *j);
    const bool before = rule.kind != PlasticityKind::power && pre.count(m_.now);
    for (const std::int32_t j : here.awake) {
      F* const weights = as.weights + j * as.width;
      const bool spiked = m_.state.groups[as.post].traces.last[j] == m_.now;
      if (spiked)
        learn_row(as, rule, here, j, pre);
      else if (before)
        learn_pre(as, rule.kind, weights, rule.nu_pre * trace_of(as.post, j), pre);
      if (!m_.now && (as.ready[j] & kBeyond))
        for (std::int64_t i = 0; i < as.width; ++i) weights[i] = within(as, weights[i]);
      as.ready[j] = 0;
    }
  }

  /// Spikes of pre alone.
  void learn_pre(const GraphSynapses<F>& as, PlasticityKind kind, F* weights, F strength,
                 const SpikeRows& pre) {
    if (strength == 0) return;
    for (const std::int32_t* i = pre.begin(m_.now); i != pre.end(m_.now); ++i) {
      F& w = weights[*i];
      if (kind == PlasticityKind::pair)
        w = within(as, w - strength);
      else if (kind == PlasticityKind::hebbian)
        w = within(as, w + strength);
      else
        w = within(as, w - strength * (w - as.low));
    }
  }

  template <class Synapses>
  void learn_row(const GraphSynapses<F>& as, const GraphRule<F>& rule, Synapses& here, std::int32_t j,
                 const SpikeRows& pre) {
    const F strength = rule.nu_pre * trace_of(as.post, j);
    for (const std::int32_t* i = pre.begin(m_.now); i != pre.end(m_.now); ++i)
      here.at_spike[*i] = strength;
    m_.kernels.learn_row({&as, &rule, as.weights + j * as.width, traces_of(as.pre),
                          here.at_spike.data(), as.width});
    for (const std::int32_t* i = pre.begin(m_.now); i != pre.end(m_.now); ++i) here.at_spike[*i] = 0;
  }

  AnyRules<F> any_;
};

}  // namespace snnrun
