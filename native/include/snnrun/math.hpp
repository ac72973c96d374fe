// Exponential, logarithm and root, written once for a number and for a vector of numbers, for the
// host and for a CUDA device: no branch, no table look-up. Errors stay below 2 ulp.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#ifndef SNNRUN_LEVEL
#define SNNRUN_LEVEL baseline
#endif
#ifdef __CUDACC__
#define SNNRUN_HD __host__ __device__ inline
#else
#define SNNRUN_HD inline __attribute__((always_inline))
#endif

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// How a number is laid out in bits, and how many terms its series need. simd.hpp adds vectors.
template <class V>
struct Real;

template <>
struct Real<float> {
  using Number = float;
  using Bits = std::uint32_t;
  static constexpr Bits one = 0x3f800000, root_half = 0x3f3504f3;
  static constexpr int mantissa = 23, exp_terms = 7, log_terms = 5;
  static constexpr float rounder = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  static constexpr float lowest = -87.0F, highest = 88.3F;
  static constexpr float ln2_high = 0.693359375F, ln2_low = -2.12194440e-4F;
};

template <>
struct Real<double> {
  using Number = double;
  using Bits = std::uint64_t;
  static constexpr Bits one = 0x3ff0000000000000, root_half = 0x3fe6a09e667f3bcd;
  static constexpr int mantissa = 52, exp_terms = 13, log_terms = 11;
  static constexpr double rounder = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double lowest = -708.0, highest = 709.4;
  static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770e-10;
};

template <class V>
using Number = typename Real<V>::Number;
template <class V>
using Bits = typename Real<V>::Bits;

template <class To, class From>
SNNRUN_HD To same_bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "same_bits: sizes differ");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

template <class V>
SNNRUN_HD V constant(Number<V> value) {
  return value - V{};
}

template <class M, class V>
SNNRUN_HD V select(M condition, V yes, V no) {
  return condition ? yes : no;
}

/// sum + more where a condition holds, else sum.
template <class M, class V>
SNNRUN_HD V add_where(M condition, V sum, V more) {
#if defined(__AVX512F__)
  return select(condition, sum + more, sum);  // one instruction
#else
  return sum + select(condition, more, V{});
#endif
}

template <class V>
SNNRUN_HD V smaller(V a, V b) {
  return a < b ? a : b;
}

template <class V>
SNNRUN_HD V larger(V a, V b) {
  return a > b ? a : b;
}

SNNRUN_HD float root(float x) { return std::sqrt(x); }
SNNRUN_HD double root(double x) { return std::sqrt(x); }

/// The largest whole number that is not above x.
template <class V>
SNNRUN_HD V rounded_down(V x) {
  using S = Number<V>;
  if constexpr (std::is_same_v<V, S>) {
    return std::floor(x);
  } else {
    for (std::size_t i = 0; i < sizeof(V) / sizeof(S); ++i) x[i] = std::floor(x[i]);
    return x;
  }
}

/// e^x; 0 below Real::lowest, e^highest above Real::highest, nan for nan.
template <class V>
SNNRUN_HD V exponential(V x) {
  using R = Real<V>;
  using S = Number<V>;
  constexpr S log2_e = S(1.4426950408889634074);
  constexpr S inverse_factorial[] = {
      1,          1,           S(1. / 2),       S(1. / 6),        S(1. / 24),
      S(1. / 120), S(1. / 720), S(1. / 5040),    S(1. / 40320),    S(1. / 362880),
      S(1. / 3628800), S(1. / 39916800), S(1. / 479001600), S(1. / 6227020800)};
  const V inside = smaller(constant<V>(R::highest), larger(constant<V>(R::lowest), x));
  const V shifted = inside * log2_e + R::rounder;
  const V n = shifted - R::rounder;
  const V rest = (inside - n * R::ln2_high) - n * R::ln2_low;
  V series = constant<V>(inverse_factorial[R::exp_terms]);
  for (int i = R::exp_terms - 1; i >= 0; --i) series = series * rest + inverse_factorial[i];
  const V power_of_two = same_bits<V>((same_bits<Bits<V>>(shifted) << R::mantissa) + R::one);
  return select(x < constant<V>(R::lowest), V{}, series * power_of_two);
}

/// x = 2^n m with m in [1/2, 2]^(1/2).
template <class V>
struct Scaled {
  V n, m;
};

/// Of normal positive x.
template <class V>
SNNRUN_HD Scaled<V> scaled(V x) {
  using R = Real<V>;
  const Bits<V> offset = same_bits<Bits<V>>(x) - R::root_half + R::one;
  const Bits<V> biased = offset >> R::mantissa;
  const Bits<V> exponent = biased - (R::one >> R::mantissa);
  const auto shift = same_bits<typename Real<Number<V>>::Bits>(R::rounder);
  return {same_bits<V>(exponent + shift) - R::rounder,
          same_bits<V>(same_bits<Bits<V>>(x) - (exponent << R::mantissa))};
}

/// ln(2^n (1 + f)) for 1 + f in [1/2, 2]^(1/2), from ln(1 + f) = 2 artanh(f / (2 + f)).
template <class V>
SNNRUN_HD V logarithm(V n, V f) {
  using R = Real<V>;
  using S = Number<V>;
  const V s = f / (f + S(2));
  const V square = s * s;
  V series = constant<V>(S(2) / S(2 * R::log_terms + 1));
  for (int i = R::log_terms - 1; i >= 1; --i) series = series * square + S(2) / S(2 * i + 1);
  const V tail = s * square * series + n * R::ln2_low;
  return n * R::ln2_high + (s * S(2) + tail);
}

/// ln x for normal positive x.
template <class V>
SNNRUN_HD V logarithm(V x) {
  const Scaled<V> y = scaled(x);
  return logarithm(y.n, y.m - Number<V>(1));
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
