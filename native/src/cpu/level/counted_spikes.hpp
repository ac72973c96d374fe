// Spikes by chance: which values of a tile may spike at all, and their words at four steps.
#pragma once
#include "philox.hpp"
#include "snnrun/kernels.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// The values from `begin` to `end` of [rows, width] that have a chance.
class Candidates {
 public:
  std::int64_t count = 0;

  template <class F>
  Candidates(const CountedSpikes<F>& y, std::int64_t begin, std::int64_t end) {
    std::int64_t n = 0, row = begin / y.width, column = begin % y.width;
    std::uint32_t low = low_word(y.samples[row]), high = high_word(y.samples[row]);
    for (std::int64_t at = begin; at < end; ++at, ++column) {
      if (column == y.width) {
        column = 0, ++row;
        low = low_word(y.samples[row]), high = high_word(y.samples[row]);
      }
      const double words = static_cast<double>(y.chances[at]) * 0x1p32 + 0.5;
      place_[n] = static_cast<std::uint32_t>(at - begin);
      limit_[n] = static_cast<std::uint32_t>(static_cast<std::int64_t>(words) - 1);
      second_[n] = place_word(Kind::bernoulli, static_cast<std::uint32_t>(column));
      low_[n] = low, high_[n] = high;
      n += words >= 1;
    }
    for (std::int64_t i = n; i < n + kCounters; ++i)  // of nobody
      limit_[i] = second_[i] = low_[i] = high_[i] = 0;
    count = n;
  }

  /// Spikes [4, 16] of the steps of a block, for the candidates from `first` on.
  template <class F>
  SNNRUN_HD void draw(std::int64_t first, std::int64_t block, const RoundKeys& keys,
                      F (&spikes)[4][kCounters]) const {
    Counters c;
    c.set(0, static_cast<std::uint32_t>(block));
    c.read(1, second_ + first), c.read(2, low_ + first), c.read(3, high_ + first);
    philox(c, keys);
    constexpr int lanes = Lanes<float>::count;
    std::int32_t hits[kCounters];
    for (int w = 0; w < 4; ++w) {
      for (int g = 0; g < kGroups; ++g) {
        const auto limit = load<Integers>(limit_ + first + g * lanes);
        store(hits + g * lanes, (c.word[w][g] <= limit) & 1);
      }
      for (int i = 0; i < kCounters; ++i) spikes[w][i] = static_cast<F>(hits[i]);
    }
  }

  /// Put numbers of the candidates from `first` on to their places.
  template <class F>
  SNNRUN_HD void put(std::int64_t first, const F (&numbers)[kCounters], F* to) const {
    const std::uint32_t* place = place_ + first;
    const auto present = smaller<std::int64_t>(kCounters, count - first);
    if (present == kCounters && place[kCounters - 1] - place[0] == kCounters - 1)
      std::memcpy(to + place[0], numbers, sizeof numbers);
    else
      for (std::int64_t i = 0; i < present; ++i) to[place[i]] = numbers[i];
  }

 private:
  static constexpr std::int64_t kRoom = kSpikeTile + kCounters;
  std::uint32_t place_[kRoom];  // from `begin` on
  std::uint32_t limit_[kRoom];  // a word up to this one is a spike
  std::uint32_t second_[kRoom], low_[kRoom], high_[kRoom];  // words of the counter
};

template <class F>
void draw_by_chance(const CountedSpikes<F>& y, std::int64_t begin, std::int64_t end) {
  const RoundKeys keys(y.key);
  const Candidates able(y, begin, end);
  const std::int64_t size = end - begin, all = y.rows * y.width;
  for (std::int64_t t = 0; t < y.steps; t += 4) {
    const std::int64_t steps = smaller<std::int64_t>(4, y.steps - t);
    F* to = y.spikes + t * all + begin;
    if (able.count < size)
      for (std::int64_t w = 0; w < steps; ++w)
        for (std::int64_t i = 0; i < size; ++i) to[w * all + i] = 0;
    for (std::int64_t first = 0; first < able.count; first += kCounters) {
      F spikes[4][kCounters];
      able.draw(first, t / 4, keys, spikes);
      for (std::int64_t w = 0; w < steps; ++w) able.put(first, spikes[w], to + w * all);
    }
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
