// Lambert W, the inverse of w e^w, on its two real branches; for numbers and vectors, CPU and CUDA.
//
// Branch 0:  W >= -1 for z >= -1/e.    Branch -1:  W <= -1 for -1/e <= z < 0.
// Next to the branch point W(-1/e) = -1 the well-behaved unknown is q = 1 + W, an analytic
// function of r = +-sqrt(2 (1 + e z)); elsewhere the iteration of Fritsch, Shafer and Crowley
// takes a rough start to full precision.
#pragma once
#include "snnrun/math.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// q = 1 + W from r in [-0.6, 1.42], relative error below 2 ulp: a polynomial for q / r, the
/// Chebyshev interpolant in x = (r - 0.41) / 1.01. Positive r is branch 0, negative r branch -1.
template <class V>
SNNRUN_HD V one_plus_w(V r) {
  using S = Number<V>;
  constexpr S in_float[] = {
      S(8.845429647e-01), S(-2.41163664e-01), S(8.843809621e-02), S(-3.656106163e-02),
      S(1.614444362e-02), S(-7.426711511e-03), S(3.46756337e-03), S(-1.674075608e-03),
      S(9.576308464e-04), S(-4.793233422e-04), S(4.227694854e-05), S(-1.888374939e-05),
      S(1.538792087e-04), S(-7.979159169e-05)};
  constexpr S in_double[] = {
      S(0.8845429595961175931), S(-0.24116366134296283229), S(0.088438591806429191325),
      S(-0.036561320591507476923), S(0.016136627548681778824), S(-0.0074226277572615297454),
      S(0.0035131337809411623811), S(-0.0016978811138114500307), S(0.00083378986784649309783),
      S(-0.00041464996464786324702), S(0.00020832265379842110453), S(-0.00010554982939895196154),
      S(0.000053868597444508675761), S(-0.000027654177313318253482), S(0.000014229852892913989205),
      S(-7.3757813523552646035e-6), S(3.9583740258885444419e-6), S(-2.0692081936458112648e-6),
      S(8.3252198679680840653e-7), S(-4.3456692008301525192e-7), S(6.1023214703170968931e-7),
      S(-3.2550428432459187695e-7), S(-2.4034067925042785654e-7), S(1.3004562103339985555e-7),
      S(2.4178091803993690269e-7), S(-1.2999236074747003512e-7), S(-8.5655574778282440272e-8),
      S(4.6123636148017224735e-8), S(2.12502288846484914e-8), S(-1.1424669454303131777e-8)};
  const V x = (r - S(0.41)) * S(1 / 1.01);
  if (sizeof(S) == 4) {
    V p = constant<V>(in_float[13]);
    for (int i = 12; i >= 0; --i) p = p * x + in_float[i];
    return r * p;
  }
  const V square = x * x;  // two half-length chains run side by side
  V even = constant<V>(in_double[28]), odd = constant<V>(in_double[29]);
  for (int i = 26; i >= 0; i -= 2) {
    even = even * square + in_double[i];
    odd = odd * square + in_double[i + 1];
  }
  return r * (odd * x + even);
}

template <class V>
struct LambertW {
  V w;      // W(z)
  V slope;  // dW/dz = W / (z (1 + W)), without cancellation in 1 + W
};

/// One step of Fritsch, Shafer and Crowley, from error = ln(z / w) - w: it leaves error^4.
template <class V>
SNNRUN_HD V fritsch_step(V w, V error) {
  using S = Number<V>;
  const V q = w + S(1);
  const V t = q * S(2) * (q + error * S(2. / 3));
  return w + w * (error / q) * ((t - error) / (t - error * S(2)));
}

/// z + 1/e for z <= 0, and 1/e above: taken in two parts, so that nothing cancels. It is negative
/// only outside the domain; the number nearest to -1/e counts as the branch point itself.
template <class V>
SNNRUN_HD V beyond_branch_point(V z) {
  using S = Number<V>;
  constexpr S nearest = S(0.36787944117144232160);
  constexpr S rest = sizeof(S) == 4 ? S(-9.1497552e-9) : S(-1.2428753672788363e-17);
  const V sum = select(z > V{}, V{}, z) + nearest;
  return select(sum > V{}, sum + rest, sum);
}

/// W and its derivative on branch 0; nan for z < -1/e.
template <class V>
SNNRUN_HD LambertW<V> lambertw_upper(V z) {
  using S = Number<V>;
  constexpr S two_e = S(5.43656365691809047072), infinity = S(INFINITY);
  const V one = constant<V>(1), tiny = constant<V>(S(0.05));
  const V q = one_plus_w(root(beyond_branch_point(z) * two_e));
  const V log_z = logarithm(larger(z, V{}) + one);
  V w = log_z - log_z * logarithm(log_z + one) / (log_z + S(2));
  w = select(z < tiny, select(z < -tiny, q - one, z - z * z), w);
  for (int i = 0; i < 2; ++i) w = fritsch_step(w, logarithm(z / w) - w);
  const auto near = !(q > constant<V>(S(0.5)));
  w = select(near, q - one, w);
  const V slope = w / (z * select(near, q, w + one));
  const auto fixed = (z == V{}) | (z == constant<V>(infinity));
  return {select(fixed, z, w), select(fixed, one / (one + z), slope)};
}

/// W and its derivative on branch -1; -inf at 0, nan outside [-1/e, 0].
template <class V>
SNNRUN_HD LambertW<V> lambertw_lower(V z) {
  using S = Number<V>;
  constexpr S two_e = S(5.43656365691809047072), infinity = S(INFINITY), none = S(NAN);
  const V one = constant<V>(1), r = root(beyond_branch_point(z) * two_e);
  const auto near = !(r > constant<V>(S(0.6)));
  const V q = one_plus_w(-select(near, r, V{}));
  const V log_z = logarithm(-z), log_log = logarithm(-log_z);
  V w = log_z - log_log + log_log / log_z;
  for (int i = 0; i < 3; ++i) w = fritsch_step(w, (log_z - logarithm(-w)) - w);
  w = select(near, q - one, w);
  const V slope = w / (z * select(near, q, w + one));
  const V outside = select(z == V{}, constant<V>(-infinity), constant<V>(none));
  return {select(z < V{}, w, outside), select(z < V{}, slope, outside)};
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
