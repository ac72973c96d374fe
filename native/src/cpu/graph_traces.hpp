// Trains of spikes and the traces that they leave, exact for any number of steps between spikes.
#pragma once
#include <algorithm>
#include <vector>

#include "snnrun/graph_kernels.hpp"

namespace snnrun {

/// The spikes of a group in one sample.
struct Train {
  std::vector<std::int64_t> starts{0};
  std::vector<std::int32_t> places;

  SpikeRows rows() const { return {starts.data(), places.data()}; }
  void clear() { starts.assign(1, 0), places.clear(); }
  void append(const SpikeRows& more, std::int64_t steps) {
    places.insert(places.end(), more.begin(0), more.begin(steps));
    for (std::int64_t t = 0; t < steps; ++t) starts.push_back(starts.back() + more.count(t));
  }
};

/// How traces fade: what any number of steps leaves of them.
template <class F>
struct Fading {
  GraphTrace<F> as;
  std::vector<F> powers{1};  // of as.decay

  void reach(std::int64_t steps) {
    while (static_cast<std::int64_t>(powers.size()) <= steps + 1)
      powers.push_back(powers.back() * as.decay);
  }
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
    for (const std::int32_t i : seen) last[i] = -1;
    std::fill(all.begin(), all.end(), F(0));
    seen.clear(), at = -1;
  }

  /// Take in the spikes of a step.
  void mark(const SpikeRows& spikes, std::int64_t now, const Fading<F>& fading) {
    for (const std::int32_t* i = spikes.begin(now); i != spikes.end(now); ++i) {
      const std::int32_t before = last[*i];
      if (before < 0) seen.push_back(*i);
      const F left = before < 0 || !fading.as.adds ? F(0) : value[*i] * fading.powers[now - before];
      value[*i] = left + fading.as.amount;
      last[*i] = static_cast<std::int32_t>(now);
    }
  }

  F of(std::int32_t i, std::int64_t now, const Fading<F>& fading) const {
    if (at == now) return all[i];
    return last[i] < 0 ? F(0) : value[i] * fading.powers[now - last[i]];
  }

  const F* everywhere(std::int64_t now, const Fading<F>& fading) {
    if (at != now)
      for (const std::int32_t i : seen) all[i] = of(i, now, fading);
    at = now;
    return all.data();
  }
};

}  // namespace snnrun
