// What comes into a group at a step.
#pragma once
#include <algorithm>
#include <utility>
#include <vector>

#include "graph_state.hpp"

namespace snnrun {

/// A sample, and how far it is.
template <class F>
struct GraphMoment {
  const typename Graph<F>::Plan& plan;
  typename Graph<F>::State& state;
  const GraphKernels<F>& kernels;
  bool learning;
  std::int64_t steps = 0, now = 0;  // how many there are, as far as is known; this one
  std::vector<SpikeRows> rows;  // of each group

  SpikeRows spikes(std::int64_t group) const { return rows[group]; }
};

template <class F>
class Arrivals {
 public:
  explicit Arrivals(GraphMoment<F>& moment) : m_(moment) {}

  /// Before the first of the steps that are shown: what inputs will bring over all-to-all synapses.
  void expect(std::int64_t first) {
    for (std::size_t s = 0; s < m_.plan.synapses.size(); ++s) {
      const auto& of = m_.plan.synapses[s];
      auto& here = m_.state.synapses[s];
      const bool input = m_.plan.groups[of.as.pre].as.input;
      if (here.upcoming) here.upcoming->begin(m_.spikes(of.as.pre), first, m_.steps);
      if (!of.packed || here.upcoming || !input) continue;
      const std::int64_t pre = m_.plan.size(of.as.pre), width = padded(of);
      const SpikeRows from = m_.spikes(of.as.pre);
      here.sent = std::max<std::int64_t>(0, first - of.as.delay);
      const std::int64_t count = m_.steps - here.sent;
      F* const drive = here.drive.of(count * width);
      for (std::int64_t block = 0; block < width; block += kGraphBlock)
        m_.kernels.drive(of.packed.get() + block * pre, {from.starts + here.sent, from.places}, count,
                         drive + block, width);
    }
  }

  /// Traces of the winners of a pool, as those of the group behind it.
  void take_over(std::int64_t g) {
    const GraphSynapses<F>& as = m_.plan.synapses[m_.plan.groups[g].pool].as;
    const auto& winners = m_.state.synapses[m_.plan.groups[g].pool].winners;
    const std::int64_t when = m_.now - (as.pre >= g ? 1 : 0);
    const F* const from =
        m_.state.groups[as.pre].traces.everywhere(when, m_.plan.groups[as.pre].fading);
    auto& traces = m_.state.groups[g].traces;
    for (std::size_t p = 0; p < winners.size(); ++p)
      traces.all[p] = from[winners[p] < 0 ? as.sees[p * as.width] : winners[p]];
    traces.at = m_.now;
  }

  /// What comes into a group; what inhibits conductances lies in the group itself.
  const F* at(std::int64_t g) {
    const auto& of = m_.plan.groups[g];
    for (const std::int64_t s : of.incoming) {
      auto& winners = m_.state.synapses[s].winners;
      std::fill(winners.begin(), winners.end(), -1);
    }
    return of.as.kind == NeuronKind::conductance || of.as.minus_traces ? apart(g) : together(g);
  }

 private:
  std::int64_t padded(const typename Graph<F>::Plan::Synapses& of) const {
    return whole_blocks(m_.plan.size(of.as.post));
  }

  /// The sum of what all synapses bring.
  const F* together(std::int64_t g) {
    const auto& of = m_.plan.groups[g];
    auto& group = m_.state.groups[g];
    const auto width = static_cast<std::int64_t>(group.current.size());
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
      const auto& synapses = m_.plan.synapses[s];
      if (!arrives(synapses)) continue;
      if (synapses.packed && !only && !clear)
        only = packed_row(s);
      else
        bring(s, into(), group);
    }
    return only ? only : into();
  }

  /// Excitation and inhibition, each synapses' by its sign; or less by the traces of pre.
  const F* apart(std::int64_t g) {
    const auto& of = m_.plan.groups[g];
    auto& group = m_.state.groups[g];
    std::fill(group.current.begin(), group.current.end(), F(0));
    std::fill(group.inhibiting.begin(), group.inhibiting.end(), F(0));
    brought_.resize(group.current.size());
    for (const std::int64_t s : of.incoming) {
      const bool any = arrives(m_.plan.synapses[s]);
      if (!any && !of.as.minus_traces) continue;
      std::fill(brought_.begin(), brought_.end(), F(0));
      if (any) bring(s, brought_.data(), group);
      if (of.as.minus_traces) {
        take_traces(s, g);
        m_.kernels.add(group.current.data(), brought_.data(), of.as.size);
      } else {
        for (std::int64_t i = 0; i < of.as.size; ++i)
          (brought_[i] > 0 ? group.current : group.inhibiting)[i] += std::abs(brought_[i]);
      }
    }
    return group.current.data();
  }

  /// Whether any spike arrives at this step.
  bool arrives(const typename Graph<F>::Plan::Synapses& of) const {
    const std::int64_t* const starts = m_.spikes(of.as.pre).starts;
    const std::int64_t oldest = m_.now - of.longest(), last = m_.now - of.shortest();
    return last >= 0 && starts[last + 1] > starts[std::max<std::int64_t>(0, oldest)];
  }

