// Products of few columns, as of a readout: too few for the tiles of a general matrix product. Each
// sum is taken in an order that does not depend on the number of threads.
#pragma once
#include <cstdint>

namespace snnrun {

constexpr std::int64_t kNarrow = 16;  // most columns

/// x W^T for x [rows, inputs] and W [units, inputs], of at most kNarrow units.
template <class F>
struct NarrowProduct {
  const F* x;
  const F* weights;
  std::int64_t rows, inputs, units;
};

/// out [rows, units] = x W^T.
template <class F>
void narrow_product(const NarrowProduct<F>& y, F* out, int threads);

/// Given the gradient on the product, `signal` [rows, units]: on_x [rows, inputs] = signal W and
/// on_weights [units, inputs] = signal^T x; null = not wanted.
template <class F>
void narrow_gradient(const NarrowProduct<F>& y, const F* signal, F* on_x, F* on_weights,
                     int threads);

}  // namespace snnrun
