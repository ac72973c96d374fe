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

/// The same elements, column by column; `starts` of the result holds how many each has, from 1 on.
template <class F>
void turn(const SparseRows<F>& m, SparseRows<F>* out) {
  for (std::size_t c = 1; c < out->starts.size(); ++c) out->starts[c] += out->starts[c - 1];
  out->columns.resize(m.columns.size());
  out->values.resize(m.values.size());
  std::vector<std::int64_t> next(out->starts.begin(), out->starts.end() - 1);
  for (std::size_t row = 0; row + 1 < m.starts.size(); ++row)
    for (std::int64_t k = m.starts[row]; k < m.starts[row + 1]; ++k) {
      const std::int64_t to = next[m.columns[k]]++;
      out->columns[to] = static_cast<std::int32_t>(row);
      out->values[to] = m.values[k];
    }
}

}  // namespace

template <class F>
std::unique_ptr<Sparse<F>> make_sparse(const F* x, std::int64_t rows, std::int64_t columns,
                                       std::int64_t most) {
  auto sparse = std::make_unique<Sparse<F>>();
  sparse->rows = rows;
  sparse->columns = columns;
  SparseRows<F>& m = sparse->by_row;
  m.starts.assign(rows + 1, 0);
  m.columns.reserve(most + columns);
  m.values.reserve(most + columns);
  std::vector<std::int64_t>& in_column = sparse->by_column.starts;
  in_column.assign(columns + 1, 0);
  for (std::int64_t r = 0; r < rows; ++r, x += columns) {
    for (std::int64_t c = 0; c < columns; c += kTogether) {
      const std::int64_t end = std::min(columns, c + kTogether);
      if (all_zero(x + c, end - c)) continue;
      for (std::int64_t i = c; i < end; ++i) {
        if (x[i] == F(0)) continue;
        m.columns.push_back(static_cast<std::int32_t>(i));
        m.values.push_back(x[i]);
        ++in_column[i + 1];
      }
    }
    m.starts[r + 1] = static_cast<std::int64_t>(m.columns.size());
    if (m.starts[r + 1] > most) return nullptr;
  }
  turn(m, &sparse->by_column);
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
