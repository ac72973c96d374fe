// Random numbers that are counted: each is a function of a key, the number of a sample and a place.
//
// Counters, equations and the readable twin: kernels/random/reference.py. The bits are those of
// the twin, for any number of threads and at every CPU level.
#pragma once
#include <cstdint>
#include <vector>

namespace snnrun {

/// What numbers are for: the first three bits of the second word of their counters; the other 29
/// are a place.
enum class Kind : std::uint32_t { sbs, words, uniform, normal, bernoulli, integers, intervals };
constexpr int kKinds = 7, kPlaceBits = 29;

/// The second word of a counter.
constexpr std::uint32_t place_word(Kind kind, std::uint32_t place) {
  return static_cast<std::uint32_t>(kind) << kPlaceBits | place;
}

/// Third word and fourth word, of which the last bit is free.
constexpr std::uint32_t low_word(std::int64_t sample) { return static_cast<std::uint32_t>(sample); }
constexpr std::uint32_t high_word(std::int64_t sample) {
  return static_cast<std::uint32_t>(sample >> 32 << 1);
}

/// Numbers [rows, count], four to a block.
struct CountedRows {
  std::uint64_t key;
  const std::int64_t* samples;  // [rows], not negative
  std::int64_t rows, count;

  std::int64_t blocks() const { return (count + 3) / 4; }
};
constexpr std::int64_t kMostNumbers = std::int64_t(1) << 34;  // of a sample: 2^32 blocks

/// Spikes [steps, rows, width], 0 or 1.
template <class F>
struct CountedSpikes {
  std::uint64_t key;
  const std::int64_t* samples;  // [rows], not negative
  const F* chances;             // [rows, width], from 0 to 1
  std::int64_t rows, width, steps;
  F* spikes;
};

/// Spikes at random intervals, of values of a few levels. A level has a row of `limits`: the
/// interval that follows of a word is 1 + the number of limits that are no larger than it. Word j of
/// a value is drawn for its spike number j.
struct CountedIntervals {
  std::uint64_t key;
  const std::int64_t* samples;   // [rows], not negative
  const std::int32_t* levels;    // [rows, width]; negative: never a spike
  std::int64_t rows, width, steps;
  const std::uint32_t* limits;   // [levels, steps], each row ascending
  const std::uint32_t* guide;    // [levels, 256]: limits below the words whose first byte it is
};

/// The spikes of all samples, step by step, in no order within a step: those of step t of a sample
/// are places[starts[row, t]] up to the next start; starts [rows, steps + 1].
void counted_intervals(const CountedIntervals& y, std::int64_t* starts,
                       std::vector<std::int32_t>* places, int threads);

/// 32 random bits each; `kind` is words or integers.
void counted_words(const CountedRows& rows, Kind kind, std::uint32_t* to, int threads);

/// Multiples of 2^-24 in [0, 1).
void counted_uniform(const CountedRows& rows, float* to, int threads);

/// Standard normal numbers.
void counted_normal(const CountedRows& rows, float* to, int threads);

template <class F>
void counted_bernoulli(const CountedSpikes<F>& spikes, int threads);

}  // namespace snnrun
