// What populations see of an image.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "snnrun/sbs.hpp"

namespace snnrun {

/// Where the patch of a place begins, in height and width; it may lie in the padding.
struct Corner {
  std::int64_t at[2];

  Corner(const SbsGeometry& g, std::int64_t place)
      : at{place / g.positions[1] * g.stride[0] - g.padding[0],
           place % g.positions[1] * g.stride[1] - g.padding[1]} {}
};

/// Run visit(k, u, v) for the places k of a kernel that see a pixel (u, v) of the image.
template <class Visit>
void inside_of_patch(const SbsImages& x, const SbsGeometry& g, std::int64_t place,
                     const Visit& visit) {
  const Corner corner(g, place);
  for (std::int64_t kx = 0; kx < g.kernel[0]; ++kx)
    for (std::int64_t ky = 0; ky < g.kernel[1]; ++ky) {
      const std::int64_t u = corner.at[0] + kx * g.dilation[0];
      const std::int64_t v = corner.at[1] + ky * g.dilation[1];
      if (u >= 0 && u < x.size[0] && v >= 0 && v < x.size[1]) visit(kx * g.kernel[1] + ky, u, v);
    }
}

/// The patch [inputs] at a place, zeros outside of the image.
inline void copy_patch(const SbsImages& x, const SbsGeometry& g, std::int64_t image,
                       std::int64_t place, float* to) {
  const std::int64_t area = g.area();
  std::fill_n(to, g.padding[0] + g.padding[1] > 0 ? x.channels * area : 0, 0.0F);
  inside_of_patch(x, g, place, [&](std::int64_t k, std::int64_t u, std::int64_t v) {
    const float* from = x.data + image * x.stride[0] + u * x.stride[2] + v * x.stride[3];
    for (std::int64_t c = 0; c < x.channels; ++c) to[c * area + k] = from[c * x.stride[1]];
  });
}

/// Add a patch [inputs] to an image [height, width, channels].
inline void add_patch(const SbsImages& x, const SbsGeometry& g, std::int64_t place,
                      const float* patch, float* image) {
  const std::int64_t area = g.area();
  inside_of_patch(x, g, place, [&](std::int64_t k, std::int64_t u, std::int64_t v) {
    float* to = image + (u * x.size[1] + v) * x.channels;
    for (std::int64_t c = 0; c < x.channels; ++c) to[c] += patch[c * area + k];
  });
}

/// An image as [channels, height, width].
inline std::vector<float> whole_image(const SbsImages& x, std::int64_t image) {
  std::vector<float> out;
  out.reserve(x.channels * x.size[0] * x.size[1]);
  const float* from = x.data + image * x.stride[0];
  for (std::int64_t c = 0; c < x.channels; ++c)
    for (std::int64_t u = 0; u < x.size[0]; ++u)
      for (std::int64_t v = 0; v < x.size[1]; ++v)
        out.push_back(from[c * x.stride[1] + u * x.stride[2] + v * x.stride[3]]);
  return out;
}

/// Where an input lies in a patch along one axis, or -1.
inline std::int64_t offset_in_patch(const SbsGeometry& g, const Corner& corner, int axis,
                                    std::int64_t at) {
  const std::int64_t distance = at - corner.at[axis], offset = distance / g.dilation[axis];
  const bool seen = distance >= 0 && distance % g.dilation[axis] == 0 && offset < g.kernel[axis];
  return seen ? offset : -1;
}

/// Of the spikes of a whole image, copy those that a place sees, as inputs of its patch; return
/// where they end. Spikes from `pixels` on are none.
inline std::uint32_t* seen_from(const SbsImages& x, const SbsGeometry& g, std::int64_t place,
                                const std::uint32_t* spikes, std::int64_t steps,
                                std::uint32_t* to) {
  const Corner corner(g, place);
  const std::int64_t pixels = x.size[0] * x.size[1];
  for (std::int64_t t = 0; pixels > 0 && t < steps; ++t) {
    const std::int64_t c = spikes[t] / pixels, pixel = spikes[t] % pixels;
    if (c >= x.channels) continue;
    const std::int64_t kx = offset_in_patch(g, corner, 0, pixel / x.size[1]);
    const std::int64_t ky = offset_in_patch(g, corner, 1, pixel % x.size[1]);
    if (kx >= 0 && ky >= 0)
      *to++ = static_cast<std::uint32_t>((c * g.kernel[0] + kx) * g.kernel[1] + ky);
  }
  return to;
}

}  // namespace snnrun
