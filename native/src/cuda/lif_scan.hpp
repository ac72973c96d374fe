// The pass of LIF neurons on a device: a thread is a neuron of a sample, and goes over all steps.
// The equations are those of snnrun/lif.hpp, as on the CPU.
#pragma once
#include "lif.hpp"
#include "snnrun/lif.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

template <class F, Surrogate kind>
struct EachScan {
  LifScan<F> y;
  F* count;

  SNNRUN_HD void operator()(std::int64_t i) const {
    const F lowered = lowering<F>(y);
    LifCarried<F> s = {};
    F spikes = F(0), late = F(0), sum = F(0);
    for (std::int64_t n = 0; n < y.steps; ++n) {
      const std::int64_t t = y.backwards ? y.steps - 1 - n : n, at = t * y.width + i;
      const F shown = climb(y, y.current[y.constant ? i : at], &s);
      const bool fires = shown >= y.threshold;
      s.membrane = add_where(fires, shown, lowered);
      if (y.reset == Reset::zero) s.membrane = select(fires, F(0), shown);
      spikes = add_where(fires, spikes, F(1));
      late = add_where(fires && t >= y.late, late, F(1));
      if (y.spikes) y.spikes[at] = select(fires, F(1), F(0));
      if (y.membranes) y.membranes[at] = shown;
      if (y.step_weights && (y.derivatives || y.step_weights[t] != 0)) {
        const F of = y.after_reset ? s.membrane : shown;
        const F derivative = weighted_derivative<kind>(y, of, y.step_weights[t]);
        if (y.derivatives) y.derivatives[at] = derivative;
        sum += derivative;
      }
      if (y.reset == Reset::subtract_twice) s.membrane = add_where(fires, s.membrane, lowered);
    }
    if (y.derivative_sum) y.derivative_sum[i] = sum;
    if (y.rate) y.rate[i] = spikes / static_cast<F>(y.steps);
    if (y.late_rate) y.late_rate[i] = late / static_cast<F>(y.steps - y.late);
    if (count) count[i] = spikes;
  }
};

template <class F>
LifScan<F> scan_of(const LifScanCall& call) {
  LifScan<F> y = {};
  y.steps = call.steps, y.width = call.width, y.late = call.late;
  y.constant = call.constant != 0, y.backwards = call.backwards != 0;
  y.reset = static_cast<Reset>(call.reset), y.surrogate = static_cast<Surrogate>(call.surrogate);
  y.after_reset = call.after_reset != 0;
  y.current_decay = static_cast<F>(call.current_decay);
  y.membrane_decay = static_cast<F>(call.membrane_decay);
  y.threshold = static_cast<F>(call.threshold), y.sharpness = static_cast<F>(call.sharpness);
  y.current = static_cast<const F*>(call.current);
  y.step_weights = static_cast<const F*>(call.step_weights);
  y.spikes = static_cast<F*>(call.spikes), y.membranes = static_cast<F*>(call.membranes);
  y.derivatives = static_cast<F*>(call.derivatives);
  y.derivative_sum = static_cast<F*>(call.derivative_sum);
  y.rate = static_cast<F*>(call.rate), y.late_rate = static_cast<F*>(call.late_rate);
  return y;
}

template <class F>
const char* run_scan(const LifScanCall& call, void* stream) {
  const LifScan<F> y = scan_of<F>(call);
  F* count = static_cast<F*>(call.count);
  switch (y.surrogate) {
#define SNNRUN_CASE(name)                                                       \
  case Surrogate::name:                                                         \
    launch_each(y.width, EachScan<F, Surrogate::name>{y, count}, stream); \
    break;
    SNNRUN_SURROGATES(SNNRUN_CASE)
#undef SNNRUN_CASE
  }
  return launch_error();
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
