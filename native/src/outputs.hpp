// The arrays that Python is given.
#pragma once
#include <functional>
#include <numeric>
#include <optional>
#include <type_traits>
#include <vector>

#include "arguments.hpp"
#include "snnrun/lif_sequence.hpp"
#include "snnrun/pages.hpp"

namespace snnrun {

using Shape = std::vector<py::ssize_t>;

/// How S is seen from Python: bfloat16 as its 16 bits.
template <class S>
using Seen = std::conditional_t<std::is_same_v<S, Bfloat>, std::uint16_t, S>;

constexpr py::ssize_t kLong = 64 << 10;  // bytes from which on memory comes from the pool

/// A new array; memory of long ones goes back to the pool when the last holder is gone.
template <class T>
Array<T> new_array(const Shape& shape) {
  const py::ssize_t bytes = std::accumulate(shape.begin(), shape.end(), py::ssize_t(sizeof(T)),
                                            std::multiplies<py::ssize_t>());
  if (bytes < kLong) return Array<T>(shape);
  void* memory = take_pages(static_cast<std::size_t>(bytes));
  const py::capsule owner(memory, [](void* all) { give_pages(all); });
  return Array<T>(shape, static_cast<T*>(memory), owner);
}

/// An output array, if it is wanted.
template <class S>
class Output {
 public:
  Output(bool wanted, const Shape& shape) {
    if (wanted) array_.emplace(new_array<Seen<S>>(shape));
  }
  S* data() { return array_ ? reinterpret_cast<S*>(array_->mutable_data()) : nullptr; }
  py::object get() const { return array_ ? py::object(*array_) : py::none(); }

 private:
  std::optional<Array<Seen<S>>> array_;
};

}  // namespace snnrun
