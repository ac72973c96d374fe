// What any rules change at a step, over rows of weights that several neurons may share.
#pragma once
#include <algorithm>
#include <limits>
#include <vector>

#include "graph_rows.hpp"

namespace snnrun {

template <class F>
class AnyRules : Rows<F> {
  using typename Rows<F>::Plan, typename Rows<F>::State;
  using Rows<F>::m_, Rows<F>::ready, Rows<F>::is_beyond, Rows<F>::wake, Rows<F>::trace_of,
      Rows<F>::traces_of, Rows<F>::normalise_row;

 public:
  /// rewards: each signal at this step, nan where it is not told.
  AnyRules(GraphMoment<F>& moment, const std::vector<double>& rewards)
      : Rows<F>(moment), rewards_(rewards) {}

  void step(std::size_t s) {
    const auto& of = m_.plan.synapses[s];
    auto& here = m_.state.synapses[s];
    mark(of, here);
    const SpikeRows post = m_.spikes(of.as.post);
    for (const std::int32_t* p = post.begin(m_.now); p != post.end(m_.now); ++p) {
      here.is_post_awake[*p] = 1;
      wake(s, *p / of.as.places);
    }
    above_.clear();
    for (const auto& rule : of.rules) {
      above_.push_back(reward(rule.as));
      if (rule.as.kind == PlasticityKind::fede) shares(of);
    }
    for (const std::int32_t row : here.awake) change_row(of, here, row);
    for (std::size_t r = 0; r < of.rules.size(); ++r)
      here.rules[r].slow.mark(post, m_.now, of.rules[r].slow);
  }

  /// Forget what neurons have brought about in a sample.
  void sleep(const typename Plan::Synapses& of, typename State::Synapses& here) {
    if (of.by_rows) return;
    std::fill(here.marks.begin(), here.marks.end(), F(0));
    for (std::size_t p = 0; p < here.is_post_awake.size(); ++p) {
      if (!here.is_post_awake[p]) continue;
      for (auto& rule : here.rules)
        for (auto* each : {&rule.zeta, &rule.eligible})
          if (!each->empty()) std::fill_n(each->begin() + p * of.as.width, of.as.width, F(0));
      here.is_post_awake[p] = 0;
    }
    for (auto& rule : here.rules)
      for (auto* each : {&rule.pre, &rule.post, &rule.slow}) each->clear();
  }

 private:
  /// Take in the spikes of this step, for synapses and traces of rules.
  void mark(const typename Plan::Synapses& of, typename State::Synapses& here) {
    const SpikeRows pre = m_.spikes(of.as.pre), post = m_.spikes(of.as.post);
    const std::int64_t size = m_.plan.size(of.as.pre);
    const auto ring = static_cast<std::int64_t>(here.marks.size()) / size;
    F* const now = &here.marks[m_.now % ring * size];
    if (m_.now >= ring)
      for (const std::int32_t* i = pre.begin(m_.now - ring); i != pre.end(m_.now - ring); ++i) now[*i] = 0;
    for (const std::int32_t* i = pre.begin(m_.now); i != pre.end(m_.now); ++i) now[*i] = 1;
    for (std::size_t r = 0; r < of.rules.size(); ++r) {
      auto& traces = here.rules[r];
      const auto& rule = of.rules[r];
      traces.pre.mark(pre, m_.now, rule.pre), traces.post.mark(post, m_.now, rule.post);
    }
  }

  /// The reward of this step, less the average of those before; nan: there is none.
  F reward(const GraphRule<F>& rule) {
    if (!rule.rewarded() || rule.signal < 0) return std::numeric_limits<F>::quiet_NaN();
    const double told = rewards_[rule.signal];
    if (rule.baseline == 0 || std::isnan(told)) return static_cast<F>(told);
    const F above = static_cast<F>(told) - static_cast<F>(*rule.average);
    *rule.average += static_cast<double>(above) / rule.baseline;
    return above;
  }

