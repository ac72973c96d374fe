// LIF neurons over a sequence as most networks have them: reset at once, input unfiltered, the same
// constants for all, no state passed on. What lif_sequence.cpp does for all, here row by row.
//
// A strip of columns goes through one step after another, its membranes in the nearest cache: rows
// are read and written in runs of a page, which the processor foresees, where a few vectors that go
// through all steps in registers would have it jump from page to page.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "lif_stored.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

/// Numbers of a cache line, of which a strip is made.
template <class F>
constexpr std::int64_t kPlainGroup = 64 / std::int64_t(sizeof(F));

/// Where what is computed goes: to memory, past the cache, or, summed over steps, to scratch.
enum class Way { store, stream, sum };

/// Whether a layer is plain; at a threshold of minus infinity, differences decide who fires.
template <class F, class S>
bool is_plain(const LifSequence<F, S>& y) {
  const LifTerms& has = y.has;
  const bool usual = has.reset == SequenceReset::set || has.reset == SequenceReset::subtract;
  return usual && !(has.delayed || has.raised || has.multiple || has.filtered || has.rests ||
                    has.adapts || y.membrane_decay.each || y.input_scale.each ||
                    y.threshold.each || y.v_reset.each) &&
         y.threshold.all > -std::numeric_limits<F>::infinity();
}

/// What a membrane must reach to fire: the threshold, or the next number where it must be above it;
/// NaN, which nothing reaches, where that is infinite.
template <class F, class S>
F reach_of(const LifSequence<F, S>& y) {
  constexpr F most = std::numeric_limits<F>::infinity();
  const F reach = y.has.strict ? std::nextafter(y.threshold.all, most) : y.threshold.all;
  return reach < most ? reach : std::numeric_limits<F>::quiet_NaN();
}

/// v where a mask is set, or where it is not; else 0.
template <class V, class M>
SNNRUN_HD V where(M mask, V v) {
  return same_bits<V>(same_bits<Bits<V>>(mask) & same_bits<Bits<V>>(v));
}
template <class V, class M>
SNNRUN_HD V unless(M mask, V v) {
  return same_bits<V>(~same_bits<Bits<V>>(mask) & same_bits<Bits<V>>(v));
}

/// One step forwards, operation by operation as in lif_steps.hpp.
template <SequenceReset kReset, class V>
struct PlainStep {
  V decay, scale, reach, reset;  // b, k; the reset is to v, or by c

  template <class F, class S>
  explicit PlainStep(const LifSequence<F, S>& y)
      : decay(broadcast<V>(y.membrane_decay.all)),
        scale(broadcast<V>(y.input_scale.all)),
        reach(broadcast<V>(reach_of(y))),
        reset(broadcast<V>(kReset == SequenceReset::set ? y.v_reset.all : y.threshold.all)) {}

  SNNRUN_HD V before(V membrane, V x) const { return decay * membrane + scale * x; }
  SNNRUN_HD V after(V before) const {
    if constexpr (kReset == SequenceReset::set) return select(before >= reach, reset, before);
    else return before - where(before >= reach, reset);
  }
  SNNRUN_HD V spikes(V before) const { return where(before >= reach, constant<V>(1)); }
};

/// The rows of scratch that a strip takes, `count` numbers each of which are used.
template <class F>
struct Strip {
  std::int64_t count;
  F *membrane, *carried, *sum;  // V; backwards G of the step after, and its sum over steps
  F *before, *starts;           // H of the steps of a block; V before each block
  std::int64_t stride;
};

template <class F>
Strip<F> strip_of(const LifScratch<F>& at, std::int64_t begin, std::int64_t end) {
  F* const rows = at.rows;
  const auto row = [&](std::int64_t index) { return rows + index * at.stride; };
  return {end - begin, row(0), row(1), row(2), row(kPlainRows), row(kPlainRows + at.plain_block),
          at.stride};
}

/// The membranes before the first step.
template <class F, class S>
void begin_strip(const LifSequence<F, S>& y, const Strip<F>& strip, std::int64_t begin) {
  if (y.membrane.each)
    std::copy_n(y.membrane.each + begin, strip.count, strip.membrane);
  else
    std::fill_n(strip.membrane, strip.count, y.membrane.all);
}

/// Call body(i) for each vector of a strip, and ask for what is read next, a cache line each time.
template <class F, class S, class Body>
SNNRUN_HD void for_vectors(std::int64_t count, const S* next, const Body& body) {
  constexpr std::int64_t lanes = Lanes<F>::count, vectors = kPlainGroup<F> / lanes;
  for (std::int64_t i = 0; i < count; i += kPlainGroup<F>) {
    __builtin_prefetch(next + i);
#pragma GCC unroll 4
    for (int u = 0; u < vectors; ++u) body(i + u * lanes);
  }
}

