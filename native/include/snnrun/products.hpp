// Matrix products with a left factor that is mostly zeros: images are mostly background, and spikes
// are rare. x W then needs only the rows of W that x touches. Each element of a result is summed by
// one thread in a fixed order, so results do not depend on the number of threads.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

namespace snnrun {

/// The elements of a matrix that are not zero, row by row: those of row r are number starts[r] to
/// starts[r + 1].
template <class F>
struct SparseRows {
  std::vector<std::int64_t> starts;
  std::vector<std::int32_t> columns;
  std::vector<F> values;
};

/// A matrix [rows, columns] of few elements that are not zero, and its transpose.
template <class F>
struct Sparse {
  std::int64_t rows, columns;
  SparseRows<F> by_row, by_column;
};

/// The sparse form of x [rows, columns]; null if more than `most` of its elements are not zero.
template <class F>
std::unique_ptr<Sparse<F>> make_sparse(const F* x, std::int64_t rows, std::int64_t columns,
                                       std::int64_t most);

/// out = m right, with m [rows, *] in sparse form, right [*, width] and out [rows, width].
template <class F>
void sparse_product(const SparseRows<F>& m, const F* right, F* out, std::int64_t width,
                    int threads);

}  // namespace snnrun
