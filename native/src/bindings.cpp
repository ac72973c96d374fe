// Every function of the native module; arguments are checked here and only here.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>

#include "snnrun/first_spike.hpp"
#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace py = pybind11;

namespace {

template <class F>
using Array = py::array_t<F, py::array::c_style>;

/// "[2, 3]" for the shape of an array, or "a number".
std::string shape_of(const py::array& a) {
  std::string text = "[";
  for (py::ssize_t i = 0; i < a.ndim(); ++i) text += (i ? ", " : "") + std::to_string(a.shape(i));
  return text + "]";
}

void require(bool ok, const std::string& what) {
  if (!ok) throw py::value_error(what);
}

bool has_shape(const py::array& a, std::initializer_list<std::int64_t> shape) {
  return a.ndim() == static_cast<py::ssize_t>(shape.size()) &&
         std::equal(shape.begin(), shape.end(), a.shape());
}

/// The data of a C-contiguous array of exactly this type; TypeError otherwise.
template <class F>
const F* values(const py::array& a, const char* name) {
  if (!py::isinstance<Array<F>>(a))
    throw py::type_error(std::string(name) + ": expected a C-contiguous array of " +
                         (sizeof(F) == 4 ? "float32" : "float64") + " like its companions, not " +
                         py::str(a.dtype()).cast<std::string>());
  return static_cast<const F*>(a.data());
}

bool is_float32(const py::array& a, const char* name) {
  if (py::isinstance<py::array_t<float>>(a)) return true;
  if (py::isinstance<py::array_t<double>>(a)) return false;
  throw py::type_error(std::string(name) + ": expected float32 or float64, not " +
                       py::str(a.dtype()).cast<std::string>());
}

/// A threshold argument: a number, or an array [batch, post].
template <class F>
class ThresholdArgument {
 public:
  ThresholdArgument(const py::object& given, std::int64_t batch, std::int64_t post,
                    const char* name) {
    if (!py::isinstance<py::array>(given)) {
      number_ = given.cast<F>();
      return;
    }
    array_ = given.cast<py::array>();
    require(has_shape(array_, {batch, post}),
            std::string("first_spike: ") + name + ": expected a number or [batch, post] = [" +
                std::to_string(batch) + ", " + std::to_string(post) + "], not " + shape_of(array_));
    data_ = values<F>(array_, name);
  }
  snnrun::Threshold<F> get() const { return {data_ ? data_ : &number_, data_ == nullptr}; }
  bool operator==(const ThresholdArgument& other) const {
    return data_ == other.data_ && (data_ || number_ == other.number_);
  }

