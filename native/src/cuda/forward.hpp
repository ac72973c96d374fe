// First spikes on a device, step 2: one thread a neuron goes through its inputs up to its spike.
#pragma once
#include "layer.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// Membrane and current right after the last cause, when that was, how long until the next input.
template <class F>
struct Found {
  F membrane, current, since, gap;
  bool spiked;
};

/// Spike times, and the plan for their gradient. Needs the schedule.
template <class F, int R>
struct Forward {
  Layer<F> y;
  Schedule<F> in;

  SNNRUN_HD void operator()(std::int64_t neuron) const {
    const std::int64_t list = list_of(y, neuron);
    const F level = threshold(y.levels, y.level, neuron);
    const Found<F> at = search(list, neuron % y.post, level);
    if (!at.spiked) {
      y.times[neuron] = F(INFINITY);
      y.since[neuron] = -F(INFINITY);
      y.on_membrane[neuron] = y.on_current[neuron] = F(0);
      return;
    }
    const F steep = steepness<R>(at.membrane, at.current, level);
    const F exact = crossing<R>(at.membrane, at.current, steep);
    const F after = smaller(at.gap, larger(F(0), exact));
    y.times[neuron] = y.origin[list] + (at.since + after) * F(y.tau_syn);
    y.since[neuron] = at.since;
    keep<R>(y, neuron, at.membrane, at.current, after);
  }

  SNNRUN_HD Found<F> search(std::int64_t list, std::int64_t column, F level) const {
    F membrane = 0, current = 0, fade = 0;
    std::int64_t at = scheduled(y, list, 0);
    const std::int64_t step = scheduled(y, list, 1) - at;
    for (F now = in.arrival[at], then; now < F(kFar); now = then, at += step) {
      then = in.arrival[at + step];
      current = current * fade + y.weights[in.order[at] * y.post + column];
      fade = F(1);
      if (then == now) continue;  // no time passes, so no spike can fall in between
      const F decay = in.decay[at];
      fade = current_decay<R>(decay);
      const F next = membrane * decay + current * in.reach[at];
      if (current >= level && next >= smaller(current * fade, level) &&
          (next >= level || reaches<R>(membrane, current, level)))
        return {membrane, current, now, then - now, true};
      membrane = next;
    }
    return {F(0), F(0), F(0), F(0), false};
  }
};

/// The plan for given times: the state at the last input up to each, as a plain sum over its
/// causes. Needs the origins.
template <class F, int R>
struct FromTimes {
  Layer<F> y;

  SNNRUN_HD void operator()(std::int64_t neuron) const {
    const std::int64_t list = list_of(y, neuron), column = neuron % y.post;
    const F end = since_first(y, list, y.times[neuron], -F(INFINITY));
    F since = -F(INFINITY), membrane = 0, current = 0;
    for (std::int64_t i = 0; i < y.pre; ++i) {
      const F s = arrival(y, list, i);
      if (s <= end) since = larger(since, s);
    }
    for (std::int64_t i = 0; i < y.pre; ++i) {
      const F s = arrival(y, list, i);
      if (!(s <= since)) continue;
      const Step<F> over = step_over<R>(since - s);
      const F weight = y.weights[i * y.post + column];
      membrane += weight * over.reach;
      current += weight * over.current;
    }
    y.since[neuron] = since;
    keep<R>(y, neuron, membrane, current, end - since);
  }
};

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
