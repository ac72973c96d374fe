// The LIF pass as Python sees it.
#include <pybind11/stl.h>

#include <optional>

#include "arguments.hpp"
#include "bindings.hpp"
#include "outputs.hpp"
#include "snnrun/lif.hpp"

namespace snnrun {
namespace {

struct Neuron {
  double current_decay, membrane_decay, threshold;
  int reset, surrogate;
  double sharpness;
  bool after_reset;
};

Neuron neuron_of(const py::tuple& given) {
  require(given.size() == 7, "lif: a neuron has 7 constants, not " + std::to_string(given.size()));
  const Neuron neuron = {number_of<double>(given[0], "neuron: current_decay"),
                         number_of<double>(given[1], "neuron: membrane_decay"),
                         number_of<double>(given[2], "neuron: threshold"),
                         number_of<int>(given[3], "neuron: reset"),
                         number_of<int>(given[4], "neuron: surrogate"),
                         number_of<double>(given[5], "neuron: sharpness"),
                         number_of<bool>(given[6], "neuron: after_reset")};
  require(neuron.reset >= 0 && neuron.reset < kResets,
          "lif: reset must lie in 0 to 3, not " + std::to_string(neuron.reset));
  require(neuron.surrogate >= 0 && neuron.surrogate < kSurrogates,
          "lif: surrogate must lie in 0 to " + std::to_string(kSurrogates - 1) + ", not " +
              std::to_string(neuron.surrogate));
  return neuron;
}

struct Wanted {
  bool spikes, membranes, derivatives, derivative_sum, rates, bits;
};

template <class F>
py::tuple scan(const py::array& current, std::int64_t steps, const Neuron& n,
               const std::optional<py::array>& step_weights,
               const std::optional<py::array>& readout, std::int64_t late, bool constant,
               bool backwards, const Wanted& want, Threads threads) {
  Shape shape(current.shape() + (constant ? 0 : 1),
                                 current.shape() + current.ndim());
  const std::int64_t width = product_of(shape, "current");
  Output<F> derivative_sum(want.derivative_sum, shape), rate(want.rates, shape),
      late_rate(want.rates, shape);
  shape.insert(shape.begin(), steps);
  Output<F> spikes(want.spikes, shape), membranes(want.membranes, shape),
      derivatives(want.derivatives, shape);
  const LifScan<F> scan = {steps,
                           width,
                           constant,
                           backwards,
                           static_cast<F>(n.current_decay),
                           static_cast<F>(n.membrane_decay),
                           static_cast<F>(n.threshold),
                           static_cast<Reset>(n.reset),
                           static_cast<Surrogate>(n.surrogate),
                           static_cast<F>(n.sharpness),
                           n.after_reset,
                           late,
                           values<F>(current, "current"),
                           step_weights ? values<F>(*step_weights, "step_weights") : nullptr,
                           spikes.data(),
                           nullptr,
                           0,
                           membranes.data(),
                           derivatives.data(),
                           derivative_sum.data(),
                           rate.data(),
                           late_rate.data()};
  if (readout) shape.back() = readout->shape(1);
  Output<F> projected(readout.has_value(), shape);
  LifReadout<F> to = {1, 1, nullptr, projected.data(), nullptr};
  if (readout) to.weights = values<F>(*readout, "readout");
  if (readout) to.neurons = readout->shape(0), to.width = readout->shape(1);
  if (to.neurons == 0) projected.fill(F(0));
  shape.back() = words(to.neurons);
  Output<std::uint32_t> bits(want.bits, shape);
  to.bits = bits.data();
  LifActivity activity;
  {
    const py::gil_scoped_release unlocked;
    activity = lif_scan<F>(scan, to, threads);
  }
  return py::make_tuple(spikes.get(), membranes.get(), derivatives.get(), derivative_sum.get(),
                        rate.get(), late_rate.get(), projected.get(), bits.get(), activity.spikes,
                        activity.silent, activity.saturated);
}

py::tuple checked_scan(const py::array& current, std::int64_t steps, const py::tuple& neuron,
                       const std::optional<py::array>& step_weights,
                       const std::optional<py::array>& readout, std::int64_t late, bool constant,
                       bool backwards, const py::tuple& wanted, Threads threads) {
  require(steps >= 1, "lif: steps must be positive, not " + std::to_string(steps));
  if (constant) check_steps(steps, "steps");
  require(constant || (current.ndim() >= 1 && current.shape(0) == steps),
          "lif: expected current [time, ...] of " + std::to_string(steps) + " steps, not " +
              shape_of(current));
  require(late >= 0 && late < steps, "lif: late must lie in 0 to " + std::to_string(steps - 1) +
                                          ", not " + std::to_string(late));
  require(!step_weights || has_shape(*step_weights, {steps}),
          "lif: expected step_weights [" + std::to_string(steps) + "], not " +
              shape_of(step_weights.value_or(current)));
  require(!readout || (readout->ndim() == 2 && current.ndim() >= (constant ? 1 : 2) &&
                       readout->shape(0) == current.shape(current.ndim() - 1) &&
                       readout->shape(1) <= kNarrow),
          "lif: expected readout [neurons, at most 16], not " +
              shape_of(readout.value_or(current)) + " with current " + shape_of(current));
  const auto asked = numbers_of<bool, 6>(wanted, "wanted");
  const Wanted want = {asked[0], asked[1], asked[2], asked[3], asked[4], asked[5]};
  require(readout || !want.bits, "lif: bits are wanted without a readout");
  require(step_weights || !(want.derivative_sum || want.derivatives),
          "lif: surrogate derivatives are wanted without step_weights");
  const Neuron n = neuron_of(neuron);
  const auto run = is_float32(current, "current") ? scan<float> : scan<double>;
  return run(current, steps, n, step_weights, readout, late, constant, backwards, want, threads);
}

template <class F>
void gradient(const py::array& bits, const py::array& signal, py::array& out, Threads threads) {
  const auto* from = values<std::uint32_t>(bits, "bits");
  const F* upstream = values<F>(signal, "signal");
  F* to = writable<F>(out, "out");
  const std::int64_t rows = signal.shape(0), neurons = out.shape(0), width = out.shape(1);
  const py::gil_scoped_release unlocked;
  readout_gradient<F>(from, upstream, to, rows, neurons, width, threads);
}

void checked_gradient(const py::array& bits, const py::array& signal, py::array out,
                      Threads threads) {
  require(bits.ndim() == 2 && signal.ndim() == 2 && out.ndim() == 2 &&
              bits.shape(0) == signal.shape(0) && signal.shape(1) == out.shape(1) &&
              bits.shape(1) == words(out.shape(0)) && out.shape(1) <= kNarrow,
          "readout_gradient: expected bits [rows, words], signal [rows, units], out [neurons, "
          "units], not " + shape_of(bits) + ", " + shape_of(signal) + ", " + shape_of(out));
  if (is_float32(signal, "signal"))
    gradient<float>(bits, signal, out, threads);
  else
    gradient<double>(bits, signal, out, threads);
}

}  // namespace

void bind_lif(py::module_& m) {
  py::tuple surrogates(kSurrogates);
  for (int kind = 0; kind < kSurrogates; ++kind) surrogates[kind] = kSurrogateNames[kind];
  m.attr("surrogates") = surrogates;
  m.def("lif_scan", &checked_scan, py::arg("current"), py::arg("steps"), py::arg("neuron"),
        py::arg("step_weights"), py::arg("readout"), py::arg("late"), py::arg("constant"),
        py::arg("backwards"), py::arg("wanted"), py::arg("threads"),
        "Spikes, membranes, derivatives, their sum, rates, late rates, projected, bits, each None "
        "unless wanted; number of spikes, of silent and of saturated neurons.");
  m.def("readout_gradient", &checked_gradient, py::arg("bits"), py::arg("signal"), py::arg("out"),
        py::arg("threads"), "out = S^T signal for spikes S as bits.");
}

}  // namespace snnrun
