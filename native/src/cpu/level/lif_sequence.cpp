// LIF neurons over a sequence, for some columns of [steps, width].
//
// A few vectors of neurons go through a block of steps in registers, then the next ones do; so rows
// are read and written in long runs, and what was computed again for the gradient stays in the
// cache. Between blocks the state lies in scratch.
#include "lif_sequence.hpp"

#include "lif_plain.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

/// U vectors of neurons, all there; or one vector, of which `present` neurons are.
template <class F, int U, bool kWhole>
struct Columns {
  using V = Vec<F>;
  static constexpr std::int64_t lanes = Lanes<F>::count;
  std::int64_t first, present;

  template <class S>
  SNNRUN_HD V read(const S* row, int u) const {
    if constexpr (kWhole) return Stored<F, S>::read(row + first + u * lanes);
    else return Stored<F, S>::read_some(row + first, present);
  }
  template <class S>
  SNNRUN_HD void write(S* row, int u, V v, bool past_cache = false) const {
    if constexpr (kWhole) Stored<F, S>::write(row + first + u * lanes, v, past_cache);
    else Stored<F, S>::write_some(row + first, present, v);
  }
  SNNRUN_HD V of(const PerNeuron<F>& constant, int u) const {
    return constant.each ? read(constant.each, u) : broadcast<V>(constant.all);
  }
};

template <class F, class S, class C>
SNNRUN_HD LifConstants<Vec<F>> constants_of(const LifSequence<F, S>& y, const C& at, int u) {
  return {at.of(y.membrane_decay, u), at.of(y.current_decay, u), at.of(y.input_scale, u),
          at.of(y.threshold, u),      at.of(y.v_reset, u),       at.of(y.rest, u),
          at.of(y.adaptation, u),     at.of(y.adaptation_decay, u)};
}

/// The state in scratch, a row each for what the neurons have.
template <class F>
struct Kept {
  using V = Vec<F>;
  const LifTerms& has;
  F* rows;            // [parts, stride]
  std::int64_t stride;

  template <class C>
  SNNRUN_HD LifState<V> read(const C& at, int u) const {
    LifState<V> s = {at.read(rows, u), {}, {}, {}};
    if (has.filtered) s.current = at.read(rows + stride, u);
    if (has.adapts) s.adapted = at.read(rows + 2 * stride, u);
    if (has.delayed) s.fired = at.read(rows + 3 * stride, u);
    return s;
  }
  template <class C>
  SNNRUN_HD void write(const C& at, int u, const LifState<V>& s) const {
    at.write(rows, u, s.membrane);
    if (has.filtered) at.write(rows + stride, u, s.current);
    if (has.adapts) at.write(rows + 2 * stride, u, s.adapted);
    if (has.delayed) at.write(rows + 3 * stride, u, s.fired);
  }
};

template <class F, class S, class C>
SNNRUN_HD LifState<Vec<F>> first_state(const LifSequence<F, S>& y, const C& at, int u) {
  return {at.of(y.membrane, u), at.of(y.current, u), at.of(y.adapted, u), at.of(y.fired, u)};
}

/// The whole of a part of the columns: full groups of vectors, then one after another.
template <int U, class F, class Body>
SNNRUN_HD void for_columns(std::int64_t begin, std::int64_t end, const Body& body) {
  constexpr std::int64_t lanes = Lanes<F>::count, group = U * lanes;
  std::int64_t i = begin;
  for (; i + group <= end; i += group) body(Columns<F, U, true>{i, group});
  for (; i < end; i += lanes) body(Columns<F, 1, false>{i, smaller(lanes, end - i)});
}

template <class C>
struct Width;
template <class F, int U, bool kWhole>
struct Width<Columns<F, U, kWhole>> {
  static constexpr int value = U;
};

