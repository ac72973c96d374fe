// LIF neurons over a sequence: cut into strips that threads take.
#include "snnrun/lif_sequence.hpp"

#include <algorithm>
#include <vector>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

constexpr std::int64_t kStride = kLifStrip + 16;  // not a power of 2, whose rows crowd in the cache
constexpr std::int64_t kMostStrips = 16;  // of a task
constexpr std::int64_t kTasks = 8;        // of a thread, at least, where there are so many strips

/// Memory of one line of the cache.
template <class F>
struct alignas(64) Line {
  static constexpr std::size_t count = 64 / sizeof(F);
  F numbers[count];
};

/// Steps of a block: all, or about half of the most, so that blocks are about equal.
std::int64_t block_of(std::int64_t steps, std::int64_t most) {
  if (steps <= most) return steps;
  const std::int64_t blocks = (steps + most / 2 - 1) / (most / 2);
  return (steps + blocks - 1) / blocks;
}

/// How the columns of a layer are cut, and the rows of scratch that a strip takes.
struct Cut {
  std::int64_t parts, block, blocks, plain_block, rows;
};

template <class F, class S>
Cut cut(const LifSequence<F, S>& y, bool forwards) {
  const bool more = y.has.delayed || y.has.filtered || y.has.adapts;
  const std::int64_t parts = more ? 4 : 1;
  if (forwards) return {parts, 0, 0, 0, std::max<std::int64_t>(parts, kPlainRows)};
  const auto blocks = [&](std::int64_t block) { return (y.steps + block - 1) / block; };
  const std::int64_t block = block_of(y.steps, kLifBlock);
  const std::int64_t plain_block = block_of(y.steps, kPlainBlock);
  const std::int64_t rows = (1 + block + blocks(block)) * parts + 2 * block + 1;
  const std::int64_t plain = kPlainRows + plain_block + blocks(plain_block);
  return {parts, block, blocks(block), plain_block, std::max(rows, plain)};
}

/// Run task(scratch, begin, end) over all neurons.
template <class F, class S, class Task>
void in_strips(const LifSequence<F, S>& y, bool forwards, int threads, const Task& task) {
  const Cut is = cut(y, forwards);
  const std::size_t wanted = is.rows * kStride;
  const std::int64_t strips = (y.width + kLifStrip - 1) / kLifStrip;
  const std::int64_t each = std::clamp<std::int64_t>(strips / (kTasks * threads), 1, kMostStrips);
  parallel_for((strips + each - 1) / each, threads, [&](std::int64_t index) {
    thread_local std::vector<Line<F>> memory;
    memory.resize(std::max(memory.size(), wanted / Line<F>::count));
    const std::int64_t begin = index * each * kLifStrip;
    task({reinterpret_cast<F*>(memory.data()), kStride, begin, is.parts, is.block, is.blocks,
          is.plain_block},
         begin, std::min(y.width, begin + each * kLifStrip));
  });
}

}  // namespace

template <class F, class S>
void lif_sequence(const LifSequence<F, S>& y, const LifTrain<F, S>& to, int threads) {
  const auto tile = kernels().sequence(S()).forward;
  in_strips(y, true, threads, [&](const LifScratch<F>& scratch, auto begin, auto end) {
    tile(y, to, scratch, begin, end);
  });
}

template <class F, class S>
void lif_sequence_gradient(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                           int threads) {
  const auto tile = kernels().sequence(S()).backward;
  in_strips(y, false, threads, [&](const LifScratch<F>& scratch, auto begin, auto end) {
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