template <SequenceReset kReset, bool kMembranes, Way kWay, class F, class S>
void plain_rows(const LifSequence<F, S>& y, const LifTrain<F, S>& to, const Strip<F>& strip,
                std::int64_t begin) {
  using V = Vec<F>;
  const PlainStep<kReset, V> step(y);
  const std::int64_t stride = y.constant ? 0 : y.width;
  F* const membrane = strip.membrane;
  begin_strip(y, strip, begin);
  for (std::int64_t t = 0; t < y.steps; ++t) {
    const S* const x = y.x + t * stride + begin;
    const S* const next = t + 1 < y.steps ? x + stride : y.x + begin + strip.count;
    S* const spikes = to.spikes + t * y.width + begin;
    S* const membranes = kMembranes ? to.membranes + t * y.width + begin : nullptr;
    for_vectors<F>(strip.count, next, [&](std::int64_t i) {
      const V before = step.before(load<V>(membrane + i), Stored<F, S>::read(x + i));
      store(membrane + i, step.after(before));
      Stored<F, S>::write(spikes + i, step.spikes(before), kWay == Way::stream);
      if (kMembranes) Stored<F, S>::write(membranes + i, before, kWay == Way::stream);
    });
  }
}

template <SequenceReset kReset, class F, class S>
void plain_forward(const LifSequence<F, S>& y, const LifTrain<F, S>& to,
                   const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  const auto run = to.membranes    ? plain_rows<kReset, true, Way::store, F, S>
                   : to.past_cache ? plain_rows<kReset, false, Way::stream, F, S>
                                   : plain_rows<kReset, false, Way::store, F, S>;
  run(y, to, strip_of(scratch, begin, end), begin);
}

/// One step back, with G = k dL/dH, where dL/dH is the gradient on a membrane:
///
///   G(t) = G(t+1) (past + reset(H) psi0) + onto psi0 dL/dS
///
/// psi = psi0 height is the surrogate derivative, past = b unless H was set to v. G is the gradient
/// on the input as it stands, and one product is all that one step waits for in the other.
template <Surrogate kind, SequenceReset kReset, class V>
struct PlainBack {
  V sharpness, shift;  // psi0 of H * sharpness + shift
  V slope, offset;     // reset(H) = H * slope + offset
  V leak, reach, onto;

  template <class F, class S>
  explicit PlainBack(const LifSequence<F, S>& y) {
    const F passed = y.has.detach ? F(0) : y.height * y.membrane_decay.all;
    const bool sets = kReset == SequenceReset::set;
    sharpness = broadcast<V>(y.sharpness), shift = broadcast<V>(-y.sharpness * y.threshold.all);
    slope = broadcast<V>(sets ? -passed : F(0));
    offset = broadcast<V>(passed * (sets ? y.v_reset.all : -y.threshold.all));
    leak = broadcast<V>(y.membrane_decay.all), reach = broadcast<V>(reach_of(y));
    onto = broadcast<V>(y.height * y.input_scale.all);
  }

  /// G of a step from that of the next, H, and dL/dS.
  SNNRUN_HD V over(V next, V before, V on_spikes) const {
    const V psi = surrogate_derivative<kind, Nearly>(fused(before, sharpness, shift));
    const V direct = on_spikes * psi * onto;
    if constexpr (kReset == SequenceReset::set) {
      const V past = unless(before >= reach, leak);
      return fused(next, fused(fused(before, slope, offset), psi, past), direct);
    } else {
      return fused(next, fused(offset, psi, leak), direct);
    }
  }
};

/// The steps of a block, from t0 to t1: H of each to scratch, from the membranes before.
template <SequenceReset kReset, class F, class S>
void plain_again(const LifSequence<F, S>& y, const S* last, const Strip<F>& strip, std::int64_t t0,
                 std::int64_t t1, std::int64_t begin) {
  using V = Vec<F>;
  const PlainStep<kReset, V> step(y);
  const std::int64_t stride = y.constant ? 0 : y.width;
  for (std::int64_t t = t0; t < t1; ++t) {
    const S* const x = y.x + t * stride + begin;
    const S* const next = t + 1 < t1 ? x + stride : last;
    F *const kept = strip.before + (t - t0) * strip.stride, *const was = kept - strip.stride;
    const auto from = [&](auto membrane) {
      for_vectors<F>(strip.count, next, [&](std::int64_t i) {
        store(kept + i, step.before(membrane(i), Stored<F, S>::read(x + i)));
      });
    };
    if (t == t0) from([&](std::int64_t i) { return load<V>(strip.membrane + i); });
    else from([&](std::int64_t i) { return step.after(load<V>(was + i)); });
  }
}

