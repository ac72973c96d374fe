// The inner loops, compiled once for each CPU level, and the choice among them.
#pragma once
#include <cstdint>
#include <type_traits>

#include "snnrun/counted.hpp"
#include "snnrun/first_spike.hpp"
#include "snnrun/graph_kernels.hpp"
#include "snnrun/lif.hpp"
#include "snnrun/lif_sequence.hpp"
#include "snnrun/narrow.hpp"
#include "snnrun/products.hpp"
#include "snnrun/sbs_kernels.hpp"
#include "snnrun/spike_counts.hpp"

namespace snnrun {

/// What the tiles of a first-spike layer read and write.
///
/// Inputs are sorted in groups of `lanes` lists at once. Shared arrivals: a lane is a sample, and a
/// tile goes through the inputs of one sample (its unit) for a block of `vectors * lanes` neurons.
/// Arrivals per synapse: a lane is one neuron of one sample, counted through [batch, post]; a tile
/// is a group (its unit), and there is one block.
template <class F>
struct FirstSpikeTile {
  using Index = std::conditional_t<sizeof(F) == 4, std::int32_t, std::int64_t>;
  FirstSpikeShape shape;
  std::int64_t lanes, vectors, blocks, groups, units;
  const F* arrivals;
  const F* weights;  // shared: [blocks, pre + 1, vectors * lanes], zeros beyond post, and a last
                     // row with the sum of the others; per synapse: [pre, post]
  Threshold<F> level, nominal;
  F* times;  // [batch, post]
  // the inputs of each group in order of arrival
  F* arrival;      // [groups, pre + 1, lanes] since the first one, units of tau_syn; far after all
  F* decay;        // [groups, pre, lanes] D to the next arrival
  F* reach;        // [groups, pre, lanes] r to the next arrival
  F* sorted;       // [groups, pre, lanes] weights (per synapse only)
  Index* order;    // [groups, pre, lanes] which input
  Index* present;  // [groups, lanes] how many arrive at all
  Index* first_tied;  // [groups, lanes] the input from which on more than half of all come at once
  F* origin;       // [groups, lanes] time of the first
  // the outcome for each neuron, [units, blocks * vectors * lanes]
  Index* causes;   // how many inputs came before the spike, 0 = no spike
  F* on_membrane;  // adjoint start
  F* on_current;
};

/// What the backward tiles of one chunk of units add to.
template <class F>
struct FirstSpikeGradient {
  const F* upstream;  // [batch, post]
  F max_dw_norm;
  F* on_weights;   // of this chunk and block, shaped as FirstSpikeTile::weights, or null; the last
                   // row is for all inputs
  F* on_arrivals;  // [batch, pre] of this block, or [batch, pre, post], or null
};

template <class F>
struct FirstSpikeKernels {
  using Step = void (*)(const FirstSpikeTile<F>&, std::int64_t unit, std::int64_t block);
  std::int64_t lanes;
  void (*schedule)(const FirstSpikeTile<F>&, std::int64_t group);
  Step forward, from_times;
  void (*backward)(const FirstSpikeTile<F>&, const FirstSpikeGradient<F>&, std::int64_t unit,
                   std::int64_t block);
};

/// One Lambert W for each of n numbers z: w = W(z), slope = dW/dz; branch 0 or -1.
template <class F>
using LambertWKernel = void (*)(const F* z, F* w, F* slope, std::int64_t n, int branch);

/// The LIF pass over the neurons from `begin` to `end`; bits are those of these neurons alone.
template <class F>
using LifTile = LifActivity (*)(const LifScan<F>& scan, std::int64_t begin, std::int64_t end);

/// Memory for strips of LIF neurons over a sequence: rows of `stride` numbers, the first that of
/// column `begin`. A state takes `parts` rows. Backwards, steps are gone over again in `blocks`
/// blocks of `block` steps; those of layers that are plain, and take fewer rows, in blocks of
/// `plain_block`.
template <class F>
struct LifScratch {
  F* rows;
  std::int64_t stride, begin, parts, block, blocks, plain_block;
};
constexpr std::int64_t kLifStrip = 1024;          // most columns of a strip
constexpr int kLifBlock = 32, kPlainBlock = 128;  // most steps of a block
constexpr int kPlainRows = 3;

/// The columns from `begin` to `end`.
template <class F, class S>
struct LifSequenceKernels {
  void (*forward)(const LifSequence<F, S>& y, const LifTrain<F, S>& to, const LifScratch<F>& scratch,
                  std::int64_t begin, std::int64_t end);
  void (*backward)(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                   const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end);
};

/// SparseRows as plain pointers.
template <class F>
struct SparseView {
  const std::int64_t* starts;
  const std::int32_t* columns;
  const F* values;
};

/// What is not zero in x [columns]: where, and the values; returns how much there is. May write up to
/// a vector more.
template <class F>
using SparseGather = std::int64_t (*)(const F* x, std::int64_t columns, std::int32_t* to,
                                      F* values);

/// out = m right, the rows from `begin` to `end`; right [*, width], out [rows, width].
template <class F>
using SparseTile = void (*)(const SparseView<F>& m, const F* right, F* out, std::int64_t width,
                            std::int64_t begin, std::int64_t end);

/// The spikes of one sample, times the weights of a readout.
template <class F>
struct Projection {
  const std::uint32_t* bits;  // [steps, words], steps lie `bits_stride` apart
  std::int64_t bits_stride, steps;
  const F* weights;  // [units, padded], zeros beyond the neurons
  std::int64_t padded, units;
  F* out;  // [steps, units], steps lie `out_stride` apart
  std::int64_t out_stride;
};

/// What the gradient of a readout reads and writes: readout_gradient, by neurons.
template <class F>
struct SpikeBits {
  const std::uint32_t* bits;  // rows lie `stride` words apart
  const F* signal;
  F* out;
  std::int64_t rows, neurons, width, stride;
};

/// The kernels of spikes that go straight to a readout, as bits.
template <class F>
struct ReadoutKernels {
  void (*project)(const Projection<F>& y);
  void (*gradient)(const SpikeBits<F>& y, std::int64_t begin, std::int64_t end);
};

/// What the gradient of a narrow product adds to: narrow_gradient, by rows.
template <class F>
struct NarrowGradient {
  const F* signal;
  F* on_x;
  F* on_weights;
};

/// Products of few columns, the rows from `begin` to `end`.
template <class F>
struct NarrowKernels {
  void (*product)(const NarrowProduct<F>& y, F* out, std::int64_t begin, std::int64_t end);
  void (*gradient)(const NarrowProduct<F>& y, const NarrowGradient<F>& to, std::int64_t begin,
                   std::int64_t end);
};

/// What is counted over the neurons, or over the membranes, from `begin` to `end`, at most kCountTile.
template <class F>
struct CountKernels {
  SpikeCounts (*spikes)(const F* spikes, std::int64_t steps, std::int64_t width, std::int64_t begin,
                        std::int64_t end);
  std::int64_t (*felt)(const F* membranes, const Hump<F>& hump, F level, std::int64_t begin,
                       std::int64_t end);
};
constexpr std::int64_t kCountTile = 1024;

/// A few values of a sample, whose spikes are drawn together.
struct IntervalGroup {
  std::int64_t row;
  std::int64_t count;  // of values, at most kIntervalGroup
  const std::int32_t* columns;
};
constexpr int kIntervalGroup = 16;

/// Blocks of numbers from `begin` to `end`, counted through [rows, blocks of a row].
struct CountedKernels {
  template <class F>
  using Spikes = void (*)(const CountedSpikes<F>& y, std::int64_t begin, std::int64_t end);
  void (*words)(const CountedRows& y, Kind kind, std::int64_t begin, std::int64_t end,
                std::uint32_t* to);
  void (*uniform)(const CountedRows& y, std::int64_t begin, std::int64_t end, float* to);
  void (*normal)(const CountedRows& y, std::int64_t begin, std::int64_t end, float* to);
  /// Puts step and value of each spike into `steps` and `values`, of group.count * y.steps numbers;
  /// returns how many there are.
  std::int64_t (*intervals)(const CountedIntervals& y, const IntervalGroup& group,
                            std::int32_t* steps, std::int32_t* values);
  /// All spikes of the values from `begin` to `end` of [rows, width], at most kSpikeTile.
  Spikes<float> bernoulli_float;
  Spikes<double> bernoulli_double;

