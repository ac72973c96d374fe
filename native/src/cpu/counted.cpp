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

namespace {

/// The spikes of a sample: starts [steps + 1] and places, both counted from 0.
void intervals_of(const CountedIntervals& y, std::int64_t row, std::int64_t* starts,
                  std::vector<std::int32_t>* places) {
  std::vector<std::int32_t> columns, steps, values;
  for (std::int64_t i = 0; i < y.width; ++i)
    if (y.levels[row * y.width + i] >= 0) columns.push_back(static_cast<std::int32_t>(i));
  std::int64_t count = 0;
  for (std::size_t first = 0; first < columns.size(); first += kIntervalGroup) {
    const std::int64_t some = std::min<std::int64_t>(kIntervalGroup, columns.size() - first);
    const auto room = static_cast<std::size_t>(count + some * y.steps);
    if (steps.size() < room) steps.resize(2 * room), values.resize(2 * room);
    count += kernels().counted.intervals(y, {row, some, &columns[first]}, &steps[count],
                                         &values[count]);
  }
  std::fill(starts, starts + y.steps + 1, 0);
  for (std::int64_t k = 0; k < count; ++k) ++starts[steps[k] + 1];
  for (std::int64_t t = 0; t < y.steps; ++t) starts[t + 1] += starts[t];
  places->resize(static_cast<std::size_t>(count));
  std::vector<std::int64_t> next(starts, starts + y.steps);
  for (std::int64_t k = 0; k < count; ++k) (*places)[next[steps[k]]++] = values[k];
}

}  // namespace

void counted_intervals(const CountedIntervals& y, std::int64_t* starts,
                       std::vector<std::int32_t>* places, int threads) {
  std::vector<std::vector<std::int32_t>> own(static_cast<std::size_t>(y.rows));
  parallel_for(y.rows, threads, [&](std::int64_t row) {
    intervals_of(y, row, starts + row * (y.steps + 1), &own[row]);
  });
  std::int64_t total = 0;
  for (std::int64_t row = 0; row < y.rows; ++row) {
    for (std::int64_t t = 0; t <= y.steps; ++t) starts[row * (y.steps + 1) + t] += total;
    total += static_cast<std::int64_t>(own[row].size());
  }
  places->clear(), places->reserve(static_cast<std::size_t>(total));
  for (const auto& each : own) places->insert(places->end(), each.begin(), each.end());
}

template void counted_bernoulli(const CountedSpikes<float>&, int);
template void counted_bernoulli(const CountedSpikes<double>&, int);

}  // namespace snnrun
