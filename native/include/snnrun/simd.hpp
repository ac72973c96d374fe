// Short vectors of one CPU level, and the few operations that have no operator.
//
// A kernel file is compiled once for each level, with the level's flags and SNNRUN_LEVEL set to
// its name. All that these files define lives in the inline namespace of that name, so that the
// linker never takes code for a newer CPU where an older one was meant.
#pragma once
#include <type_traits>

#include "snnrun/surrogates.hpp"

#if defined(__AVX512F__) || defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

namespace snnrun {
inline namespace SNNRUN_LEVEL {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

/// Vec: a vector of F; Mask: the integers of the same width, all ones where a comparison held.
template <class F>
struct Lanes;
template <>
struct Lanes<float> {
  static constexpr int count = kVectorBytes / 4;
  typedef float Vec __attribute__((vector_size(kVectorBytes)));
  typedef std::int32_t Mask __attribute__((vector_size(kVectorBytes)));
};
template <>
struct Lanes<double> {
  static constexpr int count = kVectorBytes / 8;
  typedef double Vec __attribute__((vector_size(kVectorBytes)));
  typedef std::int64_t Mask __attribute__((vector_size(kVectorBytes)));
};
template <class F>
using Vec = typename Lanes<F>::Vec;
template <class F>
using Mask = typename Lanes<F>::Mask;

template <>
struct Real<Vec<float>> : Real<float> {
  typedef std::uint32_t Bits __attribute__((vector_size(kVectorBytes)));
};
template <>
struct Real<Vec<double>> : Real<double> {
  typedef std::uint64_t Bits __attribute__((vector_size(kVectorBytes)));
};

template <class V, class S>
SNNRUN_HD V load(const S* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

template <class V, class S>
SNNRUN_HD void store(S* to, V v) {
  std::memcpy(to, &v, sizeof v);
}

/// The same number in every lane; x - 0 is x for every x, so this costs no subtraction.
template <class V, class S>
SNNRUN_HD V broadcast(S value) {
  return value - V{};
}

/// A whole number in every lane, as wide as F.
template <class F>
SNNRUN_HD Mask<F> whole(std::int64_t value) {
  using Integer = std::conditional_t<sizeof(F) == 4, std::int32_t, std::int64_t>;
  return broadcast<Mask<F>>(static_cast<Integer>(value));
}

/// Which lanes come before the given number.
template <class F>
SNNRUN_HD Mask<F> lanes_below(std::int64_t count) {
  Mask<F> index;
  for (int i = 0; i < Lanes<F>::count; ++i) index[i] = i;
  return index < whole<F>(count);
}

/// The first `count` lanes from memory, `rest` in the others.
template <class V, class S>
SNNRUN_HD V load_some(const S* from, std::int64_t count, S rest) {
  if (count * sizeof(S) == sizeof(V)) return load<V>(from);
  V v = broadcast<V>(rest);
  std::memcpy(&v, from, static_cast<std::size_t>(count) * sizeof(S));
  return v;
}

/// The first `count` lanes to memory.
template <class V, class S>
SNNRUN_HD void store_some(S* to, std::int64_t count, V v) {
  if (count * sizeof(S) == sizeof(V)) return store(to, v);
  std::memcpy(to, &v, static_cast<std::size_t>(count) * sizeof(S));
}

SNNRUN_HD Vec<float> root(Vec<float> x) {
  for (int i = 0; i < Lanes<float>::count; ++i) x[i] = std::sqrt(x[i]);
  return x;
}

SNNRUN_HD Vec<double> root(Vec<double> x) {
  for (int i = 0; i < Lanes<double>::count; ++i) x[i] = std::sqrt(x[i]);
  return x;
}

/// Is any lane of a mask set?
template <class M>
SNNRUN_HD bool any(M mask) {
#if defined(__AVX512F__)
  const auto bits = load<__m512i>(&mask);
  return _mm512_test_epi32_mask(bits, bits) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_epi8(load<__m256i>(&mask)) != 0;
#elif defined(__SSE2__)
  return _mm_movemask_epi8(load<__m128i>(&mask)) != 0;
#else
  std::uint64_t halves[2];
  std::memcpy(halves, &mask, sizeof halves);
  return (halves[0] | halves[1]) != 0;
#endif
}

/// Bit i is set where lane i of a mask is.
template <class F>
SNNRUN_HD std::uint32_t bits_of(Mask<F> mask) {
#if defined(__AVX512F__)
  const auto lanes = load<__m512i>(&mask);
  return sizeof(F) == 4 ? _mm512_movepi32_mask(lanes) : _mm512_movepi64_mask(lanes);
#elif defined(__AVX2__)
  if constexpr (sizeof(F) == 4)
    return static_cast<std::uint32_t>(_mm256_movemask_ps(load<__m256>(&mask)));
  else
    return static_cast<std::uint32_t>(_mm256_movemask_pd(load<__m256d>(&mask)));
#else
  std::uint32_t bits = 0;
  for (int i = 0; i < Lanes<F>::count; ++i) bits |= static_cast<std::uint32_t>(mask[i] & 1) << i;
  return bits;
#endif
}

/// To memory whose vectors are aligned, past the cache; `fence` ends a row of such stores.
template <class V, class S>
SNNRUN_HD void stream(S* to, V v) {
#if defined(__AVX512F__)
  _mm512_stream_si512(reinterpret_cast<__m512i*>(to), load<__m512i>(&v));
#elif defined(__AVX2__)
  _mm256_stream_si256(reinterpret_cast<__m256i*>(to), load<__m256i>(&v));
#elif defined(__SSE2__)
  _mm_stream_si128(reinterpret_cast<__m128i*>(to), load<__m128i>(&v));
#else
  store(to, v);
#endif
}
SNNRUN_HD void fence() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

#if defined(__FMA__)
template <>
struct Fused<Vec<float>> {
  using V = Vec<float>;
  static SNNRUN_HD V of(V a, V b, V c) {
#if defined(__AVX512F__)
    return same_bits<V>(
        _mm512_fmadd_ps(same_bits<__m512>(a), same_bits<__m512>(b), same_bits<__m512>(c)));
#else
    return same_bits<V>(
        _mm256_fmadd_ps(same_bits<__m256>(a), same_bits<__m256>(b), same_bits<__m256>(c)));
#endif
  }
};
#endif

#if defined(__SSE2__)
/// From an estimate of 12 or 14 bits and a step of Newton's: within 2 ulp, for x up to 1e38.
template <>
struct Reciprocal<Vec<float>> {
  using V = Vec<float>;
  static SNNRUN_HD V of(V x) {
#if defined(__AVX512F__)
    x = same_bits<V>(_mm512_maskz_min_ps(0xffff, same_bits<__m512>(x), _mm512_set1_ps(1e38F)));
    const V near = same_bits<V>(_mm512_maskz_rcp14_ps(0xffff, same_bits<__m512>(x)));
#elif defined(__AVX2__)
    x = same_bits<V>(_mm256_min_ps(same_bits<__m256>(x), _mm256_set1_ps(1e38F)));
    const V near = same_bits<V>(_mm256_rcp_ps(same_bits<__m256>(x)));
#else
    x = same_bits<V>(_mm_min_ps(same_bits<__m128>(x), _mm_set1_ps(1e38F)));
    const V near = same_bits<V>(_mm_rcp_ps(same_bits<__m128>(x)));
#endif
    return near * fused(-x, near, constant<V>(2));
  }
};
#endif

/// A vector of F of any width.
template <class F, int bytes>
struct Wide {
  typedef F Vector __attribute__((vector_size(bytes)));
};

/// Sum of the lanes, in halves: always the same order.
template <class F, int bytes = kVectorBytes>
SNNRUN_HD F sum(typename Wide<F, bytes>::Vector v) {
  if constexpr (bytes > 16) {
    typename Wide<F, bytes / 2>::Vector half[2];
    std::memcpy(half, &v, sizeof v);
    return sum<F, bytes / 2>(half[0] + half[1]);
  } else if constexpr (sizeof(F) == 4) {
    return (v[0] + v[2]) + (v[1] + v[3]);
  } else {
    return v[0] + v[1];
  }
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
