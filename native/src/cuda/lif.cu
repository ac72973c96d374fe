// LIF neurons of the library `_cuda`, compiled apart: without fused products, so that spikes are
// those of the CPU and of the readable twin.
#include "lif.hpp"
#include "lif_scan.hpp"

#define SNNRUN_LIF(name, F, S)                                                                  \
  SNNRUN_EXPORT const char* snnrun_lif_sequence_##name(                                         \
      const snnrun::LifCall* call, const snnrun::LifOutputs* out, void* stream) {               \
    return snnrun::run_lif<F, S>(*call, *out, stream);                                          \
  }                                                                                             \
  SNNRUN_EXPORT const char* snnrun_lif_sequence_gradient_##name(                                \
      const snnrun::LifCall* call, const snnrun::LifGradients* out, void* stream) {             \
    return snnrun::run_lif_gradient<F, S>(*call, *out, stream);                                 \
  }
SNNRUN_LIF(float, float, float)
SNNRUN_LIF(double, double, double)
SNNRUN_LIF(bfloat, float, snnrun::Bfloat)

#define SNNRUN_LIF_SCAN(F)                                                                      \
  SNNRUN_EXPORT const char* snnrun_lif_scan_##F(const snnrun::LifScanCall* call, void* stream) { \
    return snnrun::run_scan<F>(*call, stream);                                                  \
  }
SNNRUN_LIF_SCAN(float)
SNNRUN_LIF_SCAN(double)
