// The gradient of Spike-By-Spike layers, by one averaged step at the final h.
//
// With the shares I = patch / sum of the patch, g = dL/dh, and for each population
//     R_s = sum_j W[s,j] h_j,  M_s = sum_j W[s,j] h_j g_j,  Q_s = M_s / R_s,
//     dL/dW[s,i] = sum over populations of I_s / R_s (h_i g_i - Q_s h_i),  dL/dpatch_s = phi_s Q_s.
// Denominators get 1e-20. The twin, and where this comes from: kernels/sbs/gradients.py.
#pragma once
#include "snnrun/sbs.hpp"

namespace snnrun {

/// What the gradient is taken from, and where it goes; outputs that are null are not wanted.
struct SbsGradient {
  SbsImages x;
  SbsGeometry geometry;
  const float* weights;  // [inputs, neurons]
  std::int64_t neurons;
  const float* h;         // [populations, neurons]
  const float* upstream;  // [populations, neurons] g
  const float* phi;       // [places, inputs], or null: 1
  float* on_x;            // [batch, height, width, channels]
  float* on_weights;      // [inputs, neurons]
  float* surplus;         // [populations, inputs] I Q

  std::int64_t inputs() const { return x.channels * geometry.area(); }
};

/// Compute what is wanted. Images are summed up in parts that depend on the sizes alone, so the
/// result is the same for any number of threads.
void sbs_gradient(const SbsGradient& y, int threads);

}  // namespace snnrun