/// Gradients of the steps of a block, from t1 back to t0, from H of each.
template <Surrogate kind, SequenceReset kReset, Way kWay, class F, class S>
void plain_back(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                const Strip<F>& strip, std::int64_t t0, std::int64_t t1, std::int64_t begin) {
  using V = Vec<F>;
  const PlainBack<kind, kReset, V> back(y);
  F *const carried = strip.carried, *const sum = strip.sum;
  for (std::int64_t t = t1 - 1; t >= t0; --t) {
    const F* const before = strip.before + (t - t0) * strip.stride;
    const S* const on_spikes = to.on_spikes + t * y.width + begin;
    S* const out = kWay == Way::sum ? nullptr : to.on_x + t * y.width + begin;
    const S* const next = t > t0 ? on_spikes - y.width : y.x + begin + strip.count;
    for_vectors<F>(strip.count, next, [&](std::int64_t i) {
      const V found = back.over(load<V>(carried + i), load<V>(before + i),
                                Stored<F, S>::read(on_spikes + i));
      store(carried + i, found);
      if constexpr (kWay == Way::sum) store(sum + i, load<V>(sum + i) + found);
      else Stored<F, S>::write(out + i, found, kWay == Way::stream);
    });
  }
}

/// The membranes after the steps of a block, for the next.
template <SequenceReset kReset, class F, class S>
void plain_next(const LifSequence<F, S>& y, const Strip<F>& strip, std::int64_t steps) {
  using V = Vec<F>;
  const PlainStep<kReset, V> step(y);
  const F* const before = strip.before + (steps - 1) * strip.stride;
  for_vectors<F>(strip.count, before, [&](std::int64_t i) {
    store(strip.membrane + i, step.after(load<V>(before + i)));
  });
}

template <Surrogate kind, SequenceReset kReset, Way kWay, class F, class S>
void plain_blocks(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                  const Strip<F>& strip, std::int64_t block, std::int64_t begin) {
  const std::int64_t blocks = (y.steps + block - 1) / block;
  const auto end_of = [&](std::int64_t index) { return smaller(y.steps, (index + 1) * block); };
  begin_strip(y, strip, begin);
  for (std::int64_t index = 0; index + 1 < blocks; ++index) {
    std::copy_n(strip.membrane, strip.count, strip.starts + index * strip.stride);
    plain_again<kReset>(y, y.x + end_of(index) * (y.constant ? 0 : y.width) + begin, strip,
                        index * block, end_of(index), begin);
    plain_next<kReset>(y, strip, block);
  }
  for (std::int64_t index = blocks - 1; index >= 0; --index) {
    const std::int64_t t0 = index * block, t1 = end_of(index);
    if (index + 1 < blocks)  // else they stand there
      std::copy_n(strip.starts + index * strip.stride, strip.count, strip.membrane);
    plain_again<kReset>(y, to.on_spikes + (t1 - 1) * y.width + begin, strip, t0, t1, begin);
    plain_back<kind, kReset, kWay>(y, to, strip, t0, t1, begin);
  }
}

template <Surrogate kind, SequenceReset kReset, class F, class S>
void plain_backward(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                    const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  const Strip<F> strip = strip_of(scratch, begin, end);
  std::fill_n(strip.carried, strip.count, F(0));
  const auto run = y.constant      ? plain_blocks<kind, kReset, Way::sum, F, S>
                   : to.past_cache ? plain_blocks<kind, kReset, Way::stream, F, S>
                                   : plain_blocks<kind, kReset, Way::store, F, S>;
  if (y.constant) std::fill_n(strip.sum, strip.count, F(0));
  run(y, to, strip, scratch.plain_block, begin);
  if (y.constant)
    for (std::int64_t i = 0; i < strip.count; i += Lanes<F>::count)
      Stored<F, S>::write(to.on_x + begin + i, load<Vec<F>>(strip.sum + i), false);
}

/// Call body with the reset of a layer that is plain, known when this is compiled.
template <class F, class S, class Body>
void with_plain_reset(const LifSequence<F, S>& y, const Body& body) {
  if (y.has.reset == SequenceReset::set)
    body(std::integral_constant<SequenceReset, SequenceReset::set>());
  else
    body(std::integral_constant<SequenceReset, SequenceReset::subtract>());
}

}  // namespace
}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
