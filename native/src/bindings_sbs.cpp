// Spike-By-Spike layers as Python sees them.
#include <pybind11/stl.h>

#include <array>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "arguments.hpp"
#include "bindings.hpp"
#include "snnrun/counted.hpp"
#include "snnrun/sbs.hpp"
#include "snnrun/sbs_gradient.hpp"

namespace snnrun {
namespace {

using Pair = std::array<std::int64_t, 2>;
using Draw = std::tuple<std::uint64_t, std::optional<py::array>, bool>;
using Given = std::variant<Draw, py::array>;

SbsImages images_of(const py::array& x) {
  require(x.ndim() == 4, "sbs: expected x [batch, channel, height, width], not " + shape_of(x));
  if (!py::isinstance<py::array_t<float>>(x))
    throw py::type_error("x: expected float32, not " + py::str(x.dtype()).cast<std::string>());
  SbsImages images = {static_cast<const float*>(x.data()), {}, x.shape(0), x.shape(1),
                      {x.shape(2), x.shape(3)}};
  for (int axis = 0; axis < 4; ++axis)
    images.stride[axis] = x.strides(axis) / static_cast<std::int64_t>(sizeof(float));
  return images;
}

SbsGeometry geometry_of(const SbsImages& x, const std::array<Pair, 4>& pairs) {
  SbsGeometry g = {};
  for (int axis = 0; axis < 2; ++axis) {
    g.kernel[axis] = pairs[0][axis], g.stride[axis] = pairs[1][axis];
    g.dilation[axis] = pairs[2][axis], g.padding[axis] = pairs[3][axis];
    require(g.kernel[axis] >= 1 && g.stride[axis] >= 1 && g.dilation[axis] >= 1 &&
                g.padding[axis] >= 0,
            "sbs: kernel, stride and dilation must be positive, and padding not negative");
    const std::int64_t spare =
        x.size[axis] + 2 * g.padding[axis] - g.dilation[axis] * (g.kernel[axis] - 1) - 1;
    require(spare >= 0, "sbs: the kernel is larger than its input");
    g.positions[axis] = spare / g.stride[axis] + 1;
  }
  return g;
}

SbsSource source_of_draw(const Draw& draw, const SbsLayer& layer) {
  const auto& [key, samples, joint] = draw;
  require(layer.geometry.places() <= std::int64_t(1) << kPlaceBits,
          "sbs: expected at most 2^29 positions, not " + std::to_string(layer.geometry.places()));
  if (!samples) return {key, nullptr, joint, nullptr};
  const std::int64_t* numbers = samples_of(*samples);
  require(samples->size() == layer.x.batch,
          "samples: expected [" + std::to_string(layer.x.batch) + "], not " + shape_of(*samples));
  return {key, numbers, joint, nullptr};
}

SbsSource source_of(const Given& given, const SbsLayer& layer) {
  if (const auto* draw = std::get_if<Draw>(&given)) return source_of_draw(*draw, layer);
  const std::int64_t populations = layer.populations(), inputs = layer.inputs();
  const std::int64_t steps = layer.steps.steps;
  const auto& spikes = std::get<py::array>(given);
  if (!py::isinstance<Array<std::int64_t>>(spikes))
    throw py::type_error("spikes: expected a C-contiguous array of int64, not " +
                         py::str(spikes.dtype()).cast<std::string>());
  require(has_shape(spikes, {populations, steps}),
          "spikes: expected [populations, steps] = [" + std::to_string(populations) + ", " +
              std::to_string(steps) + "], not " + shape_of(spikes));
  const auto* data = static_cast<const std::int64_t*>(spikes.data());
  require(std::all_of(data, data + spikes.size(), [&](auto s) { return s >= -1 && s < inputs; }),
          "spikes: expected inputs from -1 to " + std::to_string(inputs - 1));
  return {0, nullptr, false, data};
}

/// A layer of checked arguments; it points into them.
SbsLayer layer_of(const py::array& x, const std::array<Pair, 4>& pairs, const Given& given,
                  const py::array& eps_t, const py::array& eps_xy, float forgetting) {
  SbsLayer layer = {images_of(x), {}, {}, {}};
  layer.geometry = geometry_of(layer.x, pairs);
  const std::int64_t places = layer.geometry.places(), inputs = layer.inputs();
  require(eps_t.ndim() == 1, "eps_t: expected [steps], not " + shape_of(eps_t));
  const bool by_input = inputs > 1 && has_shape(eps_xy, {places, inputs});
  require(by_input || has_shape(eps_xy, {places, 1}),
          "eps_xy: expected [" + std::to_string(places) + ", 1 or " + std::to_string(inputs) +
              "], not " + shape_of(eps_xy));
  layer.steps = {eps_t.shape(0), values<float>(eps_t, "eps_t"), by_input,
                 values<float>(eps_xy, "eps_xy"), forgetting > 0 ? forgetting : 0.0F};
  layer.source = source_of(given, layer);
  return layer;
}

Array<float> empty_h(const SbsLayer& layer, std::int64_t neurons) {
  const std::int64_t* positions = layer.geometry.positions;
  return Array<float>({layer.x.batch, positions[0], positions[1], neurons});
}

py::array forward(const py::array& x, const py::array& weights, const std::array<Pair, 4>& pairs,
                  const Given& given, const py::array& eps_t, const py::array& eps_xy,
                  float forgetting, int threads) {
  const SbsLayer layer = layer_of(x, pairs, given, eps_t, eps_xy, forgetting);
  require(weights.ndim() == 2 && weights.shape(0) == layer.inputs() && weights.shape(1) > 0,
          "weights: expected [" + std::to_string(layer.inputs()) + ", neurons], not " +
              shape_of(weights));
  Array<float> h = empty_h(layer, weights.shape(1));
  const float* w = values<float>(weights, "weights");
  float* to = h.mutable_data();
  const std::int64_t neurons = weights.shape(1);
  const py::gil_scoped_release unlocked;
  sbs_forward(layer, w, neurons, to, threads);
  return std::move(h);
}

py::array pooling(const py::array& x, const std::array<Pair, 4>& pairs, const Given& given,
                  const py::array& eps_t, const py::array& eps_xy, float forgetting, int threads) {
  const SbsLayer layer = layer_of(x, pairs, given, eps_t, eps_xy, forgetting);
  Array<float> h = empty_h(layer, layer.x.channels);
  float* to = h.mutable_data();
  const py::gil_scoped_release unlocked;
  sbs_pooling(layer, to, threads);
  return std::move(h);
}

py::array spikes(const py::array& x, const std::array<Pair, 4>& pairs, const Given& given,
                 std::int64_t steps, int threads) {
  SbsLayer layer = {images_of(x), {}, {}, {}};
  layer.geometry = geometry_of(layer.x, pairs);
  require(steps >= 0, "sbs: steps must not be negative");
  layer.steps.steps = steps;
  layer.source = source_of(given, layer);
  Array<std::int64_t> out({layer.populations(), steps});
  std::int64_t* to = out.mutable_data();
  const py::gil_scoped_release unlocked;
  sbs_spikes(layer, to, threads);
  return std::move(out);
}

/// dL/dx [batch, height, width, channels], dL/dweights and I Q, each None unless wanted.
py::tuple gradient(const py::array& x, const py::array& weights, const std::array<Pair, 4>& pairs,
                   const py::array& h, const py::array& upstream,
                   const std::optional<py::array>& phi, const std::array<bool, 3>& wanted,
                   int threads) {
  SbsGradient y = {};
  y.x = images_of(x);
  y.geometry = geometry_of(y.x, pairs);
  const std::int64_t inputs = y.inputs(), populations = y.x.batch * y.geometry.places();
  require(weights.ndim() == 2 && weights.shape(0) == inputs && weights.shape(1) > 0,
          "weights: expected [" + std::to_string(inputs) + ", neurons], not " + shape_of(weights));
  y.neurons = weights.shape(1);
  require(has_shape(h, {populations, y.neurons}) && has_shape(upstream, {populations, y.neurons}),
          "h, upstream: expected [" + std::to_string(populations) + ", " +
              std::to_string(y.neurons) + "], not " + shape_of(h) + ", " + shape_of(upstream));
  require(!phi || has_shape(*phi, {y.geometry.places(), inputs}),
          "phi: expected [places, inputs], not " + shape_of(phi.value_or(x)));
  y.weights = values<float>(weights, "weights");
  y.h = values<float>(h, "h");
  y.upstream = values<float>(upstream, "upstream");
  y.phi = phi ? values<float>(*phi, "phi") : nullptr;
  std::optional<Array<float>> on_x, on_weights, surplus;
  if (wanted[0]) {
    on_x.emplace(std::vector<py::ssize_t>{y.x.batch, y.x.size[0], y.x.size[1], y.x.channels});
    y.on_x = on_x->mutable_data();
    std::fill_n(y.on_x, on_x->size(), 0.0F);
  }
  if (wanted[1]) on_weights.emplace(std::vector<py::ssize_t>{inputs, y.neurons});
  if (wanted[1]) y.on_weights = on_weights->mutable_data();
  if (wanted[2]) surplus.emplace(std::vector<py::ssize_t>{populations, inputs});
  if (wanted[2]) y.surplus = surplus->mutable_data();
  {
    const py::gil_scoped_release unlocked;
    sbs_gradient(y, threads);
  }
  return py::make_tuple(on_x, on_weights, surplus);
}

}  // namespace

void bind_sbs(py::module_& m) {
  m.def("sbs_forward", &forward, py::arg("x"), py::arg("weights"), py::arg("geometry"),
        py::arg("source"), py::arg("eps_t"), py::arg("eps_xy"), py::arg("forgetting"),
        py::arg("threads"), "h [batch, X, Y, neurons] after all spikes.");
  m.def("sbs_pooling", &pooling, py::arg("x"), py::arg("geometry"), py::arg("source"),
        py::arg("eps_t"), py::arg("eps_xy"), py::arg("forgetting"), py::arg("threads"),
        "h [batch, X, Y, channels] of SbS pooling.");
  m.def("sbs_spikes", &spikes, py::arg("x"), py::arg("geometry"), py::arg("source"),
        py::arg("steps"), py::arg("threads"),
        "The spikes [populations, steps], -1 after the last.");
  m.def("sbs_gradient", &gradient, py::arg("x"), py::arg("weights"), py::arg("geometry"),
        py::arg("h"), py::arg("upstream"), py::arg("phi"), py::arg("wanted"), py::arg("threads"),
        "dL/dx [batch, height, width, channels], dL/dweights [inputs, neurons] and I Q "
        "[populations, inputs], each None unless wanted.");
}

}  // namespace snnrun