  void change_row(const typename Plan::Synapses& of, typename State::Synapses& here,
                  std::int64_t row) {
    const GraphSynapses<F>& as = of.as;
    F* const weights = as.weights + row * as.width;
    std::fill(here.change.begin(), here.change.end(), F(0));
    bool touched = as.kept != F(1) || is_beyond(of, row);
    for (std::size_t r = 0; r < of.rules.size(); ++r) {
      const PlasticityKind kind = of.rules[r].as.kind;
      const bool more = kind == PlasticityKind::fede ? by_shares(of, here, r, row)
                        : of.rules[r].as.rewarded()  ? by_reward(of, here, r, row)
                                                     : by_pairs(of, here, r, row);
      touched = touched || more;
    }
    const bool differs =
        touched && m_.kernels.apply(weights, view(of, here, row), as.kept,
                                    as.mask ? as.mask + row * as.width : nullptr);
    if (differs) ready(of)[row] = 0;
    if (as.norm_steps && (differs || !m_.now)) normalise_row(of, row);
  }

  GraphChange<F> view(const typename Plan::Synapses& of, typename State::Synapses& here,
                      std::int64_t row, F spikes = 0) const {
    const GraphSynapses<F>& as = of.as;
    return {here.change.data(), as.weights + row * as.width, here.before.data(), here.after.data(),
            spikes, as.width, as.low, as.high};
  }

  /// What the synapses of a neuron see of values of pre, `rest` where there is nothing to see.
  const F* seen(const GraphSynapses<F>& as, std::int64_t p, const F* values, std::vector<F>& to,
                F rest = 0) const {
    if (!as.sees) return values;
    const std::int32_t* const sees = as.sees + p % as.windows * as.width;
    for (std::int64_t k = 0; k < as.width; ++k) to[k] = sees[k] < 0 ? rest : values[sees[k]];
    return to.data();
  }

  /// Which neurons of pre spiked so many steps ago.
  const F* marked(const typename Plan::Synapses& of, typename State::Synapses& here,
                  std::int64_t ago) const {
    const std::int64_t size = m_.plan.size(of.as.pre);
    const auto ring = static_cast<std::int64_t>(here.marks.size()) / size;
    return &here.marks[(m_.now + ring - ago) % ring * size];
  }

  /// The spikes that reach the synapses of a neuron at this step.
  const F* arrived(const typename Plan::Synapses& of, typename State::Synapses& here,
                   std::int64_t p) const {
    const GraphSynapses<F>& as = of.as;
    if (!as.delays) return seen(as, p, marked(of, here, as.delay), here.s);
    for (std::int64_t k = 0; k < as.width; ++k) {
      const std::int64_t i = as.sees ? as.sees[p % as.windows * as.width + k] : k;
      here.s[k] = i < 0 ? F(0) : marked(of, here, as.delays[p / as.places * as.width + k])[i];
    }
    return here.s.data();
  }

  bool spiked(const GraphSynapses<F>& as, std::int64_t p) const {
    return m_.state.groups[as.post].traces.last[p] == m_.now;
  }

  bool by_pairs(const typename Plan::Synapses& of, typename State::Synapses& here, std::size_t r,
                std::int64_t row) {
    const GraphSynapses<F>& as = of.as;
    const GraphRule<F>& rule = of.rules[r].as;
    const bool own = rule.kind == PlasticityKind::triplet;
    const bool before = rule.kind != PlasticityKind::power && m_.spikes(as.pre).count(m_.now);
    bool any = false;
    F spikes = 0;
    for (std::int64_t p = row * as.places; p < (row + 1) * as.places; ++p) {
      if (!here.is_post_awake[p]) continue;
      const auto place = static_cast<std::int32_t>(p);
      const F y = own ? here.rules[r].post.of(place, m_.now, of.rules[r].post) : trace_of(as.post, place);
      const F strength = before ? rule.nu_pre * y : F(0);
      const bool now = spiked(as, p);
      if (!now && strength == 0) continue;
      if (!any) {
        std::fill(here.before.begin(), here.before.end(), F(0));
        std::fill(here.after.begin(), here.after.end(), F(0));
      }
      any = true;
      if (strength != 0)
        m_.kernels.add_times(here.before.data(), seen(as, p, marked(of, here, 0), here.s), strength,
                             as.width);
      if (!now) continue;
      spikes += 1;
      F factor = 1;
      if (own)
        factor = rule.nu_post + rule.nu_slow * here.rules[r].slow.of(place, m_.now, of.rules[r].slow);
      const F* const x = own ? here.rules[r].pre.everywhere(m_.now, of.rules[r].pre) : traces_of(as.pre);
      m_.kernels.add_times(here.after.data(), seen(as, p, x, here.x), factor, as.width);
    }
    if (any && (spikes != 0 || before)) m_.kernels.pairs(rule, view(of, here, row, spikes));
    return any;
  }

