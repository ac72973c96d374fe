// LIF neurons over a sequence: cut into chunks that threads take.
#include "snnrun/lif_sequence.hpp"

#include <algorithm>
#include <vector>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

constexpr std::int64_t kChunk = 2048;  // neurons: their state stays in the cache

/// Steps of a block: all, or about ten, so that blocks are about equal.
std::int64_t block_of(std::int64_t steps) {
  if (steps <= kLifBlock) return steps;
  const std::int64_t blocks = (steps + 9) / 10;
  return (steps + blocks - 1) / blocks;
}

/// Run task(scratch, begin, end) over all neurons; `states` says how many states it keeps.
template <class F, class S, class Task>
void in_chunks(const LifSequence<F, S>& y, bool every_block, int threads, const Task& task) {
  const std::int64_t block = block_of(y.steps);
  const bool more = y.has.delayed || y.has.filtered || y.has.adapts;
  const std::int64_t parts = more ? 4 : 1;
  const std::int64_t states = every_block ? (y.steps + block - 1) / block : 1;
  parallel_for((y.width + kChunk - 1) / kChunk, threads, [&](std::int64_t index) {
    thread_local std::vector<F> memory;
    memory.resize(std::max<std::size_t>(memory.size(), states * parts * kChunk));
    const std::int64_t begin = index * kChunk;
    task({memory.data(), kChunk, begin, parts, block}, begin, std::min(y.width, begin + kChunk));
  });
}

}  // namespace

template <class F, class S>
void lif_sequence(const LifSequence<F, S>& y, const LifTrain<F, S>& to, int threads) {
  const auto tile = kernels().sequence(S()).forward;
  in_chunks(y, false, threads, [&](const LifScratch<F>& scratch, auto begin, auto end) {
    tile(y, to, scratch, begin, end);
  });
}

template <class F, class S>
void lif_sequence_gradient(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                           int threads) {
  const auto tile = kernels().sequence(S()).backward;
  in_chunks(y, true, threads, [&](const LifScratch<F>& scratch, auto begin, auto end) {
    tile(y, to, scratch, begin, end);
  });
}

#define SNNRUN_FUNCTIONS(F, S)                                                               \
  template void lif_sequence(const LifSequence<F, S>&, const LifTrain<F, S>&, int);          \
  template void lif_sequence_gradient(const LifSequence<F, S>&,                              \
                                      const LifSequenceGradient<F, S>&, int);
SNNRUN_FUNCTIONS(float, float)
SNNRUN_FUNCTIONS(float, Bfloat)
SNNRUN_FUNCTIONS(double, double)

}  // namespace snnrun
