// Products with a sparse left factor: its sparse form, and the cut for threads.
#include "snnrun/products.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

constexpr std::int64_t kTogether = 8;

/// Are all of these numbers zero? Most groups of an image are.
template <class F>
bool all_zero(const F* x, std::int64_t count) {
  if (count < kTogether) return false;
  F largest = 0;
  for (std::int64_t i = 0; i < kTogether; ++i) largest = std::max(largest, std::abs(x[i]));
  return largest == F(0);
}

/// The same elements, column by column.
template <class F>
SparseRows<F> turned(const SparseRows<F>& m, std::int64_t columns) {
  SparseRows<F> out;
  out.starts.assign(columns + 1, 0);
  for (const std::int32_t column : m.columns) ++out.starts[column + 1];
  for (std::int64_t c = 0; c < columns; ++c) out.starts[c + 1] += out.starts[c];
  out.columns.resize(m.columns.size());
  out.values.resize(m.values.size());
  std::vector<std::int64_t> next(out.starts.begin(), out.starts.end() - 1);
  for (std::size_t row = 0; row + 1 < m.starts.size(); ++row)
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
  auto sparse = std::make_unique<Sparse<F>>();
  SparseRows<F>& m = sparse->by_row;
  m.starts.resize(rows + 1);
  m.columns.resize(most + columns);
  m.values.resize(most + columns);
  std::int64_t count = 0;
  for (std::int64_t r = 0; r < rows; ++r, x += columns) {
    m.starts[r] = count;
    if (count > most) return nullptr;
    for (std::int64_t c = 0; c < columns; c += kTogether) {
      const std::int64_t end = std::min(columns, c + kTogether);
      if (all_zero(x + c, end - c)) continue;
      for (std::int64_t i = c; i < end; ++i) {
        m.columns[count] = static_cast<std::int32_t>(i);
        m.values[count] = x[i];
        count += x[i] != F(0);
      }
    }
  }
  if (count > most) return nullptr;
  m.starts[rows] = count;
  m.columns.resize(count);
  m.values.resize(count);
  sparse->rows = rows;
  sparse->columns = columns;
  sparse->by_column = turned(m, columns);
  return sparse;
}

template <class F>
void sparse_product(const SparseRows<F>& m, const F* right, F* out, std::int64_t width,
                    int threads) {
  const SparseView<F> view = {m.starts.data(), m.columns.data(), m.values.data()};
  const auto tile = kernels().sparse(F());
  const std::int64_t rows = static_cast<std::int64_t>(m.starts.size()) - 1, chunk = 16;
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