  bool by_reward(const typename Plan::Synapses& of, typename State::Synapses& here, std::size_t r,
                 std::int64_t row) {
    const GraphSynapses<F>& as = of.as;
    const GraphRule<F>& rule = of.rules[r].as;
    auto& kept = here.rules[r];
    const F told = above_[r];
    const bool rewards = !(std::isnan(told) || told == 0), ends = rule.kind == PlasticityKind::mstdp;
    bool any = false;
    for (std::int64_t p = row * as.places; p < (row + 1) * as.places; ++p) {
      if (!here.is_post_awake[p]) continue;
      const F now = spiked(as, p) ? F(1) : F(0);
      F* const zeta = &kept.zeta[p * as.width];
      F* const eligible = ends ? zeta : &kept.eligible[p * as.width];
      const auto pay = [&] {
        if (rewards)
          m_.kernels.reward(here.change.data(), eligible, told, rule.nu_post, rule.scale, as.width);
        any = any || rewards;
      };
      const auto place = static_cast<std::int32_t>(p);
      if (rule.kind == PlasticityKind::traced) {
        const GraphSeen<F> sees = {seen(as, p, traces_of(as.pre), here.x), arrived(of, here, p), as.width};
        m_.kernels.fade_in_pairs(eligible, sees, rule.keep, now * rule.nu_pair,
                                 -(rule.nu_pre * trace_of(as.post, place)));
        pay();
        continue;
      }
      const auto pair = [&] {
        const F* const x = kept.pre.everywhere(m_.now, of.rules[r].pre);
        m_.kernels.pairing(zeta,
                           {seen(as, p, x, here.x), seen(as, p, marked(of, here, 0), here.s), as.width},
                           now, kept.post.of(place, m_.now, of.rules[r].post));
      };
      if (!rule.lag) pair();
      if (!ends) m_.kernels.fade_in(eligible, zeta, rule.keep, rule.over, as.width);
      pay();
      if (rule.lag) pair();
    }
    return any;
  }

  /// Exponentials of the traces of pre, as shares of the largest that any synapse sees.
  void shares(const typename Plan::Synapses& of) {
    const GraphSynapses<F>& as = of.as;
    const std::int64_t pre = m_.plan.size(as.pre);
    const F* const x = traces_of(as.pre);
    largest_ = 0;
    for (std::int64_t k = 0; k < (as.sees ? as.windows * as.width : pre); ++k) {
      const std::int64_t i = as.sees ? as.sees[k] : k;
      if (i >= 0) largest_ = std::max(largest_, x[i]);
    }
    grows_.resize(pre), shrinks_.resize(pre);
    for (std::int64_t i = 0; i < pre && largest_ > 0; ++i) {
      grows_[i] = std::exp(x[i] / largest_);
      shrinks_[i] = std::exp(1 - x[i] / largest_);
    }
  }

  bool by_shares(const typename Plan::Synapses& of, typename State::Synapses& here, std::size_t r,
                 std::int64_t row) {
    if (largest_ <= 0) return false;
    const F* const grows = seen(of.as, row, grows_.data(), here.x, F(1));
    const F* const shrinks = seen(of.as, row, shrinks_.data(), here.s, std::exp(F(1)));
    m_.kernels.fede(of.rules[r].as,
                    {here.change.data(), of.as.weights + row * of.as.width, shrinks, grows, F(0),
                     of.as.width, of.as.low, of.as.high});
    return true;
  }

  const std::vector<double>& rewards_;
  std::vector<F> above_, grows_, shrinks_;  // of the synapses that learn now
  F largest_ = 0;
};

}  // namespace snnrun
