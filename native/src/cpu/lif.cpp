// The LIF pass: cut into chunks that threads take.
#include "snnrun/lif.hpp"

#include <algorithm>
#include <vector>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

/// Run task(begin, end) over all neurons, `size` of them at a time.
template <class Task>
LifActivity in_chunks(std::int64_t width, std::int64_t size, int threads, const Task& task) {
  const std::int64_t chunks = (width + size - 1) / size;
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

/// Weights of a readout unit by unit, with zeros up to a whole word of neurons.
template <class F>
class Turned {
 public:
  explicit Turned(const LifReadout<F>& readout)
      : padded(32 * words(readout.neurons)), lines_(padded * readout.width / kCount) {
    for (std::int64_t n = 0; n < readout.neurons; ++n)
      for (std::int64_t unit = 0; unit < readout.width; ++unit)
        lines_[(unit * padded + n) / kCount].numbers[n % kCount] =
            readout.weights[n * readout.width + unit];
  }
  const F* weights() const { return lines_.empty() ? nullptr : lines_.front().numbers; }

  const std::int64_t padded;

 private:
  static constexpr std::int64_t kCount = 64 / sizeof(F);
  struct alignas(64) Line {  // of the cache: no vector lies in two of them
    F numbers[kCount];
  };
  std::vector<Line> lines_;
};

/// The pass over one sample, whose spikes go to the readout.
template <class F>
LifActivity scan_and_project(LifScan<F> scan, const LifReadout<F>& readout,
                             const Turned<F>& turned, std::int64_t sample) {
  const std::int64_t neurons = readout.neurons, batch = scan.width / neurons;
  thread_local std::vector<std::uint32_t> own;
  scan.bits_stride = (readout.bits ? batch : 1) * words(neurons);
  if (readout.bits) {
    scan.bits = readout.bits + sample * words(neurons);
  } else {
    own.resize(scan.steps * scan.bits_stride);
    scan.bits = own.data();
  }
  const LifActivity activity = kernels().lif(F())(scan, sample * neurons, (sample + 1) * neurons);
  kernels().readout(F()).project({scan.bits, scan.bits_stride, scan.steps, turned.weights(),
                                  turned.padded, readout.width,
                                  readout.out + sample * readout.width, batch * readout.width});
  return activity;
}

}  // namespace

template <class F>
LifActivity lif_scan(const LifScan<F>& scan, const LifReadout<F>& readout, int threads) {
  if (!readout.out || readout.neurons == 0) {
    const LifTile<F> tile = kernels().lif(F());
    return in_chunks(scan.width, 2048, threads,
                     [&](auto begin, auto end) { return tile(scan, begin, end); });
  }
  const Turned<F> turned(readout);
  return in_chunks(scan.width, readout.neurons, threads, [&](auto begin, auto) {
    return scan_and_project(scan, readout, turned, begin / readout.neurons);
  });
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
