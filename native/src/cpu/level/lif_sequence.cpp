// LIF neurons over a sequence, for some columns of [steps, width].
//
// A strip of columns goes through one step after another, its state in scratch; so rows are read
// and written in long runs, and what is computed again for the gradient, a block of steps at a
// time, stays in the cache.
#include "lif_sequence.hpp"

#include <algorithm>

#include "lif_plain.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

/// U vectors of neurons, all there; or one vector, of which `present` neurons are.
template <class F, int U, bool kWhole>
struct Columns {
  using V = Vec<F>;
  static constexpr std::int64_t lanes = Lanes<F>::count;
  static constexpr int vectors = U;
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

/// Constants that are the same for all neurons.
template <class F>
struct Shared {
  LifConstants<Vec<F>> all;

  template <class C>
  SNNRUN_HD const LifConstants<Vec<F>>& of(const C&, int) const {
    return all;
  }
};

/// Constants of which each neuron may have its own.
template <class F, class S>
struct Own {
  const LifSequence<F, S>& y;

  template <class C>
  SNNRUN_HD LifConstants<Vec<F>> of(const C& at, int u) const {
    return {at.of(y.membrane_decay, u), at.of(y.current_decay, u), at.of(y.input_scale, u),
            at.of(y.threshold, u),      at.of(y.v_reset, u),       at.of(y.rest, u),
            at.of(y.adaptation, u),     at.of(y.adaptation_decay, u)};
  }
};

/// Call body with what gives the constants of neurons.
template <class F, class S, class Body>
void with_constants(const LifSequence<F, S>& y, const Body& body) {
  const PerNeuron<F> every[] = {y.membrane_decay, y.current_decay, y.input_scale, y.threshold,
                                y.v_reset, y.rest, y.adaptation, y.adaptation_decay};
  const auto all = [&](int c) { return broadcast<Vec<F>>(every[c].all); };
  if (std::any_of(every, every + 8, [](const PerNeuron<F>& c) { return c.each != nullptr; }))
    body(Own<F, S>{y});
  else
    body(Shared<F>{{all(0), all(1), all(2), all(3), all(4), all(5), all(6), all(7)}});
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

/// The whole of a part of the columns: full lines of the cache, then one vector after another.
template <class F, class Body>
SNNRUN_HD void for_columns(std::int64_t begin, std::int64_t end, const Body& body) {
  constexpr std::int64_t lanes = Lanes<F>::count, group = kPlainGroup<F>;
  std::int64_t i = begin;
  for (; i + group <= end; i += group) body(Columns<F, int(group / lanes), true>{i, group});
  for (; i < end; i += lanes) body(Columns<F, 1, false>{i, smaller(lanes, end - i)});
}

/// Do a step of some columns, from one state in scratch to the next, which may be in its place;
/// write(at, u, done, state) takes what comes of it.
template <class F, class S, class Write>
void step_row(const LifSequence<F, S>& y, const Kept<F>& from, const Kept<F>& to, std::int64_t t,
              std::int64_t begin, std::int64_t end, const Write& write) {
  const LifTerms has = y.has;
  const S* const x = y.x + (y.constant ? 0 : t * y.width);
  const S* const next = y.constant || t + 1 == y.steps ? x : x + y.width;
  with_constants(y, [&](const auto constants) {
    for_columns<F>(begin, end, [&](const auto& at) {
      __builtin_prefetch(next + at.first);
      for (int u = 0; u < at.vectors; ++u) {
        LifState<Vec<F>> s = t == 0 ? first_state(y, at, u) : from.read(at, u);
        const auto done = advance(has, constants.of(at, u), at.read(x, u), &s);
        to.write(at, u, s);
        write(at, u, done, s);
      }
    });
  });
}

template <class F, class S>
void forward(const LifSequence<F, S>& y, const LifTrain<F, S>& to, const LifScratch<F>& scratch,
             std::int64_t begin, std::int64_t end) {
  const LifTerms has = y.has;
  const Kept<F> kept = {has, row(scratch, 0), scratch.stride};
  for (std::int64_t t = 0; t < y.steps; ++t) {
    S* const spikes = to.spikes ? to.spikes + t * y.width : nullptr;
    S* const membranes = to.membranes ? to.membranes + t * y.width : nullptr;
    S* const distances = to.distances ? to.distances + t * y.width : nullptr;
    const bool last = t + 1 == y.steps;
    step_row(y, kept, kept, t, begin, end, [&](auto at, int u, const auto& done, const auto& s) {
      if (spikes) at.write(spikes, u, s.fired, to.past_cache);
      if (membranes) at.write(membranes, u, done.before, to.past_cache);
      if (distances) at.write(distances, u, done.distance, to.past_cache);
      if (!last) return;
      if (to.membrane) at.write(to.membrane, u, s.membrane);
      if (to.current) at.write(to.current, u, s.current);
      if (to.adapted) at.write(to.adapted, u, has.adapts ? s.adapted : at.of(y.adapted, u));
      if (to.fired) at.write(to.fired, u, s.fired);
    });
  }
}

/// From what is left to the threshold to the surrogate derivative, in place; whole vectors.
template <class F, Surrogate kind>
__attribute__((noinline)) void shape(F* x, std::int64_t count, F sharpness, F height) {
  for (std::int64_t i = 0; i < count; i += Lanes<F>::count)
    store(x + i, surrogate_derivative<kind>(load<Vec<F>>(x + i) * sharpness) * height);
}

template <class F>
using Shape = void (*)(F*, std::int64_t, F, F);

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

/// The rows of scratch that the way back takes; those of steps begin anew with each block.
template <class F>
struct BackRows {
  const LifTerms& has;
  const LifScratch<F>& scratch;

  Kept<F> state(std::int64_t index) const {
    return {has, row(scratch, index * scratch.parts), scratch.stride};
  }
  Kept<F> carried() const { return state(0); }  // gradients on the state
  Kept<F> now() const { return state(1); }      // between the starts of blocks
  Kept<F> was(std::int64_t t) const {           // before step t
    return t % scratch.block ? state(1 + t % scratch.block) : start(t / scratch.block);
  }
  Kept<F> start(std::int64_t index) const { return state(1 + scratch.block + index); }
  F* before(std::int64_t t) const { return plain(2 * (t % scratch.block)); }
  F* psi(std::int64_t t) const { return plain(2 * (t % scratch.block) + 1); }
  F* sum() const { return plain(2 * scratch.block); }  // of the gradient on x

 private:
  F* plain(std::int64_t index) const {
    return row(scratch, (1 + scratch.block + scratch.blocks) * scratch.parts + index);
  }
};

/// Go over the steps from t0 to t1 once more, up to the surrogate derivatives, given or not.
template <class F, class S>
void again(const LifSequence<F, S>& y, const S* given, const BackRows<F>& rows, std::int64_t t0,
           std::int64_t t1, std::int64_t begin, std::int64_t end) {
  const Shape<F> shape = shape_of<F>(y.surrogate);
  for (std::int64_t t = t0; t < t1; ++t) {
    F *const before = rows.before(t), *const psi = rows.psi(t);
    const Kept<F> from = rows.was(t), after = t + 1 < t1 ? rows.was(t + 1) : rows.now();
    step_row(y, from, after, t, begin, end, [&](auto at, int u, const auto& done, const auto&) {
      at.write(before, u, done.before);
      at.write(psi, u, given ? at.read(given + t * y.width, u) : done.distance);
    });
    if (!given) shape(psi + begin, end - begin, y.sharpness, y.height);
  }
}

/// The gradients on the state after the last step.
template <class F, class S, class C>
SNNRUN_HD LifState<Vec<F>> last_gradients(const LifSequenceGradient<F, S>& to, const C& at, int u) {
  const auto of = [&](const F* given) { return given ? at.read(given, u) : Vec<F>{}; };
  return {of(to.on_membrane), of(to.on_current), of(to.on_adapted), Vec<F>{}};
}

/// Add to the sums over the steps for the constants of some neurons those that are wanted.
template <class F, class S, class C>
SNNRUN_HD void add_sums(const LifSequenceGradient<F, S>& to, const C& at, int u, bool first,
                        const LifSums<Vec<F>>& of) {
  const Vec<F> found[8] = {of.membrane_decay, of.current_decay, of.input_scale, of.threshold,
                           of.v_reset,        of.rest,          of.adaptation,
                           of.adaptation_decay};
  for (int c = 0; c < 8; ++c)
    if (F* const out = to.on_constants[c])
      at.write(out, u, first ? found[c] : at.read(out, u) + found[c]);
}

/// Go back over a step, of neurons whose constants are given, and have sums or not.
template <bool kSums, class F, class S, class Constants>
void back_row(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
              const BackRows<F>& rows, const Constants constants, std::int64_t t,
              std::int64_t begin, std::int64_t end) {
  using V = Vec<F>;
  const LifTerms has = y.has;
  const bool last = t + 1 == y.steps, first = t == 0, constant = y.constant;
  const Kept<F> was = rows.was(t), carried = rows.carried();
  const std::int64_t here = t * y.width, next = first ? here : here - y.width;
  const S* const x = y.x + (constant ? 0 : here);
  const S* const spikes = to.on_spikes ? to.on_spikes + here : nullptr;
  const S* const membranes = to.on_membranes ? to.on_membranes + here : nullptr;
  const F *const before = rows.before(t), *const psi = rows.psi(t);
  F* const sum = rows.sum();
  S* const out = to.on_x && (first || !constant) ? to.on_x + (constant ? 0 : here) : nullptr;
  const bool past_cache = to.past_cache;
  for_columns<F>(begin, end, [&](const auto at) {
    if (spikes) __builtin_prefetch(to.on_spikes + next + at.first);
    for (int u = 0; u < at.vectors; ++u) {
      LifState<V> on = last ? last_gradients(to, at, u) : carried.read(at, u);
      if (!has.adapts && to.on_adapted) on.adapted = at.read(to.on_adapted, u);
      LifSums<V> sums = {};
      V found = retreat(has, constants.of(at, u), first ? first_state(y, at, u) : was.read(at, u),
                        kSums ? at.read(x, u) : V{}, at.read(before, u), at.read(psi, u),
                        spikes ? at.read(spikes, u) : V{}, membranes ? at.read(membranes, u) : V{},
                        &on, kSums ? &sums : nullptr);
      if (kSums) add_sums(to, at, u, last, sums);
      if (constant) {
        if (!last) found += at.read(sum, u);
        at.write(sum, u, found);
      }
      if (out) at.write(out, u, found, past_cache);
      carried.write(at, u, on);
      if (!first) continue;
      if (to.on_first_membrane) at.write(to.on_first_membrane, u, on.membrane);
      if (to.on_first_current) at.write(to.on_first_current, u, on.current);
      if (to.on_first_adapted) at.write(to.on_first_adapted, u, on.adapted);
    }
  });
}

template <class F, class S>
void backward(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
              const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  const LifTerms has = y.has;
  const BackRows<F> rows = {has, scratch};
  const std::int64_t block = scratch.block, last = scratch.blocks - 1;
  const auto at = [&](std::int64_t t) { return t % block ? rows.now() : rows.start(t / block); };
  for (std::int64_t t = 0; t < last * block; ++t)
    step_row(y, at(t), at(t + 1), t, begin, end, [](auto, int, const auto&, const auto&) {});
  for (std::int64_t index = last; index >= 0; --index) {
    const std::int64_t t0 = index * block, t1 = smaller(y.steps, t0 + block);
    again(y, to.psi, rows, t0, t1, begin, end);
    with_constants(y, [&](const auto& constants) {
      for (std::int64_t t = t1 - 1; t >= t0; --t)
        to.sums_up ? back_row<true>(y, to, rows, constants, t, begin, end)
                   : back_row<false>(y, to, rows, constants, t, begin, end);
    });
  }
}

template <class F, class S>
using PlainBackward = void (*)(const LifSequence<F, S>&, const LifSequenceGradient<F, S>&,
                               const LifScratch<F>&, std::int64_t, std::int64_t);

template <Surrogate kind, class F, class S>
void plain_backward_of(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                       const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  with_plain_reset(
      y, [&](auto reset) { plain_backward<kind, reset()>(y, to, scratch, begin, end); });
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
  const bool plain = is_plain(y) && to.spikes && !to.distances && !to.membrane;
  const std::int64_t border = plain ? whole_groups<F>(begin, end) : begin;
  if (begin < border)
    with_plain_reset(y, [&](auto reset) { plain_forward<reset()>(y, to, scratch, begin, border); });
  if (border < end) forward(y, to, scratch, border, end);
}

template <class F, class S>
void backward_strip(const LifSequence<F, S>& y, const LifSequenceGradient<F, S>& to,
                    const LifScratch<F>& scratch, std::int64_t begin, std::int64_t end) {
  const bool plain = is_plain(y) && to.on_spikes && to.on_x && !to.psi && !to.on_membranes &&
                     !to.sums_up && !to.on_membrane && !to.on_first_membrane;
  const std::int64_t border = plain ? whole_groups<F>(begin, end) : begin;
  if (begin < border) plain_backward_for<F, S>(y.surrogate)(y, to, scratch, begin, border);
  if (border < end) backward(y, to, scratch, border, end);
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
