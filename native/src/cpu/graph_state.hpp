// What a graph is made of, and what changes within a sample.
#pragma once
#include <algorithm>
#include <vector>

#include "snnrun/graph_kernels.hpp"
#include "snnrun/products.hpp"

namespace snnrun {

inline std::int64_t whole_blocks(std::int64_t size) {
  return (size + kGraphBlock - 1) / kGraphBlock * kGraphBlock;
}

constexpr std::uint8_t kNormalised = 1, kBeyond = 2;

/// The spikes of a group in one sample.
struct Train {
  std::vector<std::int64_t> starts{0};
  std::vector<std::int32_t> places;

  SpikeRows rows() const { return {starts.data(), places.data()}; }
  void clear() { starts.assign(1, 0), places.clear(); }
};

/// Traces of a group, as they were behind the last spike of each neuron.
template <class F>
struct Traces {
  std::vector<std::int32_t> last;  // step of the last spike; -1: none in this sample
  std::vector<F> value;            // just behind it
  std::vector<std::int32_t> seen;  // the neurons that have spiked in this sample
  std::vector<F> all;              // all traces, at step `at`
  std::int64_t at = -1;

  explicit Traces(std::int64_t size) : last(size, -1), value(size), all(whole_blocks(size)) {}

  void clear() {
    for (const std::int32_t i : seen) last[i] = -1, all[i] = 0;
    seen.clear(), at = -1;
  }
};

template <class F>
struct Graph<F>::Plan {
  struct Group {
    GraphGroup<F> as;
    std::vector<std::int64_t> incoming;  // numbers of synapses
    std::int64_t number_of_input = -1;
    bool sparse = false;                 // few of its neurons ever receive anything
    bool is_post = false;                // of synapses that learn: its traces count
    std::vector<F> faded;                // trace.decay to the power of 0, 1, ...
  };
  struct Synapses {
    GraphSynapses<F> as;
    PageArray<F> packed;  // dense: [blocks of post][pre, kGraphBlock]
    bool learns() const { return as.rule != PlasticityKind::none; }
    bool dense() const { return as.kind == SynapseKind::dense; }
  };
  std::vector<Group> groups;
  std::vector<Synapses> synapses;

  std::int64_t size(std::int64_t group) const { return groups[group].as.size; }

  /// Lay out a row of weights anew.
  void pack(const Synapses& s, std::int64_t post) const {
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
    std::vector<F> membranes, current, theta;
    std::vector<Step> opens;
    std::vector<std::int32_t> spiking;
    Train train;
    Traces<F> traces;
    std::vector<std::int32_t> reached;  // of a sparse group: neurons that have received anything
    std::vector<std::uint8_t> is_reached;
    explicit Group(std::int64_t size) : traces(size) {}
  };
  struct Synapses {
    PageArray<F> drive;  // [steps, whole blocks of post], for synapses from inputs
    std::int64_t room = 0;
    std::vector<F> row;                // of one step
    std::vector<std::int32_t> awake;   // rows that are no longer as they were packed
    std::vector<std::uint8_t> is_awake;
    std::vector<F> at_spike;           // [pre], zero between uses
  };
  std::vector<Group> groups;
  std::vector<Synapses> synapses;

  explicit State(const Plan& plan) {
    for (const auto& group : plan.groups) {
      Group& made = groups.emplace_back(group.as.size);
      const auto padded = static_cast<std::size_t>(whole_blocks(group.as.size));
      if (group.as.input) continue;
      made.membranes.resize(padded), made.current.resize(padded), made.opens.resize(padded);
      made.spiking.resize(padded);
      if (group.as.theta) made.theta.resize(padded);
      if (group.sparse) made.is_reached.resize(padded);
    }
    for (const auto& s : plan.synapses) {
      Synapses& made = synapses.emplace_back();
      if (!s.dense()) continue;
      made.row.resize(whole_blocks(plan.size(s.as.post)));
      made.is_awake.resize(plan.size(s.as.post));
      made.at_spike.resize(whole_blocks(plan.size(s.as.pre)));
    }
  }
};

}  // namespace snnrun
