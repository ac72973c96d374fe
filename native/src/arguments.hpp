// Checks of what Python hands over; what fails becomes an exception with a message.
#pragma once
#include <pybind11/numpy.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

namespace snnrun {

namespace py = pybind11;

template <class F>
using Array = py::array_t<F, py::array::c_style>;

using Shape = std::vector<py::ssize_t>;

constexpr std::int64_t kMostSteps = 1 << 24;  // of what has no axis of time
constexpr std::int64_t kMostElements = std::int64_t(1) << 59;  // whose bytes have addresses
constexpr int kMostThreads = 1024;

inline void require(bool ok, const std::string& what) {
  if (!ok) throw py::value_error(what);
}

/// "[2, 3]" for sizes, "[]" for none.
template <class Sizes>
std::string listed(const Sizes& sizes) {
  std::string text;
  for (const auto size : sizes) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

inline std::string shape_of(const py::array& a) {
  return listed(Shape(a.shape(), a.shape() + a.ndim()));
}

template <class Sizes>
bool has_shape(const py::array& a, const Sizes& shape) {
  return a.ndim() == static_cast<py::ssize_t>(shape.size()) &&
         std::equal(shape.begin(), shape.end(), a.shape());
}

inline bool has_shape(const py::array& a, std::initializer_list<std::int64_t> shape) {
  return has_shape<>(a, shape);
}

/// The product of sizes that are not negative; refused where it is more than `most`.
template <class Sizes>
std::int64_t product_of(const Sizes& sizes, const std::string& what,
                        std::int64_t most = kMostElements) {
  std::int64_t product = std::find(sizes.begin(), sizes.end(), 0) == sizes.end() ? 1 : 0;
  for (const std::int64_t size : sizes)
    require(product == 0 || size <= most / product,
            what + ": expected at most " + std::to_string(most) + " in all, not " + listed(sizes)),
        product *= size;
  return product;
}

inline std::int64_t product_of(std::initializer_list<std::int64_t> sizes, const std::string& what,
                               std::int64_t most = kMostElements) {
  return product_of(std::vector<std::int64_t>(sizes), what, most);
}

/// A value as a number, or true or false; TypeError where it is none.
template <class T>
T number_of(const py::handle& given, const std::string& what) {
  try {
    return py::cast<T>(given);
  } catch (const py::cast_error&) {
    const char* const kind = std::is_same_v<T, bool> ? "true or false"
                             : std::is_integral_v<T> ? "a whole number"
                                                     : "a number";
    throw py::type_error(what + ": expected " + kind + ", not " +
                         py::repr(given).cast<std::string>().substr(0, 60));
  }
}

/// The `count` parts of a sequence.
inline py::sequence parts_of(const py::handle& given, std::size_t count, const std::string& what) {
  if (!py::isinstance<py::sequence>(given) || py::isinstance<py::str>(given))
    throw py::type_error(what + ": expected " + std::to_string(count) + " of them, not " +
                         py::repr(given).cast<std::string>().substr(0, 60));
  auto parts = py::reinterpret_borrow<py::sequence>(given);
  require(parts.size() == count, what + ": expected " + std::to_string(count) + " of them, not " +
                                     std::to_string(parts.size()));
  return parts;
}

/// Exactly so many numbers.
template <class T, std::size_t count>
std::array<T, count> numbers_of(const py::handle& given, const std::string& what) {
  const py::sequence parts = parts_of(given, count, what);
  std::array<T, count> numbers;
  for (std::size_t i = 0; i < count; ++i)
    numbers[i] = number_of<T>(py::object(parts[i]), what + "[" + std::to_string(i) + "]");
  return numbers;
}

/// 64 bits.
inline std::uint64_t key_of(const py::handle& key) {
  const auto whole = py::reinterpret_steal<py::object>(PyNumber_Index(key.ptr()));
  if (!whole) throw py::error_already_set();
  const unsigned long long value = PyLong_AsUnsignedLongLong(whole.ptr());
  if (!PyErr_Occurred()) return value;
  PyErr_Clear();
  throw py::value_error("key: expected 64 bits, from 0 to 2^64 - 1, not " +
                        py::str(whole).cast<std::string>());
}

/// Refuse what has no elements but a loop would not come to the end of.
inline void check_empty(const py::array& a, const std::string& name) {
  if (a.size() > 0) return;
  Shape sizes(a.shape(), a.shape() + a.ndim());
  sizes.erase(std::remove(sizes.begin(), sizes.end(), 0), sizes.end());
  product_of(sizes, name + ": it is empty, " + shape_of(a), std::int64_t(1) << 31);
}

/// Whether an array is C-contiguous, aligned and of exactly this type.
template <class T>
bool holds(const py::handle& a) {
  if (!py::isinstance<Array<T>>(a)) return false;
  const void* const data = py::reinterpret_borrow<py::array>(a).data();
  return reinterpret_cast<std::uintptr_t>(data) % alignof(T) == 0;
}

/// The data of an array of exactly this type; TypeError otherwise.
template <class T>
const T* values(const py::array& a, const std::string& name) {
  if (!holds<T>(a))
    throw py::type_error(name + ": expected a C-contiguous array of " +
                         py::str(py::dtype::of<T>()).template cast<std::string>() +
                         (std::is_floating_point_v<T> ? " like its companions" : "") + ", not " +
                         py::str(a.dtype()).cast<std::string>());
  check_empty(a, name);
  return static_cast<const T*>(a.data());
}

/// The same, to write to.
template <class T>
T* writable(py::array& a, const std::string& name) {
  values<T>(a, name);
  require(a.writeable(), name + ": it is read-only");
  return static_cast<T*>(a.mutable_data());
}

inline bool is_float32(const py::array& a, const char* name) {
  if (py::isinstance<py::array_t<float>>(a)) return true;
  if (py::isinstance<py::array_t<double>>(a)) return false;
  throw py::type_error(std::string(name) + ": expected float32 or float64, not " +
                       py::str(a.dtype()).cast<std::string>());
}

/// The numbers of samples, which must not be negative.
inline const std::int64_t* samples_of(const py::array& samples) {
  const std::int64_t* data = values<std::int64_t>(samples, "samples");
  if (samples.ndim() != 1)
    throw py::value_error("samples: expected [samples], not " + shape_of(samples));
  const auto* end = data + samples.size();
  const auto* wrong = std::find_if(data, end, [](std::int64_t number) { return number < 0; });
  if (wrong != end)
    throw py::value_error("samples: expected numbers from 0 on, not " + std::to_string(*wrong));
  return data;
}

/// Steps of something that is constant over them.
inline void check_steps(std::int64_t steps, const std::string& name) {
  require(steps >= 1 && steps <= kMostSteps, name + ": expected 1 to " + std::to_string(kMostSteps) +
                                                 ", not " + std::to_string(steps));
}

/// A new array, not set to anything.
template <class T>
Array<T> empty(const std::string& name, const Shape& shape) {
  product_of(shape, name);
  return Array<T>(shape);
}

/// How many threads a call may use.
struct Threads {
  int count = 1;
  operator int() const { return count; }
};

/// Make and initialise in one, so that there is no object without what it holds.
///
/// Python then initialises once more, which pybind11 ignores; `Class.__new__(Class)` alone says what
/// is missing, and so does a class that only functions make.
inline PyObject* new_and_initialised(PyTypeObject* type, PyObject* args, PyObject* named) {
  PyObject* made = type->tp_base->tp_new(type, args, named);
  if (made && type->tp_init(made, args, named) < 0) {
    Py_DECREF(made);
    return nullptr;
  }
  return made;
}

/// A class of the module. Nothing inherits from it.
template <class T>
py::class_<T> class_of(py::module_& m, const char* name, const char* summary) {
  py::class_<T> made(m, name, py::is_final(), summary);
  reinterpret_cast<PyTypeObject*>(made.ptr())->tp_new = new_and_initialised;
  return made;
}

}  // namespace snnrun

namespace pybind11::detail {

template <>
struct type_caster<snnrun::Threads> {
  PYBIND11_TYPE_CASTER(snnrun::Threads, const_name("int"));
  bool load(handle given, bool) {
    const auto count = snnrun::number_of<std::int64_t>(given, "threads");
    snnrun::require(count >= 1 && count <= snnrun::kMostThreads,
                    "threads: expected 1 to " + std::to_string(snnrun::kMostThreads) + ", not " +
                        std::to_string(count));
    value.count = static_cast<int>(count);
    return true;
  }
};

}  // namespace pybind11::detail