template <int U, class F, class S>
void forward(const LifSequence<F, S>& y, const LifTrain<F, S>& to, const LifScratch<F>& scratch,
             std::int64_t begin, std::int64_t end) {
  const LifTerms has = y.has;
  const Kept<F> kept = {has, row(scratch, 0), scratch.stride};
  for (std::int64_t t0 = 0; t0 < y.steps; t0 += scratch.block) {
    const std::int64_t t1 = smaller(y.steps, t0 + scratch.block);
    for_columns<U, F>(begin, end, [&](const auto& at) {
      constexpr int count = Width<std::decay_t<decltype(at)>>::value;
      LifConstants<Vec<F>> is[count] = {};
      LifState<Vec<F>> s[count] = {};
      Vec<F> x[count] = {};
      for (int u = 0; u < count; ++u) {
        is[u] = constants_of(y, at, u);
        s[u] = t0 == 0 ? first_state(y, at, u) : kept.read(at, u);
        if (y.constant) x[u] = at.read(y.x, u);
      }
      for (std::int64_t t = t0; t < t1; ++t) {
        for (int u = 0; u < count; ++u) {
          if (!y.constant) x[u] = at.read(y.x + t * y.width, u);
          const auto step = advance(has, is[u], x[u], &s[u]);
          if (to.spikes) at.write(to.spikes + t * y.width, u, s[u].fired, to.past_cache);
          if (to.membranes) at.write(to.membranes + t * y.width, u, step.before, to.past_cache);
        }
      }
      for (int u = 0; u < count; ++u) {
        if (t1 < y.steps) {
          kept.write(at, u, s[u]);
          continue;
        }
        if (to.membrane) at.write(to.membrane, u, s[u].membrane);
        if (to.current) at.write(to.current, u, s[u].current);
        if (to.adapted) at.write(to.adapted, u, has.adapts ? s[u].adapted : at.of(y.adapted, u));
        if (to.fired) at.write(to.fired, u, s[u].fired);
      }
    });
  }
}

/// Leave the states before each block in scratch, but for the first.
template <int U, class F, class S>
void keep_starts(const LifSequence<F, S>& y, const LifScratch<F>& scratch, std::int64_t begin,
                 std::int64_t end) {
  const LifTerms has = y.has;
  std::int64_t index = 0;
  for (std::int64_t t0 = 0; t0 + scratch.block < y.steps; t0 += scratch.block, ++index) {
    for_columns<U, F>(begin, end, [&](const auto& at) {
      constexpr int count = Width<std::decay_t<decltype(at)>>::value;
      const Kept<F> before = {has, row(scratch, scratch.parts * larger<std::int64_t>(0, index - 1)), scratch.stride};
      const Kept<F> after = {has, row(scratch, scratch.parts * index), scratch.stride};
      LifConstants<Vec<F>> is[count] = {};
      LifState<Vec<F>> s[count] = {};
      for (int u = 0; u < count; ++u) {
        is[u] = constants_of(y, at, u);
        s[u] = index == 0 ? first_state(y, at, u) : before.read(at, u);
      }
      for (std::int64_t t = t0; t < t0 + scratch.block; ++t)
        for (int u = 0; u < count; ++u)
          advance(has, is[u], at.read(y.x + (y.constant ? 0 : t * y.width), u), &s[u]);
      for (int u = 0; u < count; ++u) after.write(at, u, s[u]);
    });
  }
}

/// From what is left to the threshold to the surrogate derivative, in place.
template <class F, Surrogate kind>
__attribute__((noinline)) void shape(Vec<F>* x, std::int64_t count, F sharpness, F height) {
  for (std::int64_t i = 0; i < count; ++i)
    x[i] = surrogate_derivative<kind>(x[i] * sharpness) * height;
}

template <class F>
using Shape = void (*)(Vec<F>*, std::int64_t, F, F);

template <class F>
Shape<F> shape_of(Surrogate kind) {
  switch (kind) {
#define SNNRUN_CASE(name) \
  case Surrogate::name: return shape<F, Surrogate::name>;
    SNNRUN_SURROGATES(SNNRUN_CASE)
#undef SNNRUN_CASE
  }
  return nullptr;
}

/// What is added up over the steps for the constants of some neurons, if anything is.
template <class F, int count>
struct Sums {
  using V = Vec<F>;
  LifSums<V> of[count] = {};

