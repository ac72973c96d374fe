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

template <class F>
void bernoulli_tile(const CountedSpikes<F>& y, std::int64_t begin, std::int64_t end) {
  draw_by_chance(y, begin, end);
}

template void bernoulli_tile(const CountedSpikes<float>&, std::int64_t, std::int64_t);
template void bernoulli_tile(const CountedSpikes<double>&, std::int64_t, std::int64_t);

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