  template <class Group>
  void bring(std::int64_t s, F* to, Group& group) {
    const auto& of = m_.plan.synapses[s];
    if (of.packed)
      m_.kernels.add(to, packed_row(s), padded(of));
    else if (of.as.kind == SynapseKind::pool)
      pool(of, m_.state.synapses[s].winners, to);
    else if (of.as.dense())
      fan_out(of, to);
    else
      spread(of.as, to, group);
  }

  /// What all-to-all synapses bring at this step.
  const F* packed_row(std::int64_t s) {
    const auto& of = m_.plan.synapses[s];
    auto& here = m_.state.synapses[s];
    const SpikeRows from = m_.spikes(of.as.pre);
    const bool input = m_.plan.groups[of.as.pre].as.input;
    if (here.upcoming) return here.upcoming->at(m_.now, from, here.awake);
    const std::int64_t sent = m_.now - of.as.delay, pre = m_.plan.size(of.as.pre), width = padded(of);
    F* row = here.row.data();
    if (input) {
      row = here.drive.get() + (sent - here.sent) * width;
    } else {
      const SpikeRows one = {from.starts + sent, from.places};
      for (std::int64_t block = 0; block < width; block += kGraphBlock)
        m_.kernels.drive(of.packed.get() + block * pre, one, 1, row + block, width);
    }
    for (const std::int32_t post : here.awake) {
      const F* const weights = of.as.weights + post * pre;
      F sum = 0;
      for (const std::int32_t* i = from.begin(sent); i != from.end(sent); ++i) sum += weights[*i];
      row[post] = sum;
    }
    return row;
  }

  /// What spikes bring over synapses with lists of their own.
  void fan_out(const typename Graph<F>::Plan::Synapses& of, F* to) const {
    const Fan& fan = of.fan;
    const SpikeRows from = m_.spikes(of.as.pre);
    const auto kinds = static_cast<std::int64_t>(fan.delays.size());
    for (std::int64_t d = 0; d < kinds; ++d) {
      const std::int64_t sent = m_.now - fan.delays[d];
      if (sent < 0) break;
      for (const std::int32_t* i = from.begin(sent); i != from.end(sent); ++i) {
        const std::int64_t* const start = &fan.starts[*i * kinds + d];
        for (std::int64_t e = start[0]; e < start[1]; ++e)
          to[fan.entries[e].post] += of.as.weights[fan.entries[e].weight];
      }
    }
  }

  /// One spike for each window in which any arrives.
  void pool(const typename Graph<F>::Plan::Synapses& of, std::vector<std::int32_t>& winners,
            F* to) const {
    const SpikeRows from = m_.spikes(of.as.pre);
    const std::int64_t sent = m_.now - of.as.delay;
    for (const std::int32_t* i = from.begin(sent); i != from.end(sent); ++i) {
      for (std::int64_t e = of.fan.starts[*i]; e < of.fan.starts[*i + 1]; ++e) {
        const std::int32_t post = of.fan.entries[e].post;
        if (winners[post] >= 0) continue;
        winners[post] = *i;
        to[post] += *of.as.weights;
      }
    }
  }

  /// What synapses of one weight bring.
  template <class Group>
  void spread(const GraphSynapses<F>& synapses, F* to, Group& group) {
    const F weight = *synapses.weights;
    const std::int64_t sent = m_.now - synapses.delay, size = m_.plan.size(synapses.post);
    const SpikeRows from = m_.spikes(synapses.pre);
    if (synapses.kind == SynapseKind::one_to_one) {
      for (const std::int32_t* i = from.begin(sent); i != from.end(sent); ++i) {
        if (!group.is_reached.empty() && !group.is_reached[*i]) {
          group.reached.push_back(*i);
          group.is_reached[*i] = 1;
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

  /// Take from what is brought the traces that each neuron sees, as they are now.
  void take_traces(std::int64_t s, std::int64_t g) {
    const GraphSynapses<F>& as = m_.plan.synapses[s].as;
    const std::int64_t when = m_.now - (as.pre >= g ? 1 : 0), size = m_.plan.size(g);
    const F* const x = m_.state.groups[as.pre].traces.everywhere(
        when, m_.plan.groups[as.pre].fading);
    const std::int64_t pre = m_.plan.size(as.pre);
    F total = 0;
    for (std::int64_t i = 0; i < pre; ++i) total += x[i];
    for (std::int64_t p = 0; p < size; ++p) {
      F seen = total;
      if (as.kind == SynapseKind::one_to_one) seen = x[p];
      if (as.kind == SynapseKind::all_but_self) seen = total - x[p];
      if (as.sees || as.mask) {
        seen = 0;
        for (std::int64_t k = 0; k < as.width; ++k) {
          const std::int64_t i = as.sees ? as.sees[p % as.windows * as.width + k] : k;
          if (i >= 0 && (!as.mask || as.mask[p / as.places * as.width + k])) seen += x[i];
        }
      }
      brought_[p] -= seen;
    }
  }

  GraphMoment<F>& m_;
  std::vector<F> brought_;
  std::vector<std::pair<std::int32_t, F>> own_;
};

}  // namespace snnrun