  template <class S, class C>
  SNNRUN_HD void write(const LifSequenceGradient<F, S>& to, const C& at, bool first) const {
    for (int u = 0; u < count; ++u) {
      const V found[8] = {of[u].membrane_decay, of[u].current_decay, of[u].input_scale,
                          of[u].threshold,      of[u].v_reset,       of[u].rest,
                          of[u].adaptation,     of[u].adaptation_decay};
      for (int c = 0; c < 8; ++c) {
        F* out = to.on_constants[c];
        if (!out) continue;
        at.write(out, u, first ? found[c] : found[c] + at.read(out, u));
      }
    }
  }
};

/// The gradient through some neurons and the steps from t0 to t1.
template <class F, class S, int U, bool kWhole>
void back_over(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
               const Columns<F, U, kWhole>& at, const Kept<F>& start, const Kept<F>& carried,
               std::int64_t t0, std::int64_t t1) {
  using V = Vec<F>;
  const LifTerms has = y.has;
  const bool last = t1 == y.steps;
  V before[kLifBlock * U], psi[kLifBlock * U];
  LifConstants<V> is[U] = {};
  LifState<V> s[U] = {}, on[U] = {}, was[kLifBlock][U];
  V on_x[U] = {};
  for (int u = 0; u < U; ++u) {
    is[u] = constants_of(y, at, u);
    s[u] = t0 == 0 ? first_state(y, at, u) : start.read(at, u);
    if (!last) on[u] = carried.read(at, u);
    if (last && to.on_membrane) on[u].membrane = at.read(to.on_membrane, u);
    if (last && to.on_current) on[u].current = at.read(to.on_current, u);
    if ((last || !has.adapts) && to.on_adapted) on[u].adapted = at.read(to.on_adapted, u);
    if (!last && y.constant && to.on_x) on_x[u] = at.read(to.on_x, u);
  }
  for (std::int64_t t = t0; t < t1; ++t)
    for (int u = 0; u < U; ++u) {
      was[t - t0][u] = s[u];
      const V x = at.read(y.x + (y.constant ? 0 : t * y.width), u);
      const LifStep<V> step = advance(has, is[u], x, &s[u]);
      before[(t - t0) * U + u] = step.before;
      psi[(t - t0) * U + u] = step.distance;
    }
  shape_of<F>(y.surrogate)(psi, (t1 - t0) * U, y.sharpness, y.height);
  Sums<F, U> sums;
  for (std::int64_t t = t1 - 1; t >= t0; --t)
    for (int u = 0; u < U; ++u) {
      const std::int64_t row = t * y.width;
      const V on_spikes = to.on_spikes ? at.read(to.on_spikes + row, u) : V{};
      V x{}, on_before{};
      if (to.on_membranes) on_before = at.read(to.on_membranes + row, u);
      if (to.sums_up) x = at.read(y.x + (y.constant ? 0 : row), u);
      const V found = retreat(has, is[u], was[t - t0][u], x, before[(t - t0) * U + u],
                              psi[(t - t0) * U + u], on_spikes, on_before, &on[u],
                              to.sums_up ? &sums.of[u] : nullptr);
      if (y.constant) on_x[u] += found;
      else if (to.on_x) at.write(to.on_x + row, u, found, to.past_cache);
    }
  for (int u = 0; u < U; ++u) {
    if (y.constant && to.on_x) at.write(to.on_x, u, on_x[u]);
    if (t0 > 0) carried.write(at, u, on[u]);
    if (t0 == 0 && to.on_first_membrane) at.write(to.on_first_membrane, u, on[u].membrane);
    if (t0 == 0 && to.on_first_current) at.write(to.on_first_current, u, on[u].current);
    if (t0 == 0 && to.on_first_adapted) at.write(to.on_first_adapted, u, on[u].adapted);
  }
  if (to.sums_up) sums.write(to, at, last);
}

