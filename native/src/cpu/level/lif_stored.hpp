// Numbers of LIF sequences in memory: as float, as double, or in 16 bits.
#pragma once
#include "snnrun/kernels.hpp"
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {
namespace {

/// Numbers as they are stored, from and to a vector of F.
template <class F, class S>
struct Stored {
  using V = Vec<F>;
  static SNNRUN_HD V read(const S* from) { return load<V>(from); }
  static SNNRUN_HD V read_some(const S* from, std::int64_t count) {
    return load_some<V>(from, count, S(0));
  }
  static SNNRUN_HD void write(S* to, V v, bool past_cache) {
    past_cache ? stream(to, v) : store(to, v);
  }
  static SNNRUN_HD void write_some(S* to, std::int64_t count, V v) { store_some(to, count, v); }
};

template <>
struct Stored<float, Bfloat> {
  using V = Vec<float>;
  typedef std::uint16_t Halves __attribute__((vector_size(kVectorBytes / 2)));
  static SNNRUN_HD V widen(Halves halves) {
    return same_bits<V>(__builtin_convertvector(halves, Bits<V>) << 16);
  }
  /// To the nearest, ties to even.
  static SNNRUN_HD Halves narrow(V v) {
    const Bits<V> bits = same_bits<Bits<V>>(v);
    const Bits<V> rounded = (bits + (0x7fffU + (bits >> 16 & 1U))) >> 16;
    const V quiet = select(v == v, same_bits<V>(rounded), same_bits<V>(Bits<V>{} + 0x7fc0U));
    return __builtin_convertvector(same_bits<Bits<V>>(quiet), Halves);
  }
  static SNNRUN_HD V read(const Bfloat* from) { return widen(load<Halves>(from)); }
  static SNNRUN_HD V read_some(const Bfloat* from, std::int64_t count) {
    Halves halves{};
    std::memcpy(&halves, from, static_cast<std::size_t>(count) * sizeof(Bfloat));
    return widen(halves);
  }
  static SNNRUN_HD void write(Bfloat* to, V v, bool) { store(to, narrow(v)); }
  static SNNRUN_HD void write_some(Bfloat* to, std::int64_t count, V v) {
    const Halves halves = narrow(v);
    std::memcpy(to, &halves, static_cast<std::size_t>(count) * sizeof(Bfloat));
  }
};

/// Where rows of scratch begin, so that column `begin` of the layer is their first.
template <class F>
SNNRUN_HD F* row(const LifScratch<F>& scratch, std::int64_t index) {
  return scratch.rows + index * scratch.stride - scratch.begin;
}

}  // namespace
}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
