// Surrogate derivatives, for a number and for a vector, on the host and on a CUDA device.
#pragma once
#include "snnrun/math.hpp"

namespace snnrun {

/// psi(u), u = (U - c) * sharpness; 1 at the threshold. Equations: kernels/lif/surrogates.py.
#define SNNRUN_SURROGATES(each)                                                          \
  each(superspike) each(triangular) each(arctan) each(sigmoid) each(rectangle)           \
      each(piecewise_exponential) each(erf) each(straight_through)
#define SNNRUN_NAME(name) name,
#define SNNRUN_QUOTED(name) #name,
enum class Surrogate : int { SNNRUN_SURROGATES(SNNRUN_NAME) };
constexpr const char* kSurrogateNames[] = {SNNRUN_SURROGATES(SNNRUN_QUOTED)};
constexpr int kSurrogates = sizeof(kSurrogateNames) / sizeof(kSurrogateNames[0]);
#undef SNNRUN_NAME
#undef SNNRUN_QUOTED

inline namespace SNNRUN_LEVEL {

template <class V>
SNNRUN_HD V magnitude(V x) {
  constexpr auto sign = typename Real<Number<V>>::Bits(1) << (8 * sizeof(Number<V>) - 1);
  return same_bits<V>(same_bits<Bits<V>>(x) & ~sign);
}

/// 1 / x, x > 0, and a b + c rounded once: faster for vectors (simd.hpp), and within 2 ulp.
template <class V>
struct Reciprocal {
  static SNNRUN_HD V of(V x) { return constant<V>(1) / x; }
};
template <class V>
struct Fused {
  static SNNRUN_HD V of(V a, V b, V c) { return a * b + c; }
};
template <class V>
SNNRUN_HD V fused(V a, V b, V c) {
  return Fused<V>::of(a, b, c);
}

/// How derivatives are rounded: as they are written, or within 2 ulp of that, which is faster.
struct Exactly {
  template <class V>
  static SNNRUN_HD V ratio(V a, V b) {
    return a / b;
  }
  template <class V>
  static SNNRUN_HD V fused(V a, V b, V c) {
    return a * b + c;
  }
};
struct Nearly {
  template <class V>
  static SNNRUN_HD V ratio(V a, V b) {
    return a * Reciprocal<V>::of(b);
  }
  template <class V>
  static SNNRUN_HD V fused(V a, V b, V c) {
    return Fused<V>::of(a, b, c);
  }
};

template <Surrogate kind, class Rounded = Exactly, class V>
SNNRUN_HD V surrogate_derivative(V x) {
  using S = Number<V>;
  const V one = constant<V>(1);
  if constexpr (kind == Surrogate::superspike) {
    const V d = one + magnitude(x);
    return Rounded::ratio(one, d * d);
  } else if constexpr (kind == Surrogate::triangular) {
    return larger(V{}, one - magnitude(x));
  } else if constexpr (kind == Surrogate::arctan) {
    return Rounded::ratio(one, Rounded::fused(x, x, one));
  } else if constexpr (kind == Surrogate::sigmoid) {
    const V decay = exponential(-magnitude(x)), sum = one + decay;
    return Rounded::ratio(decay * S(4), sum * sum);
  } else if constexpr (kind == Surrogate::rectangle) {
    return select(magnitude(x) < constant<V>(S(0.5)), one, V{});
  } else if constexpr (kind == Surrogate::piecewise_exponential) {
    return exponential(-magnitude(x));
  } else if constexpr (kind == Surrogate::erf) {
    return exponential(-x * x);
  } else {
    static_assert(kind == Surrogate::straight_through);
    return select(x - x == V{}, one, V{});  // 0 where x is not finite
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
