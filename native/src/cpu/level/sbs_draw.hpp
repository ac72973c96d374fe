// Spikes from a patch: the first input whose running sum exceeds a random number.
//
// Running sums become whole numbers, limit[s] = floor(2^24 sum[s] / sum), and a spike is the first
// s with limit[s] > k, k random in [0, 2^24). A guide tells for each bucket of numbers k the spike
// of its lowest one; from there it is rarely more than a step.
#pragma once
#include "philox.hpp"
#include "sbs_totals.hpp"
#include "snnrun/counted.hpp"
#include "snnrun/sbs_kernels.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

constexpr int kBits = 24;  // of a random number

/// Least b with 2^b >= n.
SNNRUN_HD int log2_above(std::int64_t n) {
  int b = 0;
  while ((std::int64_t(1) << b) < n) ++b;
  return b;
}

/// Bits of a bucket's number: a few buckets for each input, but no more than there are spikes.
SNNRUN_HD int guide_bits(std::int64_t inputs, std::int64_t steps) {
  const int wanted = smaller(larger(log2_above(4 * inputs), 10), kSbsGuideBits);
  return smaller(wanted, larger(log2_above(steps), 6));
}

/// Fill the limits; false if the patch is all zero. Sums are taken as torch takes them: in double
/// precision, and rounded.
SNNRUN_HD bool fill_limits(const float* patch, std::int64_t inputs, std::uint32_t* limits) {
  double sum = 0;
  for (std::int64_t s = 0; s < inputs; ++s) {
    sum += patch[s];
    limits[s] = same_bits<std::uint32_t>(static_cast<float>(sum));
  }
  const auto total = static_cast<float>(sum);
  if (!(total > 0)) return false;
  for (std::int64_t s = 0; s < inputs; ++s) {
    const float share = same_bits<float>(limits[s]) / total;
    limits[s] = static_cast<std::uint32_t>(static_cast<std::int32_t>(share * (1 << kBits)));
  }
  return true;
}

/// guide[q] = first s with limits[s] > q 2^(24 - bits). Each s writes a whole vector, and the next
/// one overwrites what is too much: how many buckets an s has could not be predicted.
SNNRUN_HD void fill_guide(const SbsTables& tables, std::int64_t inputs, int bits) {
  constexpr std::uint32_t lanes = kLanes;
  const int shift = kBits - bits;
  const std::uint32_t rest = (1U << shift) - 1;
  std::uint32_t bucket = 0;
  for (std::int64_t s = 0; s < inputs; ++s) {
    const std::uint32_t end = (tables.limits[s] + rest) >> shift;
    const Bits<Floats> spike = broadcast<Bits<Floats>>(static_cast<std::uint32_t>(s));
    store(tables.guide + bucket, spike);
    for (bucket += lanes; bucket < end; bucket += lanes) store(tables.guide + bucket, spike);
    bucket = end;
  }
}

/// The first s with limits[s] > k.
template <int bits>
SNNRUN_HD std::uint32_t pick(const SbsTables& tables, std::uint32_t k) {
  std::uint32_t s = tables.guide[k >> (kBits - bits)];
  s += tables.limits[s] <= k;
  while (__builtin_expect(tables.limits[s] <= k, 0)) ++s;
  return s;
}

/// Sixteen blocks of a population, from `first` on.
SNNRUN_HD Counters counters_of(const SbsCounter& counter, std::uint32_t first) {
  Counters c;
  c.count_from(0, first);
  c.set(1, place_word(Kind::sbs, counter.position));
  c.set(2, low_word(counter.sample));
  c.set(3, high_word(counter.sample) | counter.joint);
  return c;
}

/// Draw with a guide of 2^wanted buckets, wanted >= bits: the number is known when compiling.
template <int bits>
void draw_guided(int wanted, std::int64_t inputs, const SbsCounter& counter, std::int64_t steps,
                 const SbsTables& tables, std::uint32_t* spikes) {
  if constexpr (bits < kSbsGuideBits)
    if (wanted > bits)
      return draw_guided<bits + 1>(wanted, inputs, counter, steps, tables, spikes);
  fill_guide(tables, inputs, bits);
  const RoundKeys keys(counter.key);
  for (std::int64_t t = 0; t < steps; t += kSbsBlock) {
    Counters c = counters_of(counter, static_cast<std::uint32_t>(t / 4));
    philox(c, keys);
    std::uint32_t random[kSbsBlock];
    for (int w = 0; w < 4; ++w)
      for (int g = 0; g < kGroups; ++g)
        store(random + w * kCounters + g * kLanes, c.word[w][g] >> (32 - kBits));
    for (int i = 0; i < kSbsBlock; ++i) spikes[t + i] = pick<bits>(tables, random[i]);
  }
}

inline void draw_spikes(const float* patch, std::int64_t inputs, const SbsCounter& counter,
                        std::int64_t steps, const SbsTables& tables, std::uint32_t* spikes) {
  if (fill_limits(patch, inputs, tables.limits))
    return draw_guided<6>(guide_bits(inputs, steps), inputs, counter, steps, tables, spikes);
  for (std::int64_t t = 0; t < steps; ++t) spikes[t] = static_cast<std::uint32_t>(inputs);
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
