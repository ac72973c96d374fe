// First spikes as Python sees them.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "bindings.hpp"
#include "snnrun/first_spike.hpp"

namespace snnrun {
namespace {

/// A threshold argument: a number, or an array [batch, post].
template <class F>
class ThresholdArgument {
 public:
  ThresholdArgument(const py::object& given, std::int64_t batch, std::int64_t post,
                    const char* name) {
    if (!py::isinstance<py::array>(given)) {
      number_ = number_of<F>(given, name);
      return;
    }
    array_ = given.cast<py::array>();
    require(has_shape(array_, {batch, post}),
            std::string("first_spike: ") + name + ": expected a number or [batch, post] = [" +
                std::to_string(batch) + ", " + std::to_string(post) + "], not " + shape_of(array_));
    data_ = values<F>(array_, name);
  }
  Threshold<F> get() const { return {data_ ? data_ : &number_, data_ == nullptr}; }
  bool operator==(const ThresholdArgument& other) const {
    return data_ == other.data_ && (data_ || number_ == other.number_);
  }

 private:
  F number_ = 0;
  py::array array_;
  const F* data_ = nullptr;
};

FirstSpikeShape first_spike_shape(const py::array& arrivals, const py::array& weights,
                                          double tau_syn, int ratio) {
  const bool fits = weights.ndim() == 2 && (arrivals.ndim() == 2 || arrivals.ndim() == 3) &&
                    arrivals.shape(1) == weights.shape(0) &&
                    (arrivals.ndim() == 2 || arrivals.shape(2) == weights.shape(1));
  require(fits,
          "first_spike: expected arrivals [batch, pre] or [batch, pre, post] and weights "
          "[pre, post], not " +
              shape_of(arrivals) + " and " + shape_of(weights));
  require(ratio == 1 || ratio == 2,
          "first_spike: ratio must be 1 or 2, not " + std::to_string(ratio));
  require(tau_syn > 0, "first_spike: tau_syn must be positive, not " + std::to_string(tau_syn));
  return {arrivals.shape(0), weights.shape(0), weights.shape(1), arrivals.ndim() == 3, ratio,
          tau_syn};
}

/// A plan of either precision, kept for the backward pass.
struct Plan {
  FirstSpikeShape shape;
  FirstSpikePlanPointer<float> in_float;
  FirstSpikePlanPointer<double> in_double;
  void set(FirstSpikePlanPointer<float> plan) { in_float = std::move(plan); }
  void set(FirstSpikePlanPointer<double> plan) { in_double = std::move(plan); }
};

template <class F>
py::tuple forward_as(const py::array& arrivals, const py::array& weights, const py::object& level,
                  const py::object& nominal, const FirstSpikeShape& shape, Threads threads) {
  const F* a = values<F>(arrivals, "arrivals");
  const F* w = values<F>(weights, "weights");
  const ThresholdArgument<F> high(level, shape.batch, shape.post, "threshold");
  const ThresholdArgument<F> mean(nominal, shape.batch, shape.post, "nominal threshold");
  const auto reach = high.get(), expected = high == mean ? reach : mean.get();
  Array<F> times = empty<F>("times", {shape.batch, shape.post});
  F* out = times.mutable_data();
  Plan plan{shape, nullptr, nullptr};
  {
    const py::gil_scoped_release unlocked;
    plan.set(first_spike_forward<F>(shape, a, w, reach, expected, out, threads));
  }
  return py::make_tuple(times, std::move(plan));
}

py::tuple forward(const py::array& arrivals, const py::array& weights,
                              const py::object& level, const py::object& nominal, double tau_syn,
                              int ratio, Threads threads) {
  const auto shape = first_spike_shape(arrivals, weights, tau_syn, ratio);
  return is_float32(arrivals, "arrivals")
             ? forward_as<float>(arrivals, weights, level, nominal, shape, threads)
             : forward_as<double>(arrivals, weights, level, nominal, shape, threads);
}

template <class F>
Plan plan_as(const py::array& arrivals, const py::array& weights, const py::array& times,
                     const py::object& nominal, const FirstSpikeShape& shape, Threads threads) {
  const F* a = values<F>(arrivals, "arrivals");
  const F* w = values<F>(weights, "weights");
  const F* t = values<F>(times, "times");
  require(has_shape(times, {shape.batch, shape.post}),
          "first_spike: expected times [batch, post], not " + shape_of(times));
  const ThresholdArgument<F> mean(nominal, shape.batch, shape.post, "nominal threshold");
  Plan plan{shape, nullptr, nullptr};
  const py::gil_scoped_release unlocked;
  plan.set(first_spike_plan<F>(shape, a, w, t, mean.get(), threads));
  return plan;
}

Plan plan_from_times(const py::array& arrivals, const py::array& weights, const py::array& times,
                      const py::object& nominal, double tau_syn, int ratio, Threads threads) {
  const auto shape = first_spike_shape(arrivals, weights, tau_syn, ratio);
  return is_float32(arrivals, "arrivals")
             ? plan_as<float>(arrivals, weights, times, nominal, shape, threads)
             : plan_as<double>(arrivals, weights, times, nominal, shape, threads);
}

template <class F>
py::tuple backward_as(const Plan& plan, const FirstSpikePlan<F>& inner,
                   const py::array& upstream, double max_dw_norm, bool want_arrivals,
                   bool want_weights, Threads threads) {
  const auto& shape = plan.shape;
  const F* g = values<F>(upstream, "upstream");
  require(has_shape(upstream, {shape.batch, shape.post}),
          "first_spike: expected upstream [batch, post], not " + shape_of(upstream));
  Shape of_arrivals = {shape.batch, shape.pre};
  if (shape.per_synapse) of_arrivals.push_back(shape.post);
  std::optional<Array<F>> on_arrivals, on_weights;
  if (want_arrivals) on_arrivals = empty<F>("arrivals", of_arrivals);
  if (want_weights) on_weights = empty<F>("weights", {shape.pre, shape.post});
  F* a = on_arrivals ? on_arrivals->mutable_data() : nullptr;
  F* w = on_weights ? on_weights->mutable_data() : nullptr;
  {
    const py::gil_scoped_release unlocked;
    first_spike_backward<F>(inner, g, static_cast<F>(max_dw_norm), a, w, threads);
  }
  const auto or_none = [](const std::optional<Array<F>>& x) -> py::object {
    return x ? py::object(*x) : py::none();
  };
  return py::make_tuple(or_none(on_arrivals), or_none(on_weights));
}

py::tuple backward(const Plan& plan, const py::array& upstream, double max_dw_norm,
                               bool want_arrivals, bool want_weights, Threads threads) {
  return plan.in_float ? backward_as<float>(plan, *plan.in_float, upstream, max_dw_norm,
                                         want_arrivals, want_weights, threads)
                       : backward_as<double>(plan, *plan.in_double, upstream, max_dw_norm,
                                          want_arrivals, want_weights, threads);
}

}  // namespace

void bind_first_spike(py::module_& m) {
  class_of<Plan>(m, "FirstSpikePlan", "What a first-spike forward pass leaves for the backward.");
  m.def("first_spike_forward", &forward, py::arg("arrivals"), py::arg("weights"),
        py::arg("level"), py::arg("nominal"), py::arg("tau_syn"), py::arg("ratio"),
        py::arg("threads"), "First spike times [batch, post] and the plan.");
  m.def("first_spike_plan", &plan_from_times, py::arg("arrivals"), py::arg("weights"),
        py::arg("times"), py::arg("nominal"), py::arg("tau_syn"), py::arg("ratio"),
        py::arg("threads"), "The plan for spike times [batch, post] from elsewhere.");
  m.def("first_spike_backward", &backward, py::arg("plan"), py::arg("upstream"),
        py::arg("max_dw_norm"), py::arg("want_arrivals"), py::arg("want_weights"),
        py::arg("threads"), "dL/darrivals and dL/dweights, each None unless wanted.");
}

}  // namespace snnrun