template <int U, class F, class S>
void backward(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
              const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  const LifTerms has = y.has;
  keep_starts<U>(y, scratch, begin, end);
  const std::int64_t blocks = (y.steps + scratch.block - 1) / scratch.block;
  const Kept<F> carried = {has, row(scratch, scratch.parts * (blocks - 1)), scratch.stride};
  for (std::int64_t index = blocks - 1; index >= 0; --index) {
    const std::int64_t t0 = index * scratch.block, t1 = smaller(y.steps, t0 + scratch.block);
    const std::int64_t at_start = scratch.parts * larger<std::int64_t>(0, index - 1);
    const Kept<F> start = {has, row(scratch, at_start), scratch.stride};
    for_columns<U, F>(begin, end, [&](const auto& at) {
      back_over(y, to, at, start, carried, t0, t1);
    });
  }
}

constexpr int kVectors = 2;

template <class F, class S>
using PlainBackward = void (*)(const LifSequence<F, S>&, const LifSequenceGradient<F, S>&,
                               const LifScratch<F>&, std::int64_t, std::int64_t);

template <Surrogate kind, class F, class S>
void plain_backward_of(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                       const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  with_plain_terms(y, [&](auto has) { plain_backward<kind>(y, to, has, scratch, begin, end); });
}

template <class F, class S>
PlainBackward<F, S> plain_backward_for(Surrogate kind) {
  switch (kind) {
#define SNNRUN_CASE(name) \
  case Surrogate::name: return plain_backward_of<Surrogate::name, F, S>;
    SNNRUN_SURROGATES(SNNRUN_CASE)
#undef SNNRUN_CASE
  }
  return nullptr;
}

/// Up to where columns fill whole groups of vectors.
template <class F>
std::int64_t whole_groups(std::int64_t begin, std::int64_t end) {
  return begin + (end - begin) / kPlainGroup<F> * kPlainGroup<F>;
}

template <class F, class S>
void forward_strip(const LifSequence<F, S>& y, const LifTrain<F, S>& to,
                   const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  const bool plain = is_plain(y) && to.spikes && !to.membrane;
  const std::int64_t border = plain ? whole_groups<F>(begin, end) : begin;
  if (begin < border)
    with_plain_terms(y, [&](auto has) { plain_forward(y, to, has, scratch, begin, border); });
  if (border < end) forward<kVectors>(y, to, scratch, border, end);
}

template <class F, class S>
void backward_strip(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                    const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  const bool plain = is_plain(y) && to.on_spikes && to.on_x && !to.on_membranes && !to.sums_up &&
                     !to.on_membrane && !to.on_first_membrane;
  const std::int64_t border = plain ? whole_groups<F>(begin, end) : begin;
  if (begin < border) plain_backward_for<F, S>(y.surrogate)(y, to, scratch, begin, border);
  if (border < end) backward<kVectors>(y, to, scratch, border, end);
}

template <class F, class Body>
void for_strips(LifScratch<F> scratch, std::int64_t begin, std::int64_t end, const Body& body) {
  for (; begin < end; begin += kLifStrip) {
    scratch.begin = begin;
    body(scratch, begin, smaller(end, begin + kLifStrip));
  }
}

}  // namespace

template <class F, class S>
void lif_sequence_tile(const LifSequence<F, S>& y, const LifTrain<F, S>& to,
                       const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  for_strips(scratch, begin, end, [&](const LifScratch<F>& own, auto first, auto last) {
    forward_strip(y, to, own, first, last);
  });
  if (to.past_cache) fence();
}

template <class F, class S>
void lif_gradient_tile(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                       const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  for_strips(scratch, begin, end, [&](const LifScratch<F>& own, auto first, auto last) {
    backward_strip(y, to, own, first, last);
  });
  if (to.past_cache) fence();
}

#define SNNRUN_TILES(F, S)                                                                  \
  template void lif_sequence_tile(const LifSequence<F, S>&, const LifTrain<F, S>&,          \
                                  const LifScratch<F>&, std::int64_t, std::int64_t);        \
  template void lif_gradient_tile(const LifSequence<F, S>&, const LifSequenceGradient<F, S>&, \
                                  const LifScratch<F>&, std::int64_t, std::int64_t);
SNNRUN_TILES(float, float)
SNNRUN_TILES(float, Bfloat)
SNNRUN_TILES(double, double)

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
