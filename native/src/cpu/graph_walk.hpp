// The walk of one sample through steps, groups and synapses.
#pragma once
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "graph_state.hpp"
#include "snnrun/kernels.hpp"

namespace snnrun {

/// One sample.
template <class F, class Plan, class State>
class Walk {
 public:
  Walk(const Plan& plan, State& state, bool learning)
      : plan_(plan), state_(state), kernels_(kernels().graph(F())), learning_(learning) {}

  void run(const std::vector<SpikeLists>& inputs, std::int64_t sample, const std::uint32_t* words) {
    steps_ = inputs[0].steps;
    begin(inputs, sample);
    for (now_ = 0; now_ < steps_; ++now_) {
      for (std::size_t g = 0; g < plan_.groups.size(); ++g) {
        if (!plan_.groups[g].as.input) advance(g, words);
        if (learning_ && plan_.groups[g].as.traced) trace(g);
      }
      if (learning_)
        for (std::size_t s = 0; s < plan_.synapses.size(); ++s)
          if (plan_.synapses[s].learns()) learn(s);
    }
    if (learning_) end();
  }

 private:
  SpikeRows spikes(std::int64_t group) const { return rows_[group]; }

  void begin(const std::vector<SpikeLists>& inputs, std::int64_t sample) {
    rows_.resize(plan_.groups.size());
    for (std::size_t g = 0; g < plan_.groups.size(); ++g) {
      const auto& of = plan_.groups[g];
      auto& group = state_.groups[g];
      group.traces.clear();
      if (of.as.input) {
        const SpikeLists& given = inputs[of.number_of_input];
        rows_[g] = {given.starts + sample * (given.steps + 1), given.places};
        continue;
      }
      std::fill(group.membranes.begin(), group.membranes.end(), of.as.initial);
      std::fill(group.opens.begin(), group.opens.end(), 0);
      group.train.clear();
      for (const std::int32_t i : group.reached) group.is_reached[i] = 0;
      group.reached.clear();
    }
    for (std::size_t s = 0; s < plan_.synapses.size(); ++s) begin_synapses(s);
  }

  void begin_synapses(std::size_t s) {
    const auto& of = plan_.synapses[s];
    if (!of.dense()) return;
    auto& here = state_.synapses[s];
    if (plan_.groups[of.as.pre].as.input) {
      const std::int64_t pre = plan_.size(of.as.pre), width = whole_blocks(plan_.size(of.as.post));
      if (here.room < steps_ * width) here.drive = page_array<F>(here.room = steps_ * width);
      for (std::int64_t block = 0; block < width; block += kGraphBlock)
        kernels_.drive(of.packed.get() + block * pre, spikes(of.as.pre), steps_,
                       here.drive.get() + block, width);
    }
    if (!learning_ || !of.learns()) return;
    for (std::int64_t post = 0; post < plan_.size(of.as.post); ++post)
      if (of.as.ready[post] & kBeyond) wake(s, post);
  }

  void wake(std::size_t s, std::int64_t post) {
    auto& here = state_.synapses[s];
    if (here.is_awake[post]) return;
    here.is_awake[post] = 1;
    here.awake.push_back(static_cast<std::int32_t>(post));
  }

  // ---- a step of a group ----

  void advance(std::int64_t g, const std::uint32_t* words) {
    const auto& of = plan_.groups[g];
    auto& group = state_.groups[g];
    const F* const current = receive(g);
    std::int64_t count = of.sparse ? step_sparse(of.as, group)
                                   : kernels_.step({&of.as, group.membranes.data(), current,
                                                    group.theta.empty() ? nullptr : group.theta.data(),
                                                    group.opens.data(), step(), learning_},
                                                   group.spiking.data());
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int32_t i = group.spiking[k];
      group.membranes[i] = std::max(of.as.reset, of.as.lower);
      group.opens[i] = static_cast<typename State::Step>(now_ + 1 + of.as.refractory);
      if (learning_ && !group.theta.empty()) group.theta[i] += of.as.plus;
    }
    if (of.as.one_winner && count > 1) {
      const auto chosen = static_cast<std::uint64_t>(words[now_]) * static_cast<std::uint64_t>(count);
      group.spiking[0] = group.spiking[chosen >> 32];
      count = 1;
    }
    auto& train = group.train;
    train.places.insert(train.places.end(), group.spiking.data(), group.spiking.data() + count);
    train.starts.push_back(static_cast<std::int64_t>(train.places.size()));
    rows_[g] = train.rows();
  }

