// LIF neurons over a sequence as most networks have them: reset at once, input unfiltered, the same
// constants for all, no state passed on. What lif_sequence.cpp does for all, here row by row.
//
// A strip of columns goes through one step after another, its membranes in the nearest cache: rows
// are read and written in runs of a page, which the processor foresees, where a few vectors that go
// through all steps in registers would have it jump from page to page.
#pragma once
#include <algorithm>
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

/// Whether the terms are those that PlainLifTerms can say, and the constants those of the layer.
template <class F, class S>
bool is_plain(const LifSequence<F, S>& y) {
  const LifTerms& has = y.has;
  const bool usual = has.reset == SequenceReset::set || has.reset == SequenceReset::subtract;
  return usual && !(has.delayed || has.raised || has.filtered || has.rests ||
                    has.adapts || y.membrane_decay.each || y.input_scale.each ||
                    y.threshold.each || y.v_reset.each);
}

template <class F, class S>
LifConstants<Vec<F>> plain_constants(const LifSequence<F, S>& y) {
  const auto all = [](const PerNeuron<F>& constant) { return broadcast<Vec<F>>(constant.all); };
  const Vec<F> none{};
  return {all(y.membrane_decay), none, all(y.input_scale), all(y.threshold), all(y.v_reset),
          none, none, none};
}

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
  return {end - begin, row(0), row(1), row(2), row(3), row(3 + at.plain_block), at.stride};
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

/// One step of a strip: membranes move on, and write(i, H, S) takes what comes of it.
template <class F, class S, class Terms, class Write>
SNNRUN_HD void step_row(const LifConstants<Vec<F>>& is, const Terms& has, const Strip<F>& strip,
                        const S* x, const S* next, const Write& write) {
  using V = Vec<F>;
  F* const membrane = strip.membrane;
  for_vectors<F>(strip.count, next, [&](std::int64_t i) {
    LifState<V> s = {load<V>(membrane + i), V{}, V{}, V{}};
    const V before = advance(has, is, Stored<F, S>::read(x + i), &s).before;
    store(membrane + i, s.membrane);
    write(i, before, s.fired);
  });
}

template <bool kMembranes, Way kWay, class F, class S, class Terms>
void plain_rows(const LifSequence<F, S>& y, const LifTrain<F, S>& to, const Terms has,
                const Strip<F>& strip, std::int64_t begin) {
  using V = Vec<F>;
  const LifConstants<V> is = plain_constants(y);
  const std::int64_t stride = y.constant ? 0 : y.width;
  begin_strip(y, strip, begin);
  for (std::int64_t t = 0; t < y.steps; ++t) {
    const S* const x = y.x + t * stride + begin;
    const S* const next = t + 1 < y.steps ? x + stride : y.x + begin + strip.count;
    S* const spikes = to.spikes + t * y.width + begin;
    S* const membranes = kMembranes ? to.membranes + t * y.width + begin : nullptr;
    step_row(is, has, strip, x, next, [&](std::int64_t i, V before, V fired) {
      Stored<F, S>::write(spikes + i, fired, kWay == Way::stream);
      if (kMembranes) Stored<F, S>::write(membranes + i, before, kWay == Way::stream);
    });
  }
}

template <class F, class S, class Terms>
void plain_forward(const LifSequence<F, S>& y, const LifTrain<F, S>& to, const Terms has,
                   const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  const auto run = to.membranes    ? plain_rows<true, Way::store, F, S, Terms>
                   : to.past_cache ? plain_rows<false, Way::stream, F, S, Terms>
                                   : plain_rows<false, Way::store, F, S, Terms>;
  run(y, to, has, strip_of(scratch, begin, end), begin);
}

/// Constants of the way back, with G = k dL/dH, where dL/dH is the gradient on a membrane:
///
///   G(t) = G(t+1) (past + reset(H) psi0) + onto psi0 dL/dS
///
/// psi = psi0 height is the surrogate derivative, past = b unless H was set to v. G is the gradient
/// on the input as it stands, and one product is all that one step waits for in the other.
template <class V>
struct LifWayBack {
  V sharpness, shift;  // psi0 of H * sharpness + shift
  V slope, offset;     // reset(H) = H * slope + offset
  V leak, threshold, onto;
};

template <class Terms, class F, class S>
LifWayBack<Vec<F>> way_back(const LifSequence<F, S>& y, const Terms& has) {
  using V = Vec<F>;
  const F b = y.membrane_decay.all, passed = has.detach ? F(0) : y.height * b;
  const bool sets = Terms::reset == SequenceReset::set;
  return {broadcast<V>(y.sharpness), broadcast<V>(-y.sharpness * y.threshold.all),
          broadcast<V>(sets ? -passed : F(0)),
          broadcast<V>(passed * (sets ? y.v_reset.all : -y.threshold.all)), broadcast<V>(b),
          broadcast<V>(y.threshold.all), broadcast<V>(y.height * y.input_scale.all)};
}

