// Two normal numbers from two random words, operation by operation as kernels/random/reference.py.
#pragma once
#include "snnrun/simd.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

struct Normals {
  Vec<float> first, second;
};

/// Whole numbers below 2^31, or of either sign, in single precision.
template <class Whole>
SNNRUN_HD Vec<float> rounded(Whole x) {
  return __builtin_convertvector(same_bits<Mask<float>>(x), Vec<float>);
}

/// sin(pi/2 x) and cos(pi/2 x) for |x| <= 1/2, of the least largest relative error: 3e-9, 6e-11.
SNNRUN_HD Normals sine_and_cosine(Vec<float> x) {
  constexpr float s[] = {1.57079632F, -0.645963460F, 0.0796800328F, -0.00460165789F};
  constexpr float c[] = {-1.23370054F, 0.253669226F, -0.0208601651F, 0.000903766543F};
  const Vec<float> square = x * x;
  Vec<float> sine = constant<Vec<float>>(s[3]), cosine = constant<Vec<float>>(c[3]);
  for (int i = 2; i >= 0; --i) sine = sine * square + s[i], cosine = cosine * square + c[i];
  return {x * sine, square * cosine + 1.0F};
}

/// (-2 ln u)^(1/2), u = k / 2^31 with k odd; near u = 1 from 1 - u, which is known exactly.
SNNRUN_HD Vec<float> radius(Bits<Vec<float>> v) {
  using V = Vec<float>;
  const Bits<V> k = v >> 1 | 1;
  const Scaled<V> u = scaled(rounded(k) * 0x1p-31F);
  const V rest = rounded(0x80000000U - k) * -0x1p-31F;
  const V f = select((u.n == 0) & (u.m <= 1), rest, u.m - 1.0F);
  return root(logarithm(u.n, f) * -2.0F);
}

SNNRUN_HD Normals box_muller(Bits<Vec<float>> v, Bits<Vec<float>> w) {
  using V = Vec<float>;
  const Normals turn = sine_and_cosine(rounded(w << 2) * 0x1p-32F);
  const V signed_radius =
      same_bits<V>(same_bits<Bits<V>>(radius(v)) ^ (w & 0x80000000U));
  const Mask<float> swap = same_bits<Mask<float>>(w << 1) < 0;
  return {signed_radius * select(swap, turn.first, turn.second),
          signed_radius * select(swap, turn.second, turn.first)};
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
