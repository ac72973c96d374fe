// Images, geometry, spikes and step sizes of Spike-By-Spike layers: read, and refused where wrong.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "snnrun/counted.hpp"
#include "snnrun/sbs.hpp"

namespace snnrun {
namespace {

constexpr std::int64_t kMostSide = 1 << 15;        // of a kernel, and of what is around it
constexpr std::int64_t kMostInputs = 1 << 24;      // a spike has 24 random bits to choose among them
constexpr std::int64_t kMostPixels = 1 << 28;      // of an image, so that no sum of it is infinite
constexpr float kMostInput = 1e30F;                // of a pixel, as of the samples of a data set
constexpr float kMostFactor = 1e20F;               // of a step

/// An axis of images, for a walk over all numbers.
struct Axis {
  std::int64_t stride, size;
};

/// The axes of images, the closest together last; those without a gap between them are one.
std::vector<Axis> axes_of(const SbsImages& x) {
  std::vector<Axis> axes = {{x.stride[0], x.batch}, {x.stride[1], x.channels},
                            {x.stride[2], x.size[0]}, {x.stride[3], x.size[1]}};
  std::sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) {
    return std::abs(a.stride) > std::abs(b.stride);
  });
  std::vector<Axis> merged = {{1, 1}};
  for (const Axis& axis : axes) {
    if (axis.size == 1 || (axis.stride == 0 && axis.size > 0)) continue;
    if (merged.back().stride == axis.stride * axis.size)
      merged.back() = {axis.stride, merged.back().size * axis.size};
    else
      merged.push_back(axis);
  }
  return merged;
}

/// Whether a row may hold a number that is none of 0 to `most`: as whole numbers, their bits are in
/// the same order, and the difference to the largest is not negative.
template <class At>
bool is_suspicious(float most, std::int64_t count, const At& at) {
  std::uint32_t largest, all = 0;
  std::memcpy(&largest, &most, sizeof(largest));
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, at(i), sizeof(bits));
    all |= bits | (largest - bits);
  }
  return all >> 31 != 0;
}

/// The first number of a row that is none of 0 to `most`, or null.
template <class At>
const float* wrong_number(float most, std::int64_t count, const At& at) {
  if (!is_suspicious(most, count, at)) return nullptr;
  for (std::int64_t i = 0; i < count; ++i)  // -0 was suspicious too
    if (const float value = *at(i); !(value >= 0 && value <= most)) return at(i);
  return nullptr;
}

void refuse_wrong(const float* wrong, float most, const std::string& name) {
  if (wrong == nullptr) return;
  const auto text = [](float value) { return py::str("{:g}").format(value).cast<std::string>(); };
  throw py::value_error(name + ": expected numbers from 0 to " + text(most) + ", not " +
                        text(*wrong));
}

/// The numbers of an array, each from 0 to `most`.
const float* amounts(const py::array& given, float most, const std::string& name) {
  const auto* data = values<float>(given, name);
  const auto next = [data](std::int64_t i) { return data + i; };
  refuse_wrong(wrong_number(most, given.size(), next), most, name);
  return data;
}

/// The first number of images that is none of 0 to kMostInput, or null.
const float* wrong_input(const float* data, const Axis* axis, const Axis* end) {
  const std::int64_t stride = axis->stride, count = axis->size;
  if (end - axis > 1) {
    for (std::int64_t i = 0; i < count; ++i)
      if (const float* wrong = wrong_input(data + i * stride, axis + 1, end)) return wrong;
    return nullptr;
  }
  const auto next = [data](std::int64_t i) { return data + i; };
  const auto apart = [data, stride](std::int64_t i) { return data + i * stride; };
  return stride == 1 ? wrong_number(kMostInput, count, next)
                     : wrong_number(kMostInput, count, apart);
}

SbsImages images_of(const py::array& x) {
  require(x.ndim() == 4, "sbs: expected x [batch, channel, height, width], not " + shape_of(x));
  if (!py::isinstance<py::array_t<float>>(x))
    throw py::type_error("x: expected float32, not " + py::str(x.dtype()).cast<std::string>());
  check_empty(x, "x");
  SbsImages images = {static_cast<const float*>(x.data()), {}, x.shape(0), x.shape(1),
                      {x.shape(2), x.shape(3)}};
  constexpr auto unit = static_cast<std::int64_t>(sizeof(float));
  bool whole = reinterpret_cast<std::uintptr_t>(x.data()) % unit == 0;
  for (int axis = 0; axis < 4; ++axis) {
    whole &= x.strides(axis) % unit == 0;
    images.stride[axis] = x.strides(axis) / unit;
  }
  require(whole, "x: expected numbers that lie 4 bytes apart, or a multiple of that; a copy does");
  product_of({x.shape(1), x.shape(2), x.shape(3)}, "x: numbers of an image", kMostPixels);
  const std::vector<Axis> axes = axes_of(images);
  const float* wrong = wrong_input(images.data, axes.data(), axes.data() + axes.size());
  refuse_wrong(wrong, kMostInput, "x");
  return images;
}

