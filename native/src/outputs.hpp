// The arrays that Python is given.
#pragma once
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "arguments.hpp"
#include "snnrun/lif_sequence.hpp"
#include "snnrun/pages.hpp"

namespace snnrun {

/// How S is seen from Python: bfloat16 as its 16 bits.
template <class S>
using Seen = std::conditional_t<std::is_same_v<S, Bfloat>, std::uint16_t, S>;

constexpr py::ssize_t kLong = 64 << 10;  // bytes from which on memory comes from the pool

/// Memory from the pool, or a MemoryError that says how much was asked for.
inline void* pages_of(std::int64_t bytes, const Shape& shape) {
  try {
    return take_pages(static_cast<std::size_t>(bytes));
  } catch (const std::bad_alloc&) {
    const std::string text = "no memory for an array " + listed(shape) + ", which takes " +
                             std::to_string(bytes) + " bytes";
    PyErr_SetString(PyExc_MemoryError, text.c_str());
    throw py::error_already_set();
  }
}

/// A new array; memory of long ones goes back to the pool when the last holder is gone.
template <class T>
Array<T> new_array(const Shape& shape) {
  const std::int64_t bytes = product_of(shape, "outputs") * static_cast<std::int64_t>(sizeof(T));
  if (bytes < kLong) return Array<T>(shape);
  void* memory = pages_of(bytes, shape);
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
  void fill(S value) {
    if (array_) std::fill_n(data(), array_->size(), value);
  }
  py::object get() const { return array_ ? py::object(*array_) : py::none(); }

 private:
  std::optional<Array<Seen<S>>> array_;
};

}  // namespace snnrun
