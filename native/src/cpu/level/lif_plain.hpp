// LIF neurons over a sequence as most networks have them: reset at once, input unfiltered, constants
// of the layer, spikes alone wanted. What lif_sequence.cpp does for all, here in registers.
#pragma once
#include "lif_stored.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

constexpr int kPlainVectors = 4;  // side by side: enough independent chains to hide latencies

template <class F>
constexpr std::int64_t kPlainGroup = kPlainVectors * Lanes<F>::count;

/// Where what is computed goes: to memory, past the cache, or, summed over the steps, to a register.
enum class Way { store, stream, sum };

/// Whether the terms are those that PlainLifTerms can say, and the constants those of the layer.
template <class F, class S>
bool is_plain(const LifSequence<F, S>& y) {
  const LifTerms& has = y.has;
  const bool usual = has.reset == SequenceReset::set || has.reset == SequenceReset::subtract;
  return usual && !(has.delayed || has.strict || has.raised || has.filtered || has.rests ||
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

/// The membrane before step t of the neurons from i on.
template <class F, class S>
SNNRUN_HD Vec<F> membrane_at(const LifSequence<F, S>& y, const F* kept, std::int64_t t,
                             std::int64_t i) {
  if (t > 0) return load<Vec<F>>(kept + i);
  return y.membrane.each ? load<Vec<F>>(y.membrane.each + i) : broadcast<Vec<F>>(y.membrane.all);
}

template <class V>
SNNRUN_HD LifState<V> membrane_alone(V membrane) {
  return {membrane, V{}, V{}, V{}};
}

/// Ask for what a group of vectors reads soon: rows lie too far apart to be foreseen.
template <class F, class S>
SNNRUN_HD void expect(const S* row) {
  for (std::int64_t byte = 0; byte < kPlainGroup<F> * std::int64_t(sizeof(S)); byte += 64)
    __builtin_prefetch(reinterpret_cast<const char*>(row) + byte);
}

/// Spikes of the steps from t0 to t1; `kept` [columns] is the membrane before and after. Without
/// spikes, only the membrane moves on, from `kept` to `after`.
template <bool kSpikes, Way kWay, class F, class S, class Terms>
void plain_steps(const LifSequence<F, S>& y, const Terms has, S* spikes, const F* kept, F* after, std::int64_t t0, std::int64_t t1, std::int64_t begin,
                 std::int64_t end) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  const LifConstants<V> is = plain_constants(y);
  const std::int64_t stride = y.constant ? 0 : y.width, width = y.width;
  const S* const x = y.x;
  for (std::int64_t i = begin; i < end; i += kPlainGroup<F>) {
    LifState<V> s[kPlainVectors];
#pragma GCC unroll 4
    for (int u = 0; u < kPlainVectors; ++u) s[u] = membrane_alone(membrane_at(y, kept, t0, i + u * lanes));
    for (std::int64_t t = t0; t < t1; ++t) {
      expect<F>(x + t * stride + i + kPlainGroup<F>);
#pragma GCC unroll 4
      for (int u = 0; u < kPlainVectors; ++u) {
        advance(has, is, Stored<F, S>::read(x + t * stride + i + u * lanes), &s[u]);
        if (kSpikes)
          Stored<F, S>::write(spikes + t * width + i + u * lanes, s[u].fired, kWay == Way::stream);
      }
    }
#pragma GCC unroll 4
    for (int u = 0; u < kPlainVectors; ++u) store(after + i + u * lanes, s[u].membrane);
  }
}

/// dV/dH of a step: 1, or 0 where the reset sets V, and psi times what passes through the spike.
template <class Terms, class V>
SNNRUN_HD V over_reset(const LifConstants<V>& is, V before, V psi) {
  const V one = constant<V>(1);
  if constexpr (Terms::reset == SequenceReset::set)
    return fused(is.v_reset - before, psi, select(before >= is.threshold, V{}, one));
  else
    return fused(-is.threshold, psi, one);
}

/// Gradients of the steps from t0 to t1; `start` is the membrane before them, `carried` the gradient
/// on the membrane after them and then before them.
template <Surrogate kind, Way kWay, class F, class S, class Terms>
void plain_back(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to, const Terms has,
                const F* start, F* carried, std::int64_t t0, std::int64_t t1, std::int64_t begin,
                std::int64_t end) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  const LifConstants<V> is = plain_constants(y);
  const V sharpness = broadcast<V>(y.sharpness), shift = -sharpness * is.threshold;
  const F height = y.height;
  const std::int64_t stride = y.constant ? 0 : y.width, width = y.width;
  const S *const x = y.x, *const on_spikes = to.on_spikes;
  S* const out = to.on_x;
  const bool last = t1 == y.steps;
  const Mask<F> through = whole<F>(has.detach ? 0 : -1);
  for (std::int64_t i = begin; i < end; i += kPlainGroup<F>) {
    V before[kLifBlock][kPlainVectors];
    LifState<V> s[kPlainVectors];
    V upstream[kPlainVectors], on_x[kPlainVectors];
#pragma GCC unroll 4
    for (int u = 0; u < kPlainVectors; ++u) {
      s[u] = membrane_alone(membrane_at(y, start, t0, i + u * lanes));
      upstream[u] = last ? V{} : load<V>(carried + i + u * lanes);
      on_x[u] = last || kWay != Way::sum ? V{} : Stored<F, S>::read(out + i + u * lanes);
    }
    if (last && to.on_membrane)
      for (int u = 0; u < kPlainVectors; ++u)
        upstream[u] = load<V>(to.on_membrane + i + u * lanes);
    for (std::int64_t t = t0; t < t1; ++t) {
      expect<F>(on_spikes + t * width + i);
#pragma GCC unroll 4
      for (int u = 0; u < kPlainVectors; ++u)
        before[t - t0][u] =
            advance(has, is, Stored<F, S>::read(x + t * stride + i + u * lanes), &s[u]).before;
    }
    // From the gradient on V, and then from that on H of the next step, to that on H: one product.
    V leak = constant<V>(1);
    for (std::int64_t t = t1 - 1; t >= t0; --t) {
      expect<F>(x + t * stride + i + kPlainGroup<F>);
#pragma GCC unroll 4
      for (int u = 0; u < kPlainVectors; ++u) {
        const std::int64_t at = t * width + i + u * lanes;
        const V h = before[t - t0][u];
        const V psi = surrogate_derivative<kind, Nearly>(fused(h, sharpness, shift)) * height;
        const V direct = Stored<F, S>::read(on_spikes + at) * psi;
        upstream[u] = fused(upstream[u], leak * over_reset<Terms>(is, h, select(through, psi, V{})), direct);
        const V found = upstream[u] * is.input_scale;
        if (kWay == Way::sum) on_x[u] += found;
        else Stored<F, S>::write(out + at, found, kWay == Way::stream);
      }
      leak = is.membrane_decay;
    }
#pragma GCC unroll 4
    for (int u = 0; u < kPlainVectors; ++u) {
      const V on_membrane = upstream[u] * is.membrane_decay;
      if (kWay == Way::sum) Stored<F, S>::write(out + i + u * lanes, on_x[u], false);
      store(carried + i + u * lanes, on_membrane);
      if (t0 == 0 && to.on_first_membrane)
        store(to.on_first_membrane + i + u * lanes, on_membrane);
    }
  }
}

