// The walk of one sample through steps, groups and synapses.
#pragma once
#include <algorithm>
#include <vector>

#include "graph_learning.hpp"
#include "graph_signals.hpp"

namespace snnrun {

/// One sample: whole, or in portions of its steps.
template <class F>
class Walk {
  using State = typename Graph<F>::State;

 public:
  Walk(const typename Graph<F>::Plan& plan, State& state, bool learning)
      : m_{plan, state, kernels().graph(F()), learning, 0, 0, {}}, arrivals_(m_), signals_(m_),
        learns_(m_, signals_.values()) {
    m_.rows.resize(plan.groups.size());
    state.last = -1;
    for (std::size_t g = 0; g < plan.groups.size(); ++g) {
      state.groups[g].traces.clear(), state.groups[g].train.clear();
      if (!plan.groups[g].as.input) begin_group(plan.groups[g], state.groups[g]);
    }
    if (learning) learns_.begin();
  }

  ~Walk() {
    if (m_.learning) learns_.sleep();
  }

  Walk(const Walk&) = delete;  // its parts know where it lies

  /// All of a sample.
  void run(const GraphSamples& shown, std::int64_t sample) {
    shown_ = &shown, sample_ = sample, m_.steps = shown.inputs[0].steps;
    for (std::size_t g = 0; g < m_.plan.groups.size(); ++g)
      if (m_.plan.groups[g].as.input) m_.rows[g] = given(g);
    arrivals_.expect(0);
    signals_.begin(shown, sample);
    for (m_.now = 0; m_.now < m_.steps; ++m_.now) {
      step_all();
      if (!m_.learning) continue;
      signals_.step();
      learns_.step();
    }
    if (m_.learning) learns_.end();
  }

  /// The next steps of the only sample that is shown. Rules see the last of them once it is told
  /// what came of it, by the next call or the end; of all others they are told nothing.
  void go_on(const GraphSamples& shown, const std::vector<double>& told) {
    shown_ = &shown, first_ = m_.steps, m_.steps += shown.inputs[0].steps;
    for (std::size_t g = 0; g < m_.plan.groups.size(); ++g) {
      if (!m_.plan.groups[g].as.input) continue;
      m_.state.groups[g].train.append(given(g), shown.inputs[0].steps);
      m_.rows[g] = m_.state.groups[g].train.rows();
    }
    learn(told);
    arrivals_.expect(first_);
    for (m_.now = first_; m_.now < m_.steps; ++m_.now) {
      if (m_.now > first_) learn({});
      step_all();
    }
  }

  /// Behind the last portion.
  void end(const std::vector<double>& told) {
    learn(told);
    if (m_.learning) learns_.end();
  }

  const State& state() const { return m_.state; }
  bool learning() const { return m_.learning; }
  std::int64_t steps() const { return m_.steps; }

 private:
  /// Let all groups make this step.
  void step_all() {
    m_.state.last = m_.now;
    for (std::size_t g = 0; g < m_.plan.groups.size(); ++g) {
      const auto& of = m_.plan.groups[g];
      if (!of.as.input) advance(g);
      if (!m_.learning && !of.always_traced) continue;
      m_.state.groups[g].traces.mark(m_.spikes(g), m_.now, of.fading);
      if (of.pool >= 0) arrivals_.take_over(g);
    }
  }

  /// Let rules see the step before this one.
  void learn(const std::vector<double>& told) {
    if (!m_.learning || !m_.now) return;
    --m_.now;
    signals_.tell(told);
    learns_.step();
    ++m_.now;
  }

  /// What is given to a group of inputs.
  SpikeRows given(std::size_t g) const {
    const SpikeLists& lists = shown_->inputs[m_.plan.groups[g].number_of_input];
    return {lists.starts + sample_ * (lists.steps + 1), lists.places};
  }

  /// The place of this step among all that are shown.
  std::int64_t place() const { return sample_ * (m_.steps - first_) + m_.now - first_; }

