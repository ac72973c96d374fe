// First spikes on a device, step 3: gradients.
//
// The adjoint of first_spike.hpp, taken over all inputs between an input and the last cause at
// once: from (a_V, a_I) at the last cause, a time s earlier,
//     on_membrane = D a_V,     on_current = E a_I + r a_V,     D, E, r over the gap s.
// So every pair of an input and a neuron stands alone, no order is needed, and every sum is taken
// by one thread, or one team, in an order that depends on the sizes of the layer alone.
#pragma once
#include "launch.hpp"
#include "layer.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// The adjoint of a neuron at one of its inputs; 0 if that is no cause of the spike.
template <class F, int R>
struct Backward {
  Layer<F> y;
  Gradient<F> to;

  SNNRUN_HD F on_current(std::int64_t neuron, F s) const {
    if (!(s <= y.since[neuron])) return F(0);
    const Step<F> over = step_over<R>(y.since[neuron] - s);
    return over.current * to.on_current[neuron] + over.reach * to.on_membrane[neuron];
  }
  /// dL/dt of an input of weight 1.
  SNNRUN_HD F on_time(std::int64_t neuron, F s) const {
    if (!(s <= y.since[neuron])) return F(0);
    const Step<F> over = step_over<R>(y.since[neuron] - s);
    const F on_membrane = over.membrane * to.on_membrane[neuron];
    return on_membrane * F(1.0 / R) -
           (over.current * to.on_current[neuron] + over.reach * to.on_membrane[neuron]);
  }
};

/// Per neuron: the adjoint at its last cause times upstream, and by how much weights follow it.
template <class F, int R>
struct Begin : Backward<F, R> {
  using Backward<F, R>::y;
  using Backward<F, R>::to;
  SNNRUN_HD Begin(const Layer<F>& layer, const Gradient<F>& gradient)
      : Backward<F, R>{layer, gradient} {}

  SNNRUN_HD void operator()(std::int64_t neuron) const {
    const F upstream = to.upstream[neuron];
    const bool wanted = upstream == upstream && y.since[neuron] > -F(INFINITY);
    to.on_membrane[neuron] = wanted ? upstream * y.on_membrane[neuron] : F(0);
    to.on_current[neuron] = wanted ? upstream * y.on_current[neuron] : F(0);
    to.scale[neuron] = exceeds(neuron) ? F(0) : F(-y.tau_syn);
  }
  SNNRUN_HD bool exceeds(std::int64_t neuron) const {
    const F limit = F(to.max_dw_norm);
    if (!(limit < F(INFINITY))) return false;
    const std::int64_t list = list_of(y, neuron);
    F largest = 0;
    for (std::int64_t i = 0; i < y.pre; ++i) {
      const F change = this->on_current(neuron, arrival(y, list, i));
      largest = larger(largest, larger(change, -change));
    }
    return largest * F(y.tau_syn) > limit;
  }
};

/// dL/dw of the samples of one chunk, for one weight; counted through [chunks, pre, post].
template <class F, int R>
struct WeightSums : Backward<F, R> {
  using Backward<F, R>::y;
  using Backward<F, R>::to;
  std::int64_t samples;  // of a chunk
  SNNRUN_HD WeightSums(const Layer<F>& layer, const Gradient<F>& gradient, std::int64_t size)
      : Backward<F, R>{layer, gradient}, samples(size) {}

  SNNRUN_HD void operator()(std::int64_t place_of_sum) const {
    const std::int64_t weights = y.pre * y.post, weight = place_of_sum % weights;
    const std::int64_t input = weight / y.post, column = weight % y.post;
    const std::int64_t begin = place_of_sum / weights * samples;
    const std::int64_t end = smaller(begin + samples, y.batch);
    F sum = 0;
    for (std::int64_t sample = begin; sample < end; ++sample) {
      const std::int64_t neuron = sample * y.post + column;
      const F s = arrival(y, list_of(y, neuron), input);
      sum += to.scale[neuron] * this->on_current(neuron, s);
    }
    to.sums[place_of_sum] = sum;
  }
};

/// The sum over the chunks.
template <class F>
struct WeightTotal {
  Gradient<F> to;
  std::int64_t weights, chunks;

  SNNRUN_HD void operator()(std::int64_t weight) const {
    F sum = to.sums[weight];
    for (std::int64_t chunk = 1; chunk < chunks; ++chunk) sum += to.sums[chunk * weights + weight];
    to.on_weights[weight] = sum;
  }
};

/// dL/dt of an input that goes to all neurons: a team sums over them.
template <class F, int R>
struct SharedArrivals : Backward<F, R> {
  using Backward<F, R>::y;
  using Backward<F, R>::to;
  SNNRUN_HD SharedArrivals(const Layer<F>& layer, const Gradient<F>& gradient)
      : Backward<F, R>{layer, gradient} {}

  SNNRUN_HD void operator()(const Team& team, std::int64_t place_of_input) const {
    const std::int64_t sample = place_of_input / y.pre, input = place_of_input % y.pre;
    const F s = arrival(y, sample, input);
    const F* weights = y.weights + input * y.post;
    const F sum = team.fold(
        y.post, F(0),
        [&](std::int64_t m) { return weights[m] * this->on_time(sample * y.post + m, s); },
        [](F a, F b) { return a + b; });
    team.each(1, [&](std::int64_t) { to.on_arrivals[place_of_input] = sum; });
  }
};

/// dL/dt of an input that goes to one neuron.
template <class F, int R>
struct OwnArrivals : Backward<F, R> {
  using Backward<F, R>::y;
  using Backward<F, R>::to;
  SNNRUN_HD OwnArrivals(const Layer<F>& layer, const Gradient<F>& gradient)
      : Backward<F, R>{layer, gradient} {}

  SNNRUN_HD void operator()(std::int64_t at) const {
    const std::int64_t column = at % y.post, input = at / y.post % y.pre;
    const std::int64_t neuron = at / y.post / y.pre * y.post + column;
    const F s = arrival(y, neuron, input);
    to.on_arrivals[at] = y.weights[input * y.post + column] * this->on_time(neuron, s);
  }
};

/// As many chunks as keep a device busy while their sums stay small; never more than samples.
inline std::int64_t weight_chunks(std::int64_t batch, std::int64_t pre, std::int64_t post) {
  const std::int64_t most = 65536 / std::max<std::int64_t>(1, pre * post);
  return std::clamp<std::int64_t>(std::min(most, batch / 8), 1, 64);
}

template <class F, int R>
void backward(const Layer<F>& y, const Gradient<F>& to, void* stream) {
  const std::int64_t weights = y.pre * y.post, inputs = y.batch * y.pre;
  launch_each(y.batch * y.post, Begin<F, R>(y, to), stream);
  if (to.on_weights) {
    const std::int64_t chunks = weight_chunks(y.batch, y.pre, y.post);
    const std::int64_t samples = (y.batch + chunks - 1) / chunks;
    launch_each(chunks * weights, WeightSums<F, R>(y, to, samples), stream);
    if (chunks > 1) launch_each(weights, WeightTotal<F>{to, weights, chunks}, stream);
  }
  if (!to.on_arrivals) return;
  if (y.per_synapse)
    launch_each(inputs * y.post, OwnArrivals<F, R>(y, to), stream);
  else
    launch_teams(inputs, 0, SharedArrivals<F, R>(y, to), stream);
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
