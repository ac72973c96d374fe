// Counted random numbers: words, and what becomes of them.
#include "counted.hpp"

#include "box_muller.hpp"
#include "counted_blocks.hpp"
#include "counted_spikes.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

constexpr int kLanes = Lanes<float>::count;

/// Draw the blocks from `begin` to `end`; finish(words, w, to) makes 16 numbers of word w of each,
/// and of word w + 1, as far as a row has that many numbers.
template <int step, class T, class Finish>
void fill(const CountedRows& y, Kind kind, std::int64_t begin, std::int64_t end, T* to,
          Finish finish) {
  const RoundKeys keys(y.key);
  const auto words = static_cast<int>(smaller<std::int64_t>(4, y.count));
  Blocks blocks(y, kind, begin, end);
  T numbers[4][kCounters] = {};
  for (Counters c; blocks.next(c); blocks.write(numbers, to)) {
    philox(c, keys);
    for (int w = 0; w < words; w += step)
      for (int g = 0; g < kGroups; ++g) finish(c, w, g, numbers);
  }
}

}  // namespace

void words_tile(const CountedRows& y, Kind kind, std::int64_t begin, std::int64_t end,
                std::uint32_t* to) {
  fill<1>(y, kind, begin, end, to, [](const Counters& c, int w, int g, auto& numbers) {
    store(&numbers[w][g * kLanes], c.word[w][g]);
  });
}

void uniform_tile(const CountedRows& y, std::int64_t begin, std::int64_t end, float* to) {
  fill<1>(y, Kind::uniform, begin, end, to, [](const Counters& c, int w, int g, auto& numbers) {
    store(&numbers[w][g * kLanes], rounded(c.word[w][g] >> 8) * 0x1p-24F);
  });
}

void normal_tile(const CountedRows& y, std::int64_t begin, std::int64_t end, float* to) {
  fill<2>(y, Kind::normal, begin, end, to, [](const Counters& c, int w, int g, auto& numbers) {
    const Normals pair = box_muller(c.word[w][g], c.word[w + 1][g]);
    store(&numbers[w][g * kLanes], pair.first);
    store(&numbers[w + 1][g * kLanes], pair.second);
  });
}

std::int64_t intervals_group(const CountedIntervals& y, const IntervalGroup& group,
                             std::int32_t* steps, std::int32_t* values) {
  std::uint32_t second[kCounters] = {};
  const std::uint32_t* limits[kCounters];
  const std::uint32_t* guide[kCounters];
  std::int64_t at[kCounters];
  int lanes[kCounters], alive = 0;
  for (int i = 0; i < group.count; ++i) {
    const std::int64_t level = y.levels[group.row * y.width + group.columns[i]];
    second[i] = place_word(Kind::intervals, static_cast<std::uint32_t>(group.columns[i]));
    limits[i] = y.limits + level * y.steps, guide[i] = y.guide + level * 256;
    at[i] = 0, lanes[alive++] = i;
  }
  const RoundKeys keys(y.key);
  std::int64_t count = 0;
  for (std::uint32_t block = 0; alive; ++block) {
    Counters c;
    c.set(0, block), c.read(1, second);
    c.set(2, low_word(y.samples[group.row])), c.set(3, high_word(y.samples[group.row]));
    philox(c, keys);
    std::uint32_t words[4][kCounters];
    for (int w = 0; w < 4; ++w)
      for (int g = 0; g < kGroups; ++g) store(&words[w][g * kLanes], c.word[w][g]);
    int still = 0;
    for (int k = 0; k < alive; ++k) {
      const int i = lanes[k];
      std::int64_t t = at[i];
      for (int w = 0; w < 4 && t <= y.steps; ++w) {
        const std::uint32_t word = words[w][i];
        std::int64_t interval = guide[i][word >> 24];
        while (interval < y.steps && limits[i][interval] <= word) ++interval;
        t += interval + 1;
        if (t > y.steps) break;
        steps[count] = static_cast<std::int32_t>(t - 1), values[count++] = group.columns[i];
      }
      at[i] = t;
      if (t <= y.steps) lanes[still++] = i;
    }
    alive = still;
  }
  return count;
}

template <class F>
void bernoulli_tile(const CountedSpikes<F>& y, std::int64_t begin, std::int64_t end) {
  draw_by_chance(y, begin, end);
}

template void bernoulli_tile(const CountedSpikes<float>&, std::int64_t, std::int64_t);
template void bernoulli_tile(const CountedSpikes<double>&, std::int64_t, std::int64_t);

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