/// What populations see: kernel, stride, dilation and padding, each for height and width.
SbsGeometry geometry_of(const SbsImages& x, const py::handle& given) {
  constexpr const char* names[] = {"kernel", "stride", "dilation", "padding"};
  const py::sequence pairs = parts_of(given, 4, "geometry");
  SbsGeometry g = {};
  std::int64_t* const to[] = {g.kernel, g.stride, g.dilation, g.padding};
  for (int part = 0; part < 4; ++part) {
    const std::string name = std::string("geometry: ") + names[part];
    const auto pair = numbers_of<std::int64_t, 2>(py::object(pairs[part]), name);
    const int least = part < 3;
    for (const std::int64_t side : pair)
      require(side >= least && side <= kMostSide,
              name + ": expected " + std::to_string(least) + " to " + std::to_string(kMostSide) +
                  ", not " + std::to_string(side));
    std::copy(pair.begin(), pair.end(), to[part]);
  }
  for (int axis = 0; axis < 2; ++axis) {
    const std::int64_t spare =
        x.size[axis] + 2 * g.padding[axis] - g.dilation[axis] * (g.kernel[axis] - 1) - 1;
    require(spare >= 0, "geometry: the kernel is larger than its input");
    g.positions[axis] = spare / g.stride[axis] + 1;
  }
  const auto places = product_of({g.positions[0], g.positions[1]}, "geometry: positions",
                                 std::int64_t(1) << kPlaceBits);
  product_of({x.batch, places}, "geometry: positions of all images");
  product_of({x.channels, g.area()}, "geometry: inputs of a position", kMostInputs);
  return g;
}

/// A draw: key, samples or None, and whether it is for whole images.
SbsSource source_of_draw(const py::sequence& draw, const SbsLayer& layer) {
  SbsSource source = {key_of(py::object(draw[0])), nullptr,
                      number_of<bool>(py::object(draw[2]), "source: joint"), nullptr};
  const py::object samples = draw[1];
  if (samples.is_none()) return source;
  if (!py::isinstance<py::array>(samples))
    throw py::type_error("samples: expected an array or None, not " +
                         py::repr(samples).cast<std::string>().substr(0, 60));
  const auto numbers = py::reinterpret_borrow<py::array>(samples);
  source.samples = samples_of(numbers);
  require(numbers.size() == layer.x.batch,
          "samples: expected [" + std::to_string(layer.x.batch) + "], not " + shape_of(numbers));
  return source;
}

SbsSource source_of(const py::object& given, const SbsLayer& layer) {
  if (!py::isinstance<py::array>(given)) return source_of_draw(parts_of(given, 3, "source"), layer);
  const std::int64_t populations = layer.populations(), inputs = layer.inputs();
  const std::int64_t steps = layer.steps.steps;
  const auto spikes = py::reinterpret_borrow<py::array>(given);
  const auto* data = values<std::int64_t>(spikes, "spikes");
  require(has_shape(spikes, {populations, steps}),
          "spikes: expected [populations, steps] = [" + std::to_string(populations) + ", " +
              std::to_string(steps) + "], not " + shape_of(spikes));
  require(std::all_of(data, data + spikes.size(), [&](auto s) { return s >= -1 && s < inputs; }),
          "spikes: expected inputs from -1 to " + std::to_string(inputs - 1));
  return {0, nullptr, false, data};
}

/// A layer of checked arguments; it points into them.
SbsLayer layer_of(const py::array& x, const py::object& geometry, const py::object& source,
                  const py::array& eps_t, const py::array& eps_xy, float forgetting) {
  SbsLayer layer = {images_of(x), {}, {}, {}};
  layer.geometry = geometry_of(layer.x, geometry);
  const std::int64_t places = layer.geometry.places(), inputs = layer.inputs();
  require(eps_t.ndim() == 1, "eps_t: expected [steps], not " + shape_of(eps_t));
  const bool by_input = inputs > 1 && has_shape(eps_xy, {places, inputs});
  require(by_input || has_shape(eps_xy, {places, 1}),
          "eps_xy: expected [" + std::to_string(places) + ", 1 or " + std::to_string(inputs) +
              "], not " + shape_of(eps_xy));
  layer.steps = {eps_t.shape(0), amounts(eps_t, kMostFactor, "eps_t"), by_input,
                 amounts(eps_xy, kMostFactor, "eps_xy"), forgetting > 0 ? forgetting : 0.0F};
  layer.source = source_of(source, layer);
  return layer;
}

}  // namespace
}  // namespace snnrun
