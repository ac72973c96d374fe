// LIF neurons over a sequence, as Python sees them.
#include <pybind11/stl.h>

#include <optional>
#include <vector>

#include "arguments.hpp"
#include "bindings.hpp"
#include "outputs.hpp"
#include "snnrun/lif_sequence.hpp"

namespace snnrun {
namespace {

using MaybeArray = std::optional<py::array>;

constexpr py::ssize_t kPastCache = 2 << 20;  // bytes from which on outputs go past the cache

/// The data of an array of exactly this type and shape, or null where there is none.
template <class S>
const S* data_of(const MaybeArray& a, const Shape& shape, const char* name) {
  if (!a) return nullptr;
  const Seen<S>* data = values<Seen<S>>(*a, std::string("lif_sequence: ") + name);
  require(has_shape(*a, shape),
          std::string("lif_sequence: ") + name + ": does not fit, it is " + shape_of(*a));
  return reinterpret_cast<const S*>(data);
}

/// The type and the shape of a layer.
struct Layout {
  std::int64_t steps;
  bool constant;
  Shape one, all;  // of a step, and of all steps
  std::int64_t width() const { return product_of(one, "x"); }
};

Layout layout_of(const py::array& x, std::int64_t steps, bool constant) {
  require(steps >= 1, "lif_sequence: steps must be positive, not " + std::to_string(steps));
  if (constant) check_steps(steps, "steps");
  require(constant || (x.ndim() >= 1 && x.shape(0) == steps),
          "lif_sequence: expected x [time, ...] of " + std::to_string(steps) + " steps, not " +
              shape_of(x));
  Layout layout = {steps, constant, Shape(x.shape() + (constant ? 0 : 1), x.shape() + x.ndim()), {}};
  layout.all = layout.one;
  layout.all.insert(layout.all.begin(), steps);
  return layout;
}

template <class F>
PerNeuron<F> per_neuron(const py::handle& given, const Shape& shape, const char* name) {
  if (!py::isinstance<py::array>(given))
    return {nullptr, static_cast<F>(number_of<double>(given, name))};
  return {data_of<F>(py::reinterpret_borrow<py::array>(given), shape, name), F(0)};
}

constexpr const char* kConstants[] = {"membrane_decay", "current_decay", "input_scale",
                                      "threshold",      "v_reset",       "rest",
                                      "adaptation",     "adaptation_decay"};
constexpr const char* kStates[] = {"membrane", "current", "adaptation", "fired"};

template <class F, class S>
LifSequence<F, S> sequence_of(const py::array& x, const Layout& layout, const py::tuple& choices,
                              const py::tuple& constants, const py::tuple& state) {
  require(choices.size() == 9 && constants.size() == 8 && state.size() == 4,
          "lif_sequence: expected 9 choices, 8 constants and 4 parts of a state");
  const int reset = number_of<int>(choices[0], "choices: reset");
  const int surrogate = number_of<int>(choices[6], "choices: surrogate");
  const auto chosen = [&](int c, const char* name) { return number_of<bool>(choices[c], name); };
  require(reset >= 0 && reset < kSequenceResets,
          "lif_sequence: reset must lie in 0 to 3, not " + std::to_string(reset));
  require(surrogate >= 0 && surrogate < kSurrogates,
          "lif_sequence: surrogate must lie in 0 to " + std::to_string(kSurrogates - 1) + ", not " +
              std::to_string(surrogate));
  LifSequence<F, S> y = {};
  y.steps = layout.steps, y.width = layout.width(), y.constant = layout.constant;
  y.surrogate = static_cast<Surrogate>(surrogate);
  y.sharpness = number_of<F>(choices[7], "choices: sharpness");
  y.height = number_of<F>(choices[8], "choices: height");
  PerNeuron<F>* to[] = {&y.membrane_decay, &y.current_decay, &y.input_scale, &y.threshold,
                        &y.v_reset,        &y.rest,          &y.adaptation,  &y.adaptation_decay};
  for (int c = 0; c < 8; ++c) *to[c] = per_neuron<F>(constants[c], layout.one, kConstants[c]);
  PerNeuron<F>* states[] = {&y.membrane, &y.current, &y.adapted, &y.fired};
  for (int c = 0; c < 4; ++c) *states[c] = per_neuron<F>(state[c], layout.one, kStates[c]);
  y.has.reset = static_cast<SequenceReset>(reset);
  y.has.delayed = chosen(1, "choices: delayed"), y.has.detach = chosen(2, "choices: detach");
  y.has.strict = chosen(3, "choices: strict"), y.has.raised = chosen(4, "choices: raised");
  y.has.multiple = chosen(5, "choices: multiple");
  find_terms(&y);
  require(reset != static_cast<int>(SequenceReset::hold) || y.has.delayed,
          "lif_sequence: a reset that holds must be delayed");
  y.x = data_of<S>(x, layout.constant ? layout.one : layout.all, "x");
  return y;
}

/// Call run with the types of numbers that x asks for.
template <class Run>
py::tuple with_types(const py::array& x, const Run& run) {
  if (py::isinstance<py::array_t<std::uint16_t>>(x)) return run(float(), Bfloat());
  return is_float32(x, "x") ? run(float(), float()) : run(double(), double());
}

py::tuple forward(const py::array& x, std::int64_t steps, bool constant, const py::tuple& choices,
                  const py::tuple& constants, const py::tuple& state, bool spikes, bool membranes,
                  bool distances, bool final, Threads threads) {
  const Layout layout = layout_of(x, steps, constant);
  return with_types(x, [&](auto f, auto s) {
    using F = decltype(f);
    using S = decltype(s);
    const LifSequence<F, S> y = sequence_of<F, S>(x, layout, choices, constants, state);
    Output<S> fired(spikes, layout.all), before(membranes, layout.all), left(distances, layout.all);
    Output<F> after[] = {{final, layout.one}, {final, layout.one}, {final, layout.one},
                         {final, layout.one}};
    const bool past_cache = y.width * y.steps * static_cast<py::ssize_t>(sizeof(S)) >= kPastCache &&
                            y.width * sizeof(S) % 64 == 0;
    const LifTrain<F, S> to = {fired.data(),    before.data(),   left.data(),     after[0].data(),
                               after[1].data(), after[2].data(), after[3].data(), past_cache};
    {
      const py::gil_scoped_release unlocked;
      lif_sequence<F, S>(y, to, threads);
    }
    return py::make_tuple(fired.get(), before.get(), after[0].get(), after[1].get(),
                          after[2].get(), after[3].get(), left.get());
  });
}

py::tuple backward(const py::array& x, std::int64_t steps, bool constant, const py::tuple& choices,
                   const py::tuple& constants, const py::tuple& state, const MaybeArray& on_spikes,
                   const MaybeArray& on_membranes, const MaybeArray& on_membrane,
                   const MaybeArray& on_current, const MaybeArray& on_adapted,
                   const MaybeArray& psi, bool want_x, bool want_state,
                   const py::tuple& want_constants, Threads threads) {
  const auto asked = numbers_of<bool, 8>(want_constants, "want_constants");
  const Layout layout = layout_of(x, steps, constant);
  return with_types(x, [&](auto f, auto s) {
    using F = decltype(f);
    using S = decltype(s);
    const LifSequence<F, S> y = sequence_of<F, S>(x, layout, choices, constants, state);
    Output<S> on_x(want_x, constant ? layout.one : layout.all);
    Output<F> first[] = {{want_state, layout.one}, {want_state, layout.one},
                         {want_state, layout.one}};
    std::vector<Output<F>> sums;
    for (int c = 0; c < 8; ++c) sums.emplace_back(asked[c], layout.one);
    const bool past_cache = y.width * y.steps * static_cast<py::ssize_t>(sizeof(S)) >= kPastCache &&
                            y.width * sizeof(S) % 64 == 0;
    LifSequenceGradient<F, S> to = {data_of<S>(on_spikes, layout.all, "on_spikes"),
                                    data_of<S>(on_membranes, layout.all, "on_membranes"),
                                    data_of<S>(psi, layout.all, "psi"),
                                    data_of<F>(on_membrane, layout.one, "on_membrane"),
                                    data_of<F>(on_current, layout.one, "on_current"),
                                    data_of<F>(on_adapted, layout.one, "on_adapted"),
                                    on_x.data(),
                                    first[0].data(),
                                    first[1].data(),
                                    first[2].data(),
                                    {},
                                    false,
                                    past_cache};
    for (int c = 0; c < 8; ++c) {
      to.on_constants[c] = sums[c].data();
      to.sums_up |= to.on_constants[c] != nullptr;
    }
    {
      const py::gil_scoped_release unlocked;
      lif_sequence_gradient<F, S>(y, to, threads);
    }
    py::tuple constants_too(8);
    for (int c = 0; c < 8; ++c) constants_too[c] = sums[c].get();
    return py::make_tuple(on_x.get(), first[0].get(), first[1].get(), first[2].get(),
                          constants_too);
  });
}

}  // namespace

void bind_lif_sequence(py::module_& m) {
  m.def("lif_sequence", &forward, py::arg("x"), py::arg("steps"), py::arg("constant"),
        py::arg("choices"), py::arg("constants"), py::arg("state"), py::arg("spikes"),
        py::arg("membranes"), py::arg("distances"), py::arg("final"), py::arg("threads"),
        "Spikes, membranes, the state after the last step, and distances of the membranes from "
        "their thresholds, each None unless wanted.");
  m.def("lif_sequence_gradient", &backward, py::arg("x"), py::arg("steps"), py::arg("constant"),
        py::arg("choices"), py::arg("constants"), py::arg("state"), py::arg("on_spikes"),
        py::arg("on_membranes"), py::arg("on_membrane"), py::arg("on_current"),
        py::arg("on_adapted"), py::arg("psi"), py::arg("want_x"), py::arg("want_state"),
        py::arg("want_constants"), py::arg("threads"),
        "Gradients on x, on the first membrane, current and adaptation, and on the constants.");
}

}  // namespace snnrun
