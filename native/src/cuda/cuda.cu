// The library `_cuda`: the functions of snnrun/cuda.hpp for float and double, but for those of lif.cu. Any
// C++17 compiler takes these files too, and makes of it the emulation that tests run without a device.
#include "backward.hpp"
#include "forward.hpp"
#include "schedule.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

template <class F>
const char* run_forward(const Layer<F>& y, const Schedule<F>& in, void* stream) {
  find_origins(y, stream);
  order_inputs(y, in, stream);
  if (y.ratio == 1)
    launch_each(y.batch * y.post, Forward<F, 1>{y, in}, stream);
  else
    launch_each(y.batch * y.post, Forward<F, 2>{y, in}, stream);
  return launch_error();
}

template <class F>
const char* run_plan(const Layer<F>& y, void* stream) {
  find_origins(y, stream);
  if (y.ratio == 1)
    launch_each(y.batch * y.post, FromTimes<F, 1>{y}, stream);
  else
    launch_each(y.batch * y.post, FromTimes<F, 2>{y}, stream);
  return launch_error();
}

template <class F>
const char* run_backward(const Layer<F>& y, const Gradient<F>& to, void* stream) {
  y.ratio == 1 ? backward<F, 1>(y, to, stream) : backward<F, 2>(y, to, stream);
  return launch_error();
}

template <class F>
struct EachLambertW {
  const F* z;
  F *w, *slope;
  bool upper;

  SNNRUN_HD void operator()(std::int64_t i) const {
    const LambertW<F> found = upper ? lambertw_upper(z[i]) : lambertw_lower(z[i]);
    w[i] = found.w;
    slope[i] = found.slope;
  }
};

}  // namespace
}  // namespace SNNRUN_LEVEL
}  // namespace snnrun

#define SNNRUN_FUNCTIONS(F)                                                                   \
  SNNRUN_EXPORT const char* snnrun_first_spike_forward_##F(                                   \
      const snnrun::Layer<F>* layer, const snnrun::Schedule<F>* scratch, void* stream) {      \
    return snnrun::run_forward(*layer, *scratch, stream);                                     \
  }                                                                                           \
  SNNRUN_EXPORT const char* snnrun_first_spike_plan_##F(const snnrun::Layer<F>* layer,        \
                                                        void* stream) {                       \
    return snnrun::run_plan(*layer, stream);                                                  \
  }                                                                                           \
  SNNRUN_EXPORT const char* snnrun_first_spike_backward_##F(                                  \
      const snnrun::Layer<F>* layer, const snnrun::Gradient<F>* gradient, void* stream) {     \
    return snnrun::run_backward(*layer, *gradient, stream);                                   \
  }                                                                                           \
  SNNRUN_EXPORT const char* snnrun_lambertw_##F(const F* z, F* w, F* slope,                   \
                                                std::int64_t count, std::int64_t branch,      \
                                                void* stream) {                               \
    snnrun::launch_each(count, snnrun::EachLambertW<F>{z, w, slope, branch == 0}, stream);    \
    return snnrun::launch_error();                                                            \
  }
SNNRUN_FUNCTIONS(float)
SNNRUN_FUNCTIONS(double)

SNNRUN_EXPORT std::int64_t snnrun_weight_chunks(std::int64_t batch, std::int64_t pre,
                                                std::int64_t post) {
  return snnrun::weight_chunks(batch, pre, post);
}

SNNRUN_EXPORT std::int64_t snnrun_struct_bytes(std::int64_t which) {
  constexpr std::size_t bytes[] = {sizeof(snnrun::Layer<double>),
                                   sizeof(snnrun::Schedule<double>),
                                   sizeof(snnrun::Gradient<double>),
                                   sizeof(snnrun::LifCall),
                                   sizeof(snnrun::LifOutputs),
                                   sizeof(snnrun::LifGradients),
                                   sizeof(snnrun::LifScanCall)};
  return static_cast<std::int64_t>(bytes[which]);
}

#ifndef __CUDACC__
/// The emulation: run threads and teams from the last to the first.
SNNRUN_EXPORT void snnrun_emulate_backwards(std::int64_t on) { snnrun::backwards = on != 0; }
#endif