  typename State::Step step() const { return static_cast<typename State::Step>(now_); }

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
      v = moved<kind>(v, as.gain * group.current[i], group.opens[i] <= step(), as.decay, as.rest);
      if (v >= as.threshold) group.spiking[count++] = i;
      v = v < as.lower ? as.lower : v;
    }
    std::sort(group.spiking.begin(), group.spiking.begin() + count);
    return count;
  }

  /// What comes in at this step.
  const F* receive(std::int64_t g) {
    const auto& of = plan_.groups[g];
    auto& group = state_.groups[g];
    const std::int64_t width = static_cast<std::int64_t>(group.current.size());
    const F* only = nullptr;  // what one drive brings, while there is nothing else
    bool clear = false;
    const auto into = [&] {
      if (!clear) {
        if (only)
          std::copy(only, only + width, group.current.begin());
        else if (of.sparse)
          for (const std::int32_t i : group.reached) group.current[i] = 0;
        else
          std::fill(group.current.begin(), group.current.end(), F(0));
      }
      clear = true, only = nullptr;
      return group.current.data();
    };
    for (const std::int64_t s : of.incoming) {
      const auto& synapses = plan_.synapses[s].as;
      const std::int64_t sent = now_ - synapses.delay;
      if (sent < 0) continue;
      const SpikeRows from = spikes(synapses.pre);
      if (!from.count(sent)) continue;
      if (synapses.kind == SynapseKind::dense) {
        const F* const row = dense_row(s, sent);
        if (!only && !clear)
          only = row;
        else
          kernels_.add(into(), row, width);
      } else {
        spread(synapses, from, sent, of.as.size, into(), group);
      }
    }
    return only ? only : into();
  }

  /// What dense synapses bring of the spikes of a step.
  const F* dense_row(std::int64_t s, std::int64_t sent) {
    const auto& of = plan_.synapses[s];
    auto& here = state_.synapses[s];
    const SpikeRows from = spikes(of.as.pre);
    const std::int64_t pre = plan_.size(of.as.pre), width = static_cast<std::int64_t>(here.row.size());
    F* row = here.row.data();
    if (plan_.groups[of.as.pre].as.input) {
      row = here.drive.get() + sent * width;
    } else {
      const SpikeRows one = {from.starts + sent, from.places};
      for (std::int64_t block = 0; block < width; block += kGraphBlock)
        kernels_.drive(of.packed.get() + block * pre, one, 1, row + block, width);
    }
    for (const std::int32_t post : here.awake) {
      const F* const weights = of.as.weights + post * pre;
      F sum = 0;
      for (const std::int32_t* i = from.begin(sent); i != from.end(sent); ++i) sum += weights[*i];
      row[post] = sum;
    }
    return row;
  }

  /// What synapses of one weight bring.
  template <class Group>
  void spread(const GraphSynapses<F>& synapses, const SpikeRows& from, std::int64_t sent,
              std::int64_t size, F* to, Group& group) {
    const F weight = *synapses.weights;
    if (synapses.kind == SynapseKind::one_to_one) {
      for (const std::int32_t* i = from.begin(sent); i != from.end(sent); ++i) {
        if (!group.is_reached.empty() && !group.is_reached[*i]) {
          group.is_reached[*i] = 1;
          group.reached.push_back(*i);
          to[*i] = 0;
        }
        to[*i] += weight;
      }
      return;
    }
    const auto all = static_cast<F>(from.count(sent));
    for (const std::int32_t* i = from.begin(sent); i != from.end(sent); ++i)
      own_.emplace_back(*i, to[*i] + weight * (all - 1));
    const F most = weight * all;
    for (std::int64_t i = 0; i < size; ++i) to[i] += most;
    for (const auto& [i, value] : own_) to[i] = value;
    own_.clear();
  }

  // ---- traces and rules ----

  F faded(std::int64_t g, std::int64_t steps) const { return plan_.groups[g].faded[steps]; }

  void trace(std::int64_t g) {
    const GraphTrace<F>& as = plan_.groups[g].as.trace;
    Traces<F>& traces = state_.groups[g].traces;
    const SpikeRows from = spikes(g);
    for (const std::int32_t* i = from.begin(now_); i != from.end(now_); ++i) {
      const std::int32_t last = traces.last[*i];
      if (last < 0) traces.seen.push_back(*i);
      const F before = last < 0 || !as.adds ? F(0) : traces.value[*i] * faded(g, now_ - last);
      traces.value[*i] = before + as.amount;
      traces.last[*i] = static_cast<std::int32_t>(now_);
    }
  }

  F trace_of(std::int64_t g, std::int32_t i) const {
    const Traces<F>& traces = state_.groups[g].traces;
    return traces.last[i] < 0 ? F(0) : traces.value[i] * faded(g, now_ - traces.last[i]);
  }

  const F* all_traces(std::int64_t g) {
    Traces<F>& traces = state_.groups[g].traces;
    if (traces.at != now_)
      for (const std::int32_t i : traces.seen) traces.all[i] = trace_of(g, i);
    traces.at = now_;
    return traces.all.data();
  }

  void learn(std::size_t s) {
    const GraphSynapses<F>& as = plan_.synapses[s].as;
    auto& here = state_.synapses[s];
    const SpikeRows pre = spikes(as.pre), post = spikes(as.post);
    for (const std::int32_t* j = post.begin(now_); j != post.end(now_); ++j) wake(s, *j);
    const bool before = as.rule != PlasticityKind::power && pre.count(now_);
    const std::int64_t width = plan_.size(as.pre);
    for (const std::int32_t j : here.awake) {
      F* const weights = as.weights + j * width;
      const bool spiked = state_.groups[as.post].traces.last[j] == now_;
      if (spiked)
        learn_row(as, here, j, pre);
      else if (before)
        learn_pre(as, weights, as.nu_pre * trace_of(as.post, j), pre);
      if (!now_ && (as.ready[j] & kBeyond))
        for (std::int64_t i = 0; i < width; ++i) weights[i] = within(as, weights[i]);
    }
  }

  static F within(const GraphSynapses<F>& as, F w) {
    return w < as.low ? as.low : w > as.high ? as.high : w;
  }

  /// Spikes of pre alone.
  void learn_pre(const GraphSynapses<F>& as, F* weights, F strength, const SpikeRows& pre) {
    if (strength == 0) return;
    for (const std::int32_t* i = pre.begin(now_); i != pre.end(now_); ++i) {
      F& w = weights[*i];
      if (as.rule == PlasticityKind::pair)
        w = within(as, w - strength);
      else if (as.rule == PlasticityKind::hebbian)
        w = within(as, w + strength);
      else
        w = within(as, w - strength * (w - as.low));
    }
  }

  template <class Synapses>
  void learn_row(const GraphSynapses<F>& as, Synapses& here, std::int32_t j, const SpikeRows& pre) {
    const F strength = as.nu_pre * trace_of(as.post, j);
    for (const std::int32_t* i = pre.begin(now_); i != pre.end(now_); ++i) here.at_spike[*i] = strength;
    const std::int64_t width = plan_.size(as.pre);
    kernels_.learn_row({&as, as.weights + j * width, all_traces(as.pre), here.at_spike.data(), width});
    for (const std::int32_t* i = pre.begin(now_); i != pre.end(now_); ++i) here.at_spike[*i] = 0;
  }

  /// Behind a sample: normalise what changed, and let all rows sleep.
  void end() {
    for (std::size_t s = 0; s < plan_.synapses.size(); ++s) {
      const auto& of = plan_.synapses[s];
      if (!of.dense() || !of.learns()) continue;
      auto& here = state_.synapses[s];
      for (std::int64_t post = 0; post < plan_.size(of.as.post); ++post) {
        const bool changed = here.is_awake[post], normalise = of.as.norm != 0;
        if (!changed && (!normalise || of.as.ready[post] & kNormalised)) continue;
        if (normalise) normalise_row(of.as, post);
        else of.as.ready[post] = 0;
        plan_.pack(of, post);
        here.is_awake[post] = 0;
      }
      here.awake.clear();
    }
  }

  void normalise_row(const GraphSynapses<F>& as, std::int64_t post) {
    const std::int64_t width = plan_.size(as.pre);
    F* const weights = as.weights + post * width;
    F total = kernels_.magnitude(weights, width, as.norm_squares);
    if (as.norm_squares) total = std::sqrt(total);
    const bool beyond = kernels_.scale(weights, width, as.norm / (total == 0 ? F(1) : total), as.low,
                                       as.high);
    as.ready[post] = static_cast<std::uint8_t>(kNormalised | (beyond ? kBeyond : 0));
  }

  const Plan& plan_;
  State& state_;
  const GraphKernels<F>& kernels_;
  const bool learning_;
  std::int64_t steps_ = 0, now_ = 0;
  std::vector<SpikeRows> rows_;
  std::vector<std::pair<std::int32_t, F>> own_;
};

}  // namespace snnrun
