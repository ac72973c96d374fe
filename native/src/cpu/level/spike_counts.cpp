// Counts over what neurons did: a tile of them goes through one step after another, its own counts
// in the nearest cache.
#include "spike_counts.hpp"

#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

/// Call body(zero, i) for each whole vector of `count` numbers, and for each number of the rest;
/// zero is of the type that is meant.
template <class F, class Body>
SNNRUN_HD void for_all(std::int64_t count, const Body& body) {
  constexpr std::int64_t lanes = Lanes<F>::count;
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) body(Vec<F>{}, i);
  for (; i < count; ++i) body(F(0), i);
}

/// A sum of vectors and numbers, exact as long as it counts less than F can.
template <class F>
struct Sum {
  Vec<F> wide{};
  F rest{};
  SNNRUN_HD void add(Vec<F> x) { wide = wide + x; }
  SNNRUN_HD void add(F x) { rest = rest + x; }
  double total() const { return static_cast<double>(sum<F>(wide)) + rest; }
};

/// 1 where a condition holds.
template <class V, class M>
SNNRUN_HD V one_where(M holds) {
  return select(holds, constant<V>(1), V{});
}

template <class F, Surrogate kind>
std::int64_t felt_by(const F* membranes, const Hump<F>& hump, F level, std::int64_t count) {
  const F threshold = hump.threshold, sharpness = hump.sharpness;
  Sum<F> felt;
  for_all<F>(count, [&](auto zero, std::int64_t i) {
    using V = decltype(zero);
    const V x = (load<V>(membranes + i) - constant<V>(threshold)) * constant<V>(sharpness);
    felt.add(one_where<V>(surrogate_derivative<kind>(x) > constant<V>(level)));
  });
  return static_cast<std::int64_t>(felt.total());
}

}  // namespace

template <class F>
SpikeCounts count_tile(const F* spikes, std::int64_t steps, std::int64_t width, std::int64_t begin,
                       std::int64_t end) {
  const std::int64_t count = end - begin;
  F own[kCountTile] = {};
  for (std::int64_t t = 0; t < steps; ++t) {
    const F* const row = spikes + t * width + begin;
    for_all<F>(count, [&](auto zero, std::int64_t i) {
      using V = decltype(zero);
      store(own + i, load<V>(own + i) + load<V>(row + i));
    });
  }
  Sum<F> all, silent, saturated;
  for_all<F>(count, [&](auto zero, std::int64_t i) {
    using V = decltype(zero);
    const V of = load<V>(own + i);
    all.add(of);
    silent.add(one_where<V>(of == V{}));
    saturated.add(one_where<V>(of == constant<V>(static_cast<F>(steps))));
  });
  return {all.total(), static_cast<std::int64_t>(silent.total()),
          static_cast<std::int64_t>(saturated.total())};
}

template <class F>
std::int64_t felt_tile(const F* membranes, const Hump<F>& hump, F level, std::int64_t begin,
                       std::int64_t end) {
  switch (hump.kind) {
#define SNNRUN_CASE(name) \
  case Surrogate::name:   \
    return felt_by<F, Surrogate::name>(membranes + begin, hump, level, end - begin);
    SNNRUN_SURROGATES(SNNRUN_CASE)
#undef SNNRUN_CASE
  }
  return 0;
}

template SpikeCounts count_tile(const float*, std::int64_t, std::int64_t, std::int64_t,
                                std::int64_t);
template SpikeCounts count_tile(const double*, std::int64_t, std::int64_t, std::int64_t,
                                std::int64_t);
template std::int64_t felt_tile(const float*, const Hump<float>&, float, std::int64_t,
                                std::int64_t);
template std::int64_t felt_tile(const double*, const Hump<double>&, double, std::int64_t,
                                std::int64_t);

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
