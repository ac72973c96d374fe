// LIF neurons over a sequence as most networks have them: reset at once, input unfiltered, the same
// constants for all, no state passed on. What lif_sequence.cpp does for all, here in registers.
#pragma once
#include <type_traits>

#include "lif_stored.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

// Vectors side by side: independent chains hide latencies, as far as there are registers.
constexpr int kPlainVectors = 4, kBackVectors = 2;
constexpr int kUsualSteps = 4;  // backwards, so many are written out and stay in registers

template <class F>
constexpr std::int64_t kPlainGroup = kPlainVectors * Lanes<F>::count;

/// Where what is computed goes: to memory, past the cache, or, summed over steps, to a register.
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

/// What plain_steps writes, beside the membrane after the last step.
enum class Shown { nothing, spikes, membranes };  // membranes: H, and the spikes too

/// The steps from t0 to t1: the membrane moves on, from `kept` [columns] to `after`.
template <Shown kShown, Way kWay, class F, class S, class Terms>
void plain_steps(const LifSequence<F, S>& y, const LifTrain<F, S>& to, const Terms has,
                 const F* kept, F* after, std::int64_t t0, std::int64_t t1, std::int64_t begin,
                 std::int64_t end) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count;
  const LifConstants<V> is = plain_constants(y);
  const std::int64_t stride = y.constant ? 0 : y.width, width = y.width;
  const S* const x = y.x;
  for (std::int64_t i = begin; i < end; i += kPlainGroup<F>) {
    LifState<V> s[kPlainVectors];
#pragma GCC unroll 4
    for (int u = 0; u < kPlainVectors; ++u)
      s[u] = membrane_alone(membrane_at(y, kept, t0, i + u * lanes));
    for (std::int64_t t = t0; t < t1; ++t) {
      expect<F>(x + t * stride + i + kPlainGroup<F>);
#pragma GCC unroll 4
      for (int u = 0; u < kPlainVectors; ++u) {
        const V shown = Stored<F, S>::read(x + t * stride + i + u * lanes);
        const V before = advance(has, is, shown, &s[u]).before;
        const std::int64_t at = t * width + i + u * lanes;
        if (kShown != Shown::nothing)
          Stored<F, S>::write(to.spikes + at, s[u].fired, kWay == Way::stream);
        if (kShown == Shown::membranes)
          Stored<F, S>::write(to.membranes + at, before, kWay == Way::stream);
      }
    }
#pragma GCC unroll 4
    for (int u = 0; u < kPlainVectors; ++u) store(after + i + u * lanes, s[u].membrane);
  }
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
SNNRUN_HD V back_over(const LifWayBack<V>& is, V next, V before, V on_spikes) {
  const V psi = surrogate_derivative<kind, Nearly>(fused(before, is.sharpness, is.shift));
  const V direct = on_spikes * psi * is.onto;
  if constexpr (Terms::reset == SequenceReset::set) {
    const V past = select(before >= is.threshold, V{}, is.leak);
    return fused(next, fused(fused(before, is.slope, is.offset), psi, past), direct);
  } else {
    return fused(next, fused(is.offset, psi, is.leak), direct);
  }
}

