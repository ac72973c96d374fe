// Products of few columns: the cut for threads.
#include "snnrun/narrow.hpp"

#include <algorithm>
#include <vector>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

constexpr std::int64_t kRows = 64;     // of a task, at least
constexpr std::int64_t kParts = 32;    // most sums over rows that are added up at the end
constexpr std::int64_t kColumns = 1024;  // of these, of a task

std::int64_t over(std::int64_t count, std::int64_t by) { return (count + by - 1) / by; }

}  // namespace

template <class F>
void narrow_product(const NarrowProduct<F>& y, F* out, int threads) {
  const auto tile = kernels().narrow(F()).product;
  parallel_for(over(y.rows, kRows), threads, [&](std::int64_t task) {
    tile(y, out, task * kRows, std::min(y.rows, (task + 1) * kRows));
  });
}

template <class F>
void narrow_gradient(const NarrowProduct<F>& y, const F* signal, F* on_x, F* on_weights,
                     int threads) {
  const auto tile = kernels().narrow(F()).gradient;
  const std::int64_t rows = std::max(kRows, over(y.rows, kParts)), parts = over(y.rows, rows);
  const std::int64_t size = y.units * y.inputs;
  std::vector<F> sums(static_cast<std::size_t>(on_weights ? parts * size : 0));
  parallel_for(parts, threads, [&](std::int64_t part) {
    const NarrowGradient<F> to = {signal, on_x, on_weights ? sums.data() + part * size : nullptr};
    tile(y, to, part * rows, std::min(y.rows, (part + 1) * rows));
  });
  if (!on_weights) return;
  parallel_for(over(size, kColumns), threads, [&](std::int64_t task) {
    const std::int64_t begin = task * kColumns, end = std::min(size, begin + kColumns);
    std::fill(on_weights + begin, on_weights + end, F(0));
    for (std::int64_t part = 0; part < parts; ++part)
      for (std::int64_t i = begin; i < end; ++i) on_weights[i] += sums[part * size + i];
  });
}

#define SNNRUN_INSTANTIATE(F)                                            \
  template void narrow_product(const NarrowProduct<F>&, F*, int);        \
  template void narrow_gradient(const NarrowProduct<F>&, const F*, F*, F*, int);
SNNRUN_INSTANTIATE(float)
SNNRUN_INSTANTIATE(double)

}  // namespace snnrun