  template <class Of, class Group>
  static void begin_group(const Of& of, Group& group) {
    const GraphGroup<F>& as = of.as;
    const auto spread = [](const Constant<F>& from, std::vector<F>& to) {
      from.each ? std::copy_n(from.each, to.size(), to.begin())
                : std::fill_n(to.begin(), to.size(), from.one);
    };
    spread(as.rest, group.membranes);
    std::fill(group.opens.begin(), group.opens.end(), 0);
    if (of.has_level() && !as.theta)
      spread(as.level == LevelKind::raised ? Constant<F>{} : as.threshold, group.level);
    std::fill(group.excitation.begin(), group.excitation.end(), F(0));
    std::fill(group.inhibition.begin(), group.inhibition.end(), F(0));
    if (as.kind == NeuronKind::izhikevich)
      for (std::int64_t i = 0; i < as.size; ++i)
        group.excitation[i] = as.input_decay[i] * group.membranes[i];
    for (const std::int32_t i : group.reached) group.is_reached[i] = 0;
    group.reached.clear();
  }

  void advance(std::int64_t g) {
    const auto& of = m_.plan.groups[g];
    auto& group = m_.state.groups[g];
    const F* const current = arrivals_.at(g);
    const auto part = [](std::vector<F>& array) { return array.empty() ? nullptr : array.data(); };
    const bool fades = m_.learning || !of.as.theta;
    std::int64_t count =
        of.sparse ? step_sparse(of.as, group)
                  : m_.kernels.step({&of.as, group.membranes.data(), current, part(group.inhibiting),
                                     part(group.level), part(group.excitation),
                                     part(group.inhibition), group.opens.data(), step(), fades},
                                    group.spiking.data());
    if (of.as.kind != NeuronKind::izhikevich && of.as.kind != NeuronKind::relay)
      for (std::int64_t k = 0; k < count; ++k) {
        const std::int32_t i = group.spiking[k];
        group.membranes[i] = std::max(of.as.reset[i], of.as.lower);
        group.opens[i] = static_cast<typename State::Step>(m_.now + 1 + of.as.refractory[i]);
        if (fades && of.as.level == LevelKind::raised) group.level[i] += of.as.plus[i];
      }
    if (of.as.one_winner && count > 1) {
      const std::uint64_t word = shown_->words[place()];
      group.spiking[0] = group.spiking[word * static_cast<std::uint64_t>(count) >> 32];
      count = 1;
    }
    if (const std::int8_t* const clamp = shown_->clamps.empty() ? nullptr : shown_->clamps[g])
      count = clamped(clamp + place() * of.as.size, of.as.size, count, group.spiking, free_);
    auto& train = group.train;
    train.places.insert(train.places.end(), group.spiking.data(), group.spiking.data() + count);
    train.starts.push_back(static_cast<std::int64_t>(train.places.size()));
    m_.rows[g] = train.rows();
  }

  typename State::Step step() const { return static_cast<typename State::Step>(m_.now); }

  /// The few neurons of a group that have received anything; the others are where they began.
  template <class Group>
  std::int64_t step_sparse(const GraphGroup<F>& as, Group& group) {
    switch (as.integration) {
      case Integration::exact:
        return step_sparse_as<Integration::exact>(as, group);
      case Integration::held:
        return step_sparse_as<Integration::held>(as, group);
      case Integration::euler:
        return step_sparse_as<Integration::euler>(as, group);
      case Integration::none:
        return step_sparse_as<Integration::none>(as, group);
    }
    return 0;
  }

  template <Integration kind, class Group>
  std::int64_t step_sparse_as(const GraphGroup<F>& as, Group& group) {
    std::int64_t count = 0;
    for (const std::int32_t i : group.reached) {
      F& v = group.membranes[i];
      v = moved<kind>(v, as.gain[i] * group.current[i], group.opens[i] <= step(), as.decay[i],
                      as.rest[i]);
      if (v >= as.threshold[i]) group.spiking[count++] = i;
      v = v < as.lower ? as.lower : v;
    }
    std::sort(group.spiking.begin(), group.spiking.begin() + count);
    return count;
  }

  GraphMoment<F> m_;
  const GraphSamples* shown_ = nullptr;
  std::int64_t sample_ = 0, first_ = 0;  // which is shown, from which step on
  Arrivals<F> arrivals_;
  Signals<F> signals_;
  Learning<F> learns_;
  std::vector<std::int32_t> free_;  // what would spike, were there no clamp
};

}  // namespace snnrun
