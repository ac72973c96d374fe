// Spike-By-Spike layers as Python sees them.
#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "bindings.hpp"
#include "sbs_arguments.hpp"
#include "snnrun/sbs_gradient.hpp"

namespace snnrun {
namespace {

Array<float> empty_h(const SbsLayer& layer, std::int64_t neurons) {
  const std::int64_t* positions = layer.geometry.positions;
  return empty<float>("h", {layer.x.batch, positions[0], positions[1], neurons});
}

py::array forward(const py::array& x, const py::array& weights, const py::object& geometry,
                  const py::object& source, const py::array& eps_t, const py::array& eps_xy,
                  float forgetting, Threads threads) {
  const SbsLayer layer = layer_of(x, geometry, source, eps_t, eps_xy, forgetting);
  require(weights.ndim() == 2 && weights.shape(0) == layer.inputs() && weights.shape(1) > 0,
          "weights: expected [" + std::to_string(layer.inputs()) + ", neurons], not " +
              shape_of(weights));
  Array<float> h = empty_h(layer, weights.shape(1));
  const float* w = amounts(weights, kMostFactor, "weights");
  float* to = h.mutable_data();
  const std::int64_t neurons = weights.shape(1);
  const py::gil_scoped_release unlocked;
  sbs_forward(layer, w, neurons, to, threads);
  return std::move(h);
}

py::array pooling(const py::array& x, const py::object& geometry, const py::object& source,
                  const py::array& eps_t, const py::array& eps_xy, float forgetting,
                  Threads threads) {
  const SbsLayer layer = layer_of(x, geometry, source, eps_t, eps_xy, forgetting);
  Array<float> h = empty_h(layer, layer.x.channels);
  float* to = h.mutable_data();
  const py::gil_scoped_release unlocked;
  sbs_pooling(layer, to, threads);
  return std::move(h);
}

py::array spikes(const py::array& x, const py::object& geometry, const py::object& source,
                 std::int64_t steps, Threads threads) {
  SbsLayer layer = {images_of(x), {}, {}, {}};
  layer.geometry = geometry_of(layer.x, geometry);
  require(steps >= 0 && steps <= kMostSteps, "steps: expected 0 to " + std::to_string(kMostSteps) +
                                                 ", not " + std::to_string(steps));
  layer.steps.steps = steps;
  layer.source = source_of(source, layer);
  Array<std::int64_t> out = empty<std::int64_t>("steps", {layer.populations(), steps});
  std::int64_t* to = out.mutable_data();
  const py::gil_scoped_release unlocked;
  sbs_spikes(layer, to, threads);
  return std::move(out);
}

/// dL/dx [batch, height, width, channels], dL/dweights and I Q, each None unless wanted.
py::tuple gradient(const py::array& x, const py::array& weights, const py::object& geometry,
                   const py::array& h, const py::array& upstream,
                   const std::optional<py::array>& phi, const py::object& wanted,
                   Threads threads) {
  const auto asked = numbers_of<bool, 3>(wanted, "wanted");
  SbsGradient y = {};
  y.x = images_of(x);
  y.geometry = geometry_of(y.x, geometry);
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
  if (asked[0]) {
    on_x = empty<float>("x", {y.x.batch, y.x.size[0], y.x.size[1], y.x.channels});
    y.on_x = on_x->mutable_data();
    std::fill_n(y.on_x, on_x->size(), 0.0F);
  }
  if (asked[1]) on_weights = empty<float>("weights", {inputs, y.neurons});
  if (asked[1]) y.on_weights = on_weights->mutable_data();
  if (asked[2]) surplus = empty<float>("wanted", {populations, inputs});
  if (asked[2]) y.surplus = surplus->mutable_data();
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
