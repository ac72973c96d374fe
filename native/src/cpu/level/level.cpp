// The kernels of one CPU level. This file is compiled once for each, with the level's flags and
// -DSNNRUN_LEVEL=<name>; it must not use library templates that other files use too.
#include "counted.hpp"
#include "first_spike_backward.hpp"
#include "first_spike_forward.hpp"
#include "graph.hpp"
#include "lif.hpp"
#include "lif_sequence.hpp"
#include "narrow.hpp"
#include "products.hpp"
#include "readout.hpp"
#include "sbs.hpp"
#include "spike_counts.hpp"

#define SNNRUN_STRING(name) #name
#define SNNRUN_NAME(name) SNNRUN_STRING(name)

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

/// Pick the tile compiled for the ratio, the vectors in a block and the kind of arrivals.
#define SNNRUN_PICK(tile, F, y)                                                               \
  (y.shape.per_synapse ? (y.shape.ratio == 1 ? tile<F, 1, 1, false> : tile<F, 2, 1, false>)   \
   : y.vectors == 1    ? (y.shape.ratio == 1 ? tile<F, 1, 1, true> : tile<F, 2, 1, true>)     \
   : y.vectors == 2    ? (y.shape.ratio == 1 ? tile<F, 1, 2, true> : tile<F, 2, 2, true>)     \
                       : (y.shape.ratio == 1 ? tile<F, 1, 4, true> : tile<F, 2, 4, true>))

template <class F>
void forward(const FirstSpikeTile<F>& y, std::int64_t unit, std::int64_t block) {
  SNNRUN_PICK(forward_tile, F, y)(y, unit, block);
}

template <class F>
void from_times(const FirstSpikeTile<F>& y, std::int64_t unit, std::int64_t block) {
  SNNRUN_PICK(from_times_tile, F, y)(y, unit, block);
}

template <class F>
void backward(const FirstSpikeTile<F>& y, const FirstSpikeGradient<F>& to, std::int64_t unit,
              std::int64_t block) {
  SNNRUN_PICK(backward_tile, F, y)(y, to, unit, block);
}

template <class F>
void lambertw(const F* z, F* w, F* slope, std::int64_t n, int branch) {
  constexpr std::int64_t lanes = Lanes<F>::count;
  for (std::int64_t i = 0; i < n; i += lanes) {
    const std::int64_t count = smaller(lanes, n - i);
    const auto x = load_some<Vec<F>>(z + i, count, F(1));
    const auto y = branch == 0 ? lambertw_upper(x) : lambertw_lower(x);
    store_some(w + i, count, y.w);
    store_some(slope + i, count, y.slope);
  }
}

template <class F>
constexpr FirstSpikeKernels<F> first_spike = {Lanes<F>::count, schedule<F>, forward<F>,
                                              from_times<F>, backward<F>};

template <class F, class S>
constexpr LifSequenceKernels<F, S> sequence = {lif_sequence_tile<F, S>, lif_gradient_tile<F, S>};

template <class F>
constexpr ReadoutKernels<F> readout = {project<F>, gradient<F>};

template <class F>
constexpr NarrowKernels<F> narrow = {narrow_rows<F>, narrow_gradient_rows<F>};

template <class F>
constexpr CountKernels<F> counts = {count_tile<F>, felt_tile<F>};

}  // namespace

extern const Kernels kernel_table;
const Kernels kernel_table = {SNNRUN_NAME(SNNRUN_LEVEL),
                              first_spike<float>, first_spike<double>,
                              lambertw<float>, lambertw<double>,
                              lif_tile<float>, lif_tile<double>,
                              sequence<float, float>, sequence<float, Bfloat>,
                              sequence<double, double>,
                              gather<float>, gather<double>,
                              sparse_rows<float>, sparse_rows<double>,
                              readout<float>, readout<double>,
                              narrow<float>, narrow<double>,
                              graph_float, graph_double,
                              counts<float>, counts<double>,
                              sbs_kernels, counted_kernels};

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