 private:
  F number_ = 0;
  py::array array_;
  const F* data_ = nullptr;
};

snnrun::FirstSpikeShape first_spike_shape(const py::array& arrivals, const py::array& weights,
                                          double tau_syn, int ratio) {
  const bool fits = weights.ndim() == 2 && (arrivals.ndim() == 2 || arrivals.ndim() == 3) &&
                    arrivals.shape(1) == weights.shape(0) &&
                    (arrivals.ndim() == 2 || arrivals.shape(2) == weights.shape(1));
  require(fits,
          "first_spike: expected arrivals [batch, pre] or [batch, pre, post] and weights "
          "[pre, post], not " + shape_of(arrivals) + " and " + shape_of(weights));
  require(ratio == 1 || ratio == 2,
          "first_spike: ratio must be 1 or 2, not " + std::to_string(ratio));
  require(tau_syn > 0, "first_spike: tau_syn must be positive, not " + std::to_string(tau_syn));
  return {arrivals.shape(0), weights.shape(0), weights.shape(1), arrivals.ndim() == 3, ratio,
          tau_syn};
}

/// A plan of either precision, kept for the backward pass.
struct Plan {
  snnrun::FirstSpikeShape shape;
  snnrun::FirstSpikePlanPointer<float> in_float;
  snnrun::FirstSpikePlanPointer<double> in_double;
  void set(snnrun::FirstSpikePlanPointer<float> plan) { in_float = std::move(plan); }
  void set(snnrun::FirstSpikePlanPointer<double> plan) { in_double = std::move(plan); }
};

template <class F>
py::tuple forward(const py::array& arrivals, const py::array& weights, const py::object& level,
                  const py::object& nominal, const snnrun::FirstSpikeShape& shape, int threads) {
  const F* a = values<F>(arrivals, "arrivals");
  const F* w = values<F>(weights, "weights");
  const ThresholdArgument<F> high(level, shape.batch, shape.post, "threshold");
  const ThresholdArgument<F> mean(nominal, shape.batch, shape.post, "nominal threshold");
  const auto reach = high.get(), expected = high == mean ? reach : mean.get();
  Array<F> times({shape.batch, shape.post});
  F* out = times.mutable_data();
  Plan plan{shape, nullptr, nullptr};
  {
    const py::gil_scoped_release unlocked;
    plan.set(snnrun::first_spike_forward<F>(shape, a, w, reach, expected, out, threads));
  }
  return py::make_tuple(times, std::move(plan));
}

py::tuple first_spike_forward(const py::array& arrivals, const py::array& weights,
                              const py::object& level, const py::object& nominal, double tau_syn,
                              int ratio, int threads) {
  const auto shape = first_spike_shape(arrivals, weights, tau_syn, ratio);
  return is_float32(arrivals, "arrivals")
             ? forward<float>(arrivals, weights, level, nominal, shape, threads)
             : forward<double>(arrivals, weights, level, nominal, shape, threads);
}

template <class F>
Plan plan_from_times(const py::array& arrivals, const py::array& weights, const py::array& times,
                     const py::object& nominal, const snnrun::FirstSpikeShape& shape, int threads) {
  const F* a = values<F>(arrivals, "arrivals");
  const F* w = values<F>(weights, "weights");
  const F* t = values<F>(times, "times");
  require(has_shape(times, {shape.batch, shape.post}),
          "first_spike: expected times [batch, post], not " + shape_of(times));
  const ThresholdArgument<F> mean(nominal, shape.batch, shape.post, "nominal threshold");
  Plan plan{shape, nullptr, nullptr};
  const py::gil_scoped_release unlocked;
  plan.set(snnrun::first_spike_plan<F>(shape, a, w, t, mean.get(), threads));
  return plan;
}

Plan first_spike_plan(const py::array& arrivals, const py::array& weights, const py::array& times,
                      const py::object& nominal, double tau_syn, int ratio, int threads) {
  const auto shape = first_spike_shape(arrivals, weights, tau_syn, ratio);
  return is_float32(arrivals, "arrivals")
             ? plan_from_times<float>(arrivals, weights, times, nominal, shape, threads)
             : plan_from_times<double>(arrivals, weights, times, nominal, shape, threads);
}

template <class F>
py::tuple backward(const Plan& plan, const snnrun::FirstSpikePlan<F>& inner,
                   const py::array& upstream, double max_dw_norm, bool want_arrivals,
                   bool want_weights, int threads) {
  const auto& shape = plan.shape;
  const F* g = values<F>(upstream, "upstream");
  require(has_shape(upstream, {shape.batch, shape.post}),
          "first_spike: expected upstream [batch, post], not " + shape_of(upstream));
  std::optional<Array<F>> on_arrivals, on_weights;
  if (want_arrivals && shape.per_synapse) on_arrivals.emplace(Array<F>({shape.batch, shape.pre, shape.post}));
  if (want_arrivals && !shape.per_synapse) on_arrivals.emplace(Array<F>({shape.batch, shape.pre}));
  if (want_weights) on_weights.emplace(Array<F>({shape.pre, shape.post}));
  F* a = on_arrivals ? on_arrivals->mutable_data() : nullptr;
  F* w = on_weights ? on_weights->mutable_data() : nullptr;
  {
    const py::gil_scoped_release unlocked;
    snnrun::first_spike_backward<F>(inner, g, static_cast<F>(max_dw_norm), a, w, threads);
  }
  const auto or_none = [](const std::optional<Array<F>>& x) -> py::object {
    return x ? py::object(*x) : py::none();
  };
  return py::make_tuple(or_none(on_arrivals), or_none(on_weights));
}

py::tuple first_spike_backward(const Plan& plan, const py::array& upstream, double max_dw_norm,
                               bool want_arrivals, bool want_weights, int threads) {
  return plan.in_float ? backward<float>(plan, *plan.in_float, upstream, max_dw_norm,
                                         want_arrivals, want_weights, threads)
                       : backward<double>(plan, *plan.in_double, upstream, max_dw_norm,
                                          want_arrivals, want_weights, threads);
}

template <class F>
py::tuple lambertw_as(const py::array& z, int branch, int threads,
                      snnrun::LambertWKernel<F> kernel) {
  const F* in = values<F>(z, "z");
  const std::vector<py::ssize_t> shape(z.shape(), z.shape() + z.ndim());
  Array<F> w(shape), slope(shape);
  F *out = w.mutable_data(), *out_slope = slope.mutable_data();
  const std::int64_t n = z.size(), chunk = 4096;
  const py::gil_scoped_release unlocked;
  snnrun::parallel_for((n + chunk - 1) / chunk, threads, [&](std::int64_t task) {
    const std::int64_t i = task * chunk;
    kernel(in + i, out + i, out_slope + i, std::min(chunk, n - i), branch);
  });
  const py::gil_scoped_acquire locked;
  return py::make_tuple(w, slope);
}

py::tuple lambertw(const py::array& z, int branch, int threads) {
  require(branch == 0 || branch == -1,
          "lambertw: branch " + std::to_string(branch) + " is not real; expected 0 or -1");
  const snnrun::Kernels& k = snnrun::kernels();
  return is_float32(z, "z") ? lambertw_as<float>(z, branch, threads, k.lambertw_float)
                            : lambertw_as<double>(z, branch, threads, k.lambertw_double);
}

}  // namespace

PYBIND11_MODULE(_native, m) {
  m.doc() = "Compiled kernels of snnrun; see snnrun.kernels for the documented front doors.";
  m.def("cpu_level", [] { return snnrun::kernels().level; },
        "The instruction set in use: baseline, avx2 or avx512; SNNRUN_CPU chooses one.");

  py::class_<Plan>(m, "FirstSpikePlan", "What a first-spike forward pass leaves for the backward.");
  m.def("first_spike_forward", &first_spike_forward, py::arg("arrivals"), py::arg("weights"),
        py::arg("level"), py::arg("nominal"), py::arg("tau_syn"), py::arg("ratio"),
        py::arg("threads"), "First spike times [batch, post] and the plan.");
  m.def("first_spike_plan", &first_spike_plan, py::arg("arrivals"), py::arg("weights"),
        py::arg("times"), py::arg("nominal"), py::arg("tau_syn"), py::arg("ratio"),
        py::arg("threads"), "The plan for spike times [batch, post] from elsewhere.");
  m.def("first_spike_backward", &first_spike_backward, py::arg("plan"), py::arg("upstream"),
        py::arg("max_dw_norm"), py::arg("want_arrivals"), py::arg("want_weights"),
        py::arg("threads"), "dL/darrivals and dL/dweights, each None unless wanted.");
  m.def("lambertw", &lambertw, py::arg("z"), py::arg("branch"), py::arg("threads"),
        "Lambert W of each z on branch 0 or -1, and its derivative.");
  snnrun::kernels();  // a level that does not run here is refused at import
}
