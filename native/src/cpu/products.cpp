// Products with a sparse left factor: its sparse form, and the cut for threads.
#include "snnrun/products.hpp"

#include <algorithm>
#include <vector>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

constexpr std::int64_t kSpare = 16;  // elements that SparseGather may write beyond its last one

/// The same elements, column by column.
template <class F>
SparseRows<F> turned(const SparseRows<F>& m, std::int64_t columns) {
  SparseRows<F> out(columns, m.count());
  for (std::int64_t k = 0; k < m.count(); ++k) ++out.starts[m.columns[k] + 1];
  for (std::int64_t c = 0; c < columns; ++c) out.starts[c + 1] += out.starts[c];
  std::vector<std::int64_t> next = out.starts;
  for (std::int64_t row = 0; row < m.rows(); ++row)
    for (std::int64_t k = m.starts[row]; k < m.starts[row + 1]; ++k) {
      const std::int64_t to = next[m.columns[k]]++;
      out.columns[to] = static_cast<std::int32_t>(row);
      out.values[to] = m.values[k];
    }
  return out;
}

}  // namespace

template <class F>
std::unique_ptr<Sparse<F>> make_sparse(const F* x, std::int64_t rows, std::int64_t columns,
                                       std::int64_t most) {
  SparseRows<F> m(rows, most + columns + kSpare);
  const auto gather = kernels().gather(F());
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t at = m.starts[r];
    if (at > most) return nullptr;
    m.starts[r + 1] = at + gather(x + r * columns, columns, &m.columns[at], &m.values[at]);
  }
  if (m.count() > most) return nullptr;
  SparseRows<F> by_column = turned(m, columns);
  return std::make_unique<Sparse<F>>(Sparse<F>{std::move(m), std::move(by_column)});
}

template <class F>
void sparse_product(const SparseRows<F>& m, const F* right, F* out, std::int64_t width,
                    int threads) {
  const SparseView<F> view = {m.starts.data(), m.columns.get(), m.values.get()};
  const auto tile = kernels().sparse(F());
  const std::int64_t rows = m.rows(), chunk = 16;
  parallel_for((rows + chunk - 1) / chunk, threads, [&](std::int64_t task) {
    tile(view, right, out, width, task * chunk, std::min(rows, (task + 1) * chunk));
  });
}

#define SNNRUN_INSTANTIATE(F)                                                                     \
  template std::unique_ptr<Sparse<F>> make_sparse(const F*, std::int64_t, std::int64_t,           \
                                                  std::int64_t);                                  \
  template void sparse_product(const SparseRows<F>&, const F*, F*, std::int64_t, int);
SNNRUN_INSTANTIATE(float)
SNNRUN_INSTANTIATE(double)

}  // namespace snnrun