/// Gradients of the steps from t0 to t1; `start` is the membrane before them, `carried` is G of the
/// step after them, and then of the first of them. kSteps: how many steps, or 0 if that varies.
template <Surrogate kind, Way kWay, int kSteps, class F, class S, class Terms>
void plain_back(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to, const Terms has,
                const F* start, F* carried, std::int64_t t0, std::int64_t t1, std::int64_t begin,
                std::int64_t end) {
  using V = Vec<F>;
  constexpr std::int64_t lanes = Lanes<F>::count, group = kBackVectors * lanes;
  const LifConstants<V> is = plain_constants(y);
  const LifWayBack<V> back = way_back(y, has);
  const std::int64_t stride = y.constant ? 0 : y.width, width = y.width;
  const std::int64_t steps = kSteps ? kSteps : t1 - t0;
  const S *const x = y.x + t0 * stride, *const on_spikes = to.on_spikes + t0 * width;
  S* const out = kWay == Way::sum ? to.on_x : to.on_x + t0 * width;
  const bool last = t1 == y.steps;
  for (std::int64_t i = begin; i < end; i += group) {
    V before[kSteps ? kSteps : kLifBlock][kBackVectors];
    LifState<V> s[kBackVectors];
    V upstream[kBackVectors], on_x[kBackVectors];
#pragma GCC unroll 2
    for (int u = 0; u < kBackVectors; ++u) {
      s[u] = membrane_alone(membrane_at(y, start, t0, i + u * lanes));
      upstream[u] = last ? V{} : load<V>(carried + i + u * lanes);
      on_x[u] = last || kWay != Way::sum ? V{} : Stored<F, S>::read(out + i + u * lanes);
    }
#pragma GCC unroll 4
    for (std::int64_t t = 0; t < steps; ++t) {
      if (!kSteps) expect<F>(on_spikes + t * width + i);
#pragma GCC unroll 2
      for (int u = 0; u < kBackVectors; ++u)
        before[t][u] =
            advance(has, is, Stored<F, S>::read(x + t * stride + i + u * lanes), &s[u]).before;
    }
#pragma GCC unroll 4
    for (std::int64_t t = steps - 1; t >= 0; --t) {
      if (!kSteps) expect<F>(x + t * stride + i + kPlainGroup<F>);
#pragma GCC unroll 2
      for (int u = 0; u < kBackVectors; ++u) {
        const std::int64_t at = t * width + i + u * lanes;
        upstream[u] = back_over<kind, Terms>(back, upstream[u], before[t][u],
                                             Stored<F, S>::read(on_spikes + at));
        if (kWay == Way::sum) on_x[u] += upstream[u];
        else Stored<F, S>::write(out + at, upstream[u], kWay == Way::stream);
      }
    }
#pragma GCC unroll 2
    for (int u = 0; u < kBackVectors; ++u) {
      if (kWay == Way::sum) Stored<F, S>::write(out + i + u * lanes, on_x[u], false);
      store(carried + i + u * lanes, upstream[u]);
    }
  }
}

template <Surrogate kind, Way kWay, class F, class S, class... Rest>
void plain_back_of(const LifSequence<F, S>& y, const Rest&... rest) {
  // Written out for what most networks are, since each way to write it takes its time to compile.
  if constexpr (std::is_same_v<S, float> && kWay != Way::sum)
    if (y.steps == kUsualSteps) return plain_back<kind, kWay, kUsualSteps>(y, rest...);
  plain_back<kind, kWay, 0>(y, rest...);
}

template <Surrogate kind, class F, class S, class Terms>
void plain_backward(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                    const Terms has, const LifScratch<F>& scratch, std::int64_t begin,
                    std::int64_t end) {
  const std::int64_t block = scratch.block, blocks = (y.steps + block - 1) / block;
  for (std::int64_t index = 0; index + 1 < blocks; ++index)
    plain_steps<Shown::nothing, Way::store>(y, {}, has, row(scratch, index - 1),
                                            row(scratch, index), index * block,
                                            (index + 1) * block, begin, end);
  for (std::int64_t index = blocks - 1; index >= 0; --index) {
    const auto run = [&](auto way) {
      plain_back_of<kind, decltype(way)::value>(
          y, to, has, row(scratch, index - 1), row(scratch, blocks - 1), index * block,
          smaller(y.steps, (index + 1) * block), begin, end);
    };
    if (y.constant) run(std::integral_constant<Way, Way::sum>());
    else if (to.past_cache) run(std::integral_constant<Way, Way::stream>());
    else run(std::integral_constant<Way, Way::store>());
  }
}

template <class F, class S, class Terms>
void plain_forward(const LifSequence<F, S>& y, const LifTrain<F, S>& to, const Terms has,
                   const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  F* const kept = row(scratch, 0);
  const auto run = to.membranes    ? plain_steps<Shown::membranes, Way::store, F, S, Terms>
                   : to.past_cache ? plain_steps<Shown::spikes, Way::stream, F, S, Terms>
                                   : plain_steps<Shown::spikes, Way::store, F, S, Terms>;
  for (std::int64_t t0 = 0; t0 < y.steps; t0 += scratch.block)
    run(y, to, has, kept, kept, t0, smaller(y.steps, t0 + scratch.block), begin, end);
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
