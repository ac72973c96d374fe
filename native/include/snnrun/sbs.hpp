// Spike-By-Spike layers: draw spikes for inference populations, and let them move h.
//
// A population holds a probability h_i for each neuron, 1/N at first. At its spike t, of input s,
//     e = eps_t[t] eps_xy(s, x, y),  a_i = h_i W[s,i],  A = sum of a,
//     h_i <- (h_i + e a_i / A + e f / N) / (1 + e (1 + f)),
// and nothing where scale A <= 1e-10; the scale is the product of all 1 + e (1 + f) so far, and 1
// again once it is above 1e10. The input s has the probability patch[s] / sum of the patch. Which
// random numbers decide, and the readable twins: kernels/sbs/draw.py, kernels/sbs/reference.py.
//
// Every population is computed by one thread, from random numbers of its own: results depend on
// neither the number of threads nor on what else is in the batch.
#pragma once
#include <cstdint>

namespace snnrun {

/// Images [batch, channels, height, width] in any order of memory: strides count elements.
struct SbsImages {
  const float* data;
  std::int64_t stride[4];
  std::int64_t batch, channels, size[2];
};

/// What a population at (x, y) sees: kernels/sbs/geometry.py. Pairs are of height and width.
struct SbsGeometry {
  std::int64_t kernel[2], stride[2], dilation[2], padding[2];
  std::int64_t positions[2];

  std::int64_t places() const { return positions[0] * positions[1]; }
  std::int64_t area() const { return kernel[0] * kernel[1]; }
};

/// Where spikes come from.
struct SbsSource {
  std::uint64_t key;
  const std::int64_t* samples;  // [batch] number of each image, not negative; null: 0, 1, 2, ...
  bool joint;                   // draw for the image, and all whose patch covers the input see it
  const std::int64_t* given;    // [populations, steps] instead, -1 after the last one; or null
};

/// How far spikes move h.
struct SbsSteps {
  std::int64_t steps;
  const float* eps_t;  // [steps], with eps_0
  bool by_input;
  const float* eps_xy;  // [places, inputs] if by_input, else [places]
  float forgetting;     // f; 0 is off
};

struct SbsLayer {
  SbsImages x;
  SbsGeometry geometry;
  SbsSource source;
  SbsSteps steps;

  std::int64_t populations() const { return x.batch * geometry.places(); }
  std::int64_t inputs() const { return x.channels * geometry.area(); }
};

/// The spikes of all populations: to [populations, steps], -1 after the last one.
void sbs_spikes(const SbsLayer& layer, std::int64_t* to, int threads);

/// h of all populations: weights [inputs, neurons], h [populations, neurons].
void sbs_forward(const SbsLayer& layer, const float* weights, std::int64_t neurons, float* h,
                 int threads);

/// h of SbS pooling, a neuron for each channel and W[s,i] = 1 / area if s is of channel i:
/// h [populations, channels].
void sbs_pooling(const SbsLayer& layer, float* h, int threads);

}  // namespace snnrun