template <Surrogate kind, class F, class S, class Terms>
void plain_backward(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                    const Terms has, const LifScratch<F>& scratch, std::int64_t begin,
                    std::int64_t end) {
  const std::int64_t block = scratch.block, blocks = (y.steps + block - 1) / block;
  for (std::int64_t index = 0; index + 1 < blocks; ++index)
    plain_steps<false, Way::store>(y, has, static_cast<S*>(nullptr), row(scratch, index - 1),
                                   row(scratch, index), index * block, (index + 1) * block, begin,
                                   end);
  const auto back = y.constant      ? plain_back<kind, Way::sum, F, S, Terms>
                    : to.past_cache ? plain_back<kind, Way::stream, F, S, Terms>
                                    : plain_back<kind, Way::store, F, S, Terms>;
  for (std::int64_t index = blocks - 1; index >= 0; --index)
    back(y, to, has, row(scratch, index - 1), row(scratch, blocks - 1), index * block,
         smaller(y.steps, (index + 1) * block), begin, end);
}

template <class F, class S, class Terms>
void plain_forward(const LifSequence<F, S>& y, const LifTrain<F, S>& to, const Terms has,
                   const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  F* const kept = row(scratch, 0);
  const auto run = to.past_cache ? plain_steps<true, Way::stream, F, S, Terms>
                                 : plain_steps<true, Way::store, F, S, Terms>;
  for (std::int64_t t0 = 0; t0 < y.steps; t0 += scratch.block)
    run(y, has, to.spikes, kept, kept, t0, smaller(y.steps, t0 + scratch.block), begin, end);
}

/// Call body with the terms of a layer that is plain.
template <class F, class S, class Body>
void with_plain_terms(const LifSequence<F, S>& y, const Body& body) {
  const LifTerms& has = y.has;
  if (has.reset == SequenceReset::set)
    body(PlainLifTerms<SequenceReset::set>{has.detach});
  else
    body(PlainLifTerms<SequenceReset::subtract>{has.detach});
}

}  // namespace
}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
