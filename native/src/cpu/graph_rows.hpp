// Rows of weights that learn: which are awake, normalised, beyond their bounds.
#pragma once
#include <cmath>
#include <vector>

#include "graph_arrivals.hpp"

namespace snnrun {

template <class F>
class Rows {
 public:
  using Plan = typename Graph<F>::Plan;
  using State = typename Graph<F>::State;

  explicit Rows(GraphMoment<F>& moment) : m_(moment) {}

  static std::uint8_t* ready(const typename Plan::Synapses& of) {
    return of.keeps_ready ? of.as.ready : of.ready.data();
  }

  /// Whether a row is to be brought within its bounds, which are kept behind every change.
  static bool is_beyond(const typename Plan::Synapses& of, std::int64_t row) {
    return of.changes() && ready(of)[row] & kBeyond;
  }

  void wake(std::size_t s, std::int64_t row) {
    auto& here = m_.state.synapses[s];
    if (here.is_awake[row]) return;
    here.is_awake[row] = 1;
    here.awake.push_back(static_cast<std::int32_t>(row));
  }

  F trace_of(std::int64_t g, std::int32_t i) const {
    return m_.state.groups[g].traces.of(i, m_.now, m_.plan.groups[g].fading);
  }
  const F* traces_of(std::int64_t g) {
    return m_.state.groups[g].traces.everywhere(m_.now, m_.plan.groups[g].fading);
  }

  void normalise_row(const typename Plan::Synapses& of, std::int64_t row) {
    const GraphSynapses<F>& as = of.as;
    F* const weights = as.weights + row * as.width;
    F total = m_.kernels.magnitude(weights, as.width, as.norm_squares);
    if (as.norm_squares) total = std::sqrt(total);
    const bool beyond = m_.kernels.scale(weights, as.width, as.norm / (total == 0 ? F(1) : total),
                                         as.low, as.high);
    const bool keeps = of.keeps_ready && !as.norm_steps;
    ready(of)[row] = static_cast<std::uint8_t>((keeps ? kNormalised : 0) | (beyond ? kBeyond : 0));
  }

 protected:
  GraphMoment<F>& m_;
};

}  // namespace snnrun
