// The LIF pass: cut into chunks that threads take.
#include "snnrun/lif.hpp"

#include <algorithm>
#include <vector>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

/// Run task(begin, end) over all neurons, about `chunk` of them at a time, in multiples of `unit`.
template <class Task>
LifActivity in_chunks(std::int64_t width, std::int64_t unit, std::int64_t chunk, int threads,
                      const Task& task) {
  const std::int64_t size = std::max(unit, chunk / unit * unit), chunks = (width + size - 1) / size;
  std::vector<LifActivity> parts(chunks);
  parallel_for(chunks, threads, [&](std::int64_t index) {
    parts[index] = task(index * size, std::min(width, (index + 1) * size));
  });
  LifActivity whole;
  for (const LifActivity& part : parts) {
    whole.spikes += part.spikes;
    whole.silent += part.silent;
    whole.saturated += part.saturated;
  }
  return whole;
}

/// Weights padded to 1, 2, 4 or 8 whole vectors a row.
template <class F>
std::vector<F> packed(const LifReadout<F>& readout) {
  std::int64_t padded = kernels().vector_bytes / static_cast<std::int64_t>(sizeof(F));
  while (padded < readout.width) padded *= 2;
  std::vector<F> rows(readout.neurons * padded, F(0));
  for (std::int64_t k = 0; k < readout.neurons; ++k)
    std::copy_n(readout.weights + k * readout.width, readout.width, rows.begin() + k * padded);
  return rows;
}

/// The pass over whole samples, whose spikes go to a buffer that stays in the cache.
template <class F>
LifActivity scan_and_project(const LifScan<F>& scan, const LifReadout<F>& readout,
                             const std::vector<F>& weights, std::int64_t begin, std::int64_t end) {
  const ReadoutKernels<F>& kernels = snnrun::kernels().readout(F());
  const std::int64_t neurons = readout.neurons, batch = scan.width / neurons;
  const std::int64_t stride = end - begin + 16;  // steps lie in different sets of the cache
  thread_local std::vector<F> buffer;
  const std::int64_t rows = (scan.steps + 9) / 10 * 10;  // as many as the projection reads
  buffer.resize(std::max<std::size_t>(buffer.size(), rows * stride));
  LifScan<F> here = scan;
  here.spikes = buffer.data() - begin;
  here.stride = stride;
  const LifActivity activity = snnrun::kernels().lif(F())(here, begin, end);
  for (std::int64_t sample = begin / neurons; sample < end / neurons; ++sample) {
    const F* spikes = here.spikes + sample * neurons;
    kernels.project({spikes, weights.data(), readout.out + sample * readout.width, scan.steps,
                     neurons, readout.width, stride, batch * readout.width});
    for (std::int64_t t = 0; readout.bits && t < scan.steps; ++t)
      kernels.pack(spikes + t * stride, neurons,
                   readout.bits + (t * batch + sample) * words(neurons));
  }
  for (std::int64_t t = 0; scan.spikes && t < scan.steps; ++t)
    std::copy_n(buffer.data() + t * stride, end - begin, scan.spikes + t * scan.stride + begin);
  return activity;
}

}  // namespace

template <class F>
LifActivity lif_scan(const LifScan<F>& scan, const LifReadout<F>& readout, int threads) {
  if (readout.out) {
    const std::vector<F> weights = packed(readout);
    return in_chunks(scan.width, readout.neurons, 512, threads, [&](auto begin, auto end) {
      return scan_and_project(scan, readout, weights, begin, end);
    });
  }
  const LifTile<F> tile = kernels().lif(F());
  return in_chunks(scan.width, 1, 2048, threads,
                   [&](auto begin, auto end) { return tile(scan, begin, end); });
}

template <class F>
void readout_gradient(const std::uint32_t* bits, const F* signal, F* out, std::int64_t rows,
                      std::int64_t neurons, std::int64_t width, int threads) {
  const SpikeBits<F> y = {bits, signal, out, rows, neurons, width, words(neurons)};
  const std::int64_t chunk = 64;
  parallel_for((neurons + chunk - 1) / chunk, threads, [&](std::int64_t task) {
    kernels().readout(F()).gradient(y, task * chunk, std::min(neurons, (task + 1) * chunk));
  });
}

template void readout_gradient(const std::uint32_t*, const float*, float*, std::int64_t,
                               std::int64_t, std::int64_t, int);
template void readout_gradient(const std::uint32_t*, const double*, double*, std::int64_t,
                               std::int64_t, std::int64_t, int);
template LifActivity lif_scan(const LifScan<float>&, const LifReadout<float>&, int);
template LifActivity lif_scan(const LifScan<double>&, const LifReadout<double>&, int);

}  // namespace snnrun
