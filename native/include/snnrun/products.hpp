// Matrix products with a left factor that is mostly zeros: images are mostly background, and spikes
// are rare. x W then needs only the rows of W that x touches. Each element of a result is summed by
// one thread in a fixed order, so results do not depend on the number of threads.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "snnrun/pages.hpp"

namespace snnrun {

/// Memory that is not set to anything at first, and kept for the next when it is given back.
struct GivePages {
  void operator()(void* memory) const noexcept { give_pages(memory); }
};
template <class T>
using PageArray = std::unique_ptr<T[], GivePages>;
template <class T>
PageArray<T> page_array(std::int64_t count) {
  const auto bytes = static_cast<std::size_t>(count < 1 ? 1 : count) * sizeof(T);
  return PageArray<T>(static_cast<T*>(take_pages(bytes)));
}

/// Such memory for one use after the other, taken anew where there is too little.
template <class T>
class PageRoom {
 public:
  /// Have room for so many numbers; what was in it may be gone. Where there is no memory, it stays.
  T* of(std::int64_t count) {
    if (room_ < count) array_ = page_array<T>(count), room_ = count;
    return array_.get();
  }
  T* get() const { return array_.get(); }

 private:
  PageArray<T> array_;
  std::int64_t room_ = 0;
};

/// The elements of a matrix that are not zero, row by row: those of row r are number starts[r] to
/// starts[r + 1].
template <class F>
struct SparseRows {
  SparseRows(std::int64_t rows, std::int64_t room)
      : starts(rows + 1, 0), columns(page_array<std::int32_t>(room)), values(page_array<F>(room)) {}
  std::int64_t rows() const { return static_cast<std::int64_t>(starts.size()) - 1; }
  std::int64_t count() const { return starts.back(); }

  std::vector<std::int64_t> starts;
  PageArray<std::int32_t> columns;
  PageArray<F> values;
};

/// A matrix [rows, columns] of few elements that are not zero, and its transpose.
template <class F>
struct Sparse {
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