/// G of a step from that of the next, H, and dL/dS.
template <Surrogate kind, class Terms, class V>
SNNRUN_HD V back_over(const LifWayBack<V>& is, const Terms& has, V next, V before, V on_spikes) {
  const V psi = surrogate_derivative<kind, Nearly>(fused(before, is.sharpness, is.shift));
  const V direct = on_spikes * psi * is.onto;
  if constexpr (Terms::reset == SequenceReset::set) {
    const V past = select(fires(has, before - is.threshold), V{}, is.leak);
    return fused(next, fused(fused(before, is.slope, is.offset), psi, past), direct);
  } else {
    return fused(next, fused(is.offset, psi, is.leak), direct);
  }
}

/// The steps of a block, from t0 to t1: H of each to scratch, from the membranes before.
template <class F, class S, class Terms>
void plain_again(const LifSequence<F, S>& y, const S* last, const Terms has,
                 const Strip<F>& strip, std::int64_t t0, std::int64_t t1, std::int64_t begin) {
  using V = Vec<F>;
  const LifConstants<V> is = plain_constants(y);
  const std::int64_t stride = y.constant ? 0 : y.width;
  for (std::int64_t t = t0; t < t1; ++t) {
    const S* const x = y.x + t * stride + begin;
    F* const kept = strip.before + (t - t0) * strip.stride;
    step_row(is, has, strip, x, t + 1 < t1 ? x + stride : last,
             [&](std::int64_t i, V before, V) { store(kept + i, before); });
  }
}

/// Gradients of the steps of a block, from t1 back to t0, from H of each.
template <Surrogate kind, Way kWay, class F, class S, class Terms>
void plain_back(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to, const Terms has,
                const Strip<F>& strip, std::int64_t t0, std::int64_t t1, std::int64_t begin) {
  using V = Vec<F>;
  const LifWayBack<V> back = way_back(y, has);
  F *const carried = strip.carried, *const sum = strip.sum;
  for (std::int64_t t = t1 - 1; t >= t0; --t) {
    const F* const before = strip.before + (t - t0) * strip.stride;
    const S* const on_spikes = to.on_spikes + t * y.width + begin;
    S* const out = kWay == Way::sum ? nullptr : to.on_x + t * y.width + begin;
    const S* const next = t > t0 ? on_spikes - y.width : y.x + begin + strip.count;
    for_vectors<F>(strip.count, next, [&](std::int64_t i) {
      const V found = back_over<kind>(back, has, load<V>(carried + i), load<V>(before + i),
                                             Stored<F, S>::read(on_spikes + i));
      store(carried + i, found);
      if constexpr (kWay == Way::sum) store(sum + i, load<V>(sum + i) + found);
      else Stored<F, S>::write(out + i, found, kWay == Way::stream);
    });
  }
}

template <Surrogate kind, Way kWay, class F, class S, class Terms>
void plain_blocks(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                  const Terms has, const Strip<F>& strip, std::int64_t block,
                  std::int64_t begin) {
  const std::int64_t blocks = (y.steps + block - 1) / block;
  const auto end_of = [&](std::int64_t index) { return smaller(y.steps, (index + 1) * block); };
  begin_strip(y, strip, begin);
  for (std::int64_t index = 0; index + 1 < blocks; ++index) {
    std::copy_n(strip.membrane, strip.count, strip.starts + index * strip.stride);
    plain_again(y, y.x + end_of(index) * (y.constant ? 0 : y.width) + begin, has, strip,
                index * block, end_of(index), begin);
  }
  for (std::int64_t index = blocks - 1; index >= 0; --index) {
    const std::int64_t t0 = index * block, t1 = end_of(index);
    if (index + 1 < blocks)  // else they stand there
      std::copy_n(strip.starts + index * strip.stride, strip.count, strip.membrane);
    plain_again(y, to.on_spikes + (t1 - 1) * y.width + begin, has, strip, t0, t1, begin);
    plain_back<kind, kWay>(y, to, has, strip, t0, t1, begin);
  }
}

template <Surrogate kind, class F, class S, class Terms>
void plain_backward(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                    const Terms has, const LifScratch<F>& scratch, std::int64_t begin,
                    std::int64_t end) {
  const Strip<F> strip = strip_of(scratch, begin, end);
  std::fill_n(strip.carried, strip.count, F(0));
  const auto run = y.constant      ? plain_blocks<kind, Way::sum, F, S, Terms>
                   : to.past_cache ? plain_blocks<kind, Way::stream, F, S, Terms>
                                   : plain_blocks<kind, Way::store, F, S, Terms>;
  if (y.constant) std::fill_n(strip.sum, strip.count, F(0));
  run(y, to, has, strip, scratch.plain_block, begin);
  if (y.constant)
    for (std::int64_t i = 0; i < strip.count; i += Lanes<F>::count)
      Stored<F, S>::write(to.on_x + begin + i, load<Vec<F>>(strip.sum + i), false);
}

/// Call body with the terms of a layer that is plain.
template <class F, class S, class Body>
void with_plain_terms(const LifSequence<F, S>& y, const Body& body) {
  const LifTerms& has = y.has;
  if (has.reset == SequenceReset::set)
    body(PlainLifTerms<SequenceReset::set>{has.detach, has.strict});
  else
    body(PlainLifTerms<SequenceReset::subtract>{has.detach, has.strict});
}

}  // namespace
}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
