// Counted random numbers: the cut for threads.
#include "snnrun/counted.hpp"

#include <algorithm>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

constexpr std::int64_t kBlocks = 16384;  // of a task: it takes longer than to wake a thread

/// Let tile(begin, end) go through `size` things, `chunk` of them a task.
template <class Tile>
void in_chunks(std::int64_t size, std::int64_t chunk, int threads, const Tile& tile) {
  parallel_for((size + chunk - 1) / chunk, threads, [&](std::int64_t task) {
    tile(task * chunk, std::min(size, (task + 1) * chunk));
  });
}

}  // namespace

void counted_words(const CountedRows& y, Kind kind, std::uint32_t* to, int threads) {
  in_chunks(y.rows * y.blocks(), kBlocks, threads, [&](std::int64_t begin, std::int64_t end) {
    kernels().counted.words(y, kind, begin, end, to);
  });
}

void counted_uniform(const CountedRows& y, float* to, int threads) {
  in_chunks(y.rows * y.blocks(), kBlocks, threads, [&](std::int64_t begin, std::int64_t end) {
    kernels().counted.uniform(y, begin, end, to);
  });
}

void counted_normal(const CountedRows& y, float* to, int threads) {
  in_chunks(y.rows * y.blocks(), kBlocks, threads, [&](std::int64_t begin, std::int64_t end) {
    kernels().counted.normal(y, begin, end, to);
  });
}

template <class F>
void counted_bernoulli(const CountedSpikes<F>& y, int threads) {
  const std::int64_t blocks = kSpikeTile * std::max<std::int64_t>(1, (y.steps + 3) / 4);
  const std::int64_t chunk = (kBlocks + blocks - 1) / blocks * kSpikeTile;
  in_chunks(y.rows * y.width, chunk, threads, [&](std::int64_t begin, std::int64_t end) {
    for (; begin < end; begin += kSpikeTile)
      kernels().counted.bernoulli(F())(y, begin, std::min(end, begin + kSpikeTile));
  });
}

template void counted_bernoulli(const CountedSpikes<float>&, int);
template void counted_bernoulli(const CountedSpikes<double>&, int);

}  // namespace snnrun