  Spikes<float> bernoulli(float) const { return bernoulli_float; }
  Spikes<double> bernoulli(double) const { return bernoulli_double; }
};
constexpr std::int64_t kSpikeTile = 1024;  // four steps of them stay in the cache

struct Kernels {
  const char* level;
  FirstSpikeKernels<float> first_spike_float;
  FirstSpikeKernels<double> first_spike_double;
  LambertWKernel<float> lambertw_float;
  LambertWKernel<double> lambertw_double;
  LifTile<float> lif_float;
  LifTile<double> lif_double;
  LifSequenceKernels<float, float> sequence_float;
  LifSequenceKernels<float, Bfloat> sequence_bfloat;
  LifSequenceKernels<double, double> sequence_double;
  SparseGather<float> gather_float;
  SparseGather<double> gather_double;
  SparseTile<float> sparse_float;
  SparseTile<double> sparse_double;
  ReadoutKernels<float> readout_float;
  ReadoutKernels<double> readout_double;
  NarrowKernels<float> narrow_float;
  NarrowKernels<double> narrow_double;
  GraphKernels<float> graph_float;
  GraphKernels<double> graph_double;
  CountKernels<float> counts_float;
  CountKernels<double> counts_double;
  SbsKernels sbs;
  CountedKernels counted;

  const FirstSpikeKernels<float>& first_spike(float) const { return first_spike_float; }
  const FirstSpikeKernels<double>& first_spike(double) const { return first_spike_double; }
  LifTile<float> lif(float) const { return lif_float; }
  LifTile<double> lif(double) const { return lif_double; }
  const LifSequenceKernels<float, float>& sequence(float) const { return sequence_float; }
  const LifSequenceKernels<float, Bfloat>& sequence(Bfloat) const { return sequence_bfloat; }
  const LifSequenceKernels<double, double>& sequence(double) const { return sequence_double; }
  SparseGather<float> gather(float) const { return gather_float; }
  SparseGather<double> gather(double) const { return gather_double; }
  SparseTile<float> sparse(float) const { return sparse_float; }
  SparseTile<double> sparse(double) const { return sparse_double; }
  const ReadoutKernels<float>& readout(float) const { return readout_float; }
  const ReadoutKernels<double>& readout(double) const { return readout_double; }
  const NarrowKernels<float>& narrow(float) const { return narrow_float; }
  const NarrowKernels<double>& narrow(double) const { return narrow_double; }
  const GraphKernels<float>& graph(float) const { return graph_float; }
  const GraphKernels<double>& graph(double) const { return graph_double; }
  const CountKernels<float>& counts(float) const { return counts_float; }
  const CountKernels<double>& counts(double) const { return counts_double; }
};

/// The kernels for this CPU, or for the level named by the environment variable SNNRUN_CPU
/// (baseline, avx2, avx512). Throws std::runtime_error where that level cannot run here.
const Kernels& kernels();

}  // namespace snnrun
