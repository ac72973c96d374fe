// Checks of the arrays that Python hands over; what fails becomes an exception with a message.
#pragma once
#include <pybind11/numpy.h>

#include <algorithm>
#include <initializer_list>
#include <string>

namespace snnrun {

namespace py = pybind11;

template <class F>
using Array = py::array_t<F, py::array::c_style>;

/// "[2, 3]" for the shape of an array, "[]" for a number.
inline std::string shape_of(const py::array& a) {
  std::string text = "[";
  for (py::ssize_t i = 0; i < a.ndim(); ++i) text += (i ? ", " : "") + std::to_string(a.shape(i));
  return text + "]";
}

inline void require(bool ok, const std::string& what) {
  if (!ok) throw py::value_error(what);
}

inline bool has_shape(const py::array& a, std::initializer_list<std::int64_t> shape) {
  return a.ndim() == static_cast<py::ssize_t>(shape.size()) &&
         std::equal(shape.begin(), shape.end(), a.shape());
}

/// The data of a C-contiguous array of exactly this type; TypeError otherwise.
template <class F>
const F* values(const py::array& a, const char* name) {
  if (!py::isinstance<Array<F>>(a))
    throw py::type_error(std::string(name) + ": expected a C-contiguous array of " +
                         (sizeof(F) == 4 ? "float32" : "float64") + " like its companions, not " +
                         py::str(a.dtype()).cast<std::string>());
  return static_cast<const F*>(a.data());
}

inline bool is_float32(const py::array& a, const char* name) {
  if (py::isinstance<py::array_t<float>>(a)) return true;
  if (py::isinstance<py::array_t<double>>(a)) return false;
  throw py::type_error(std::string(name) + ": expected float32 or float64, not " +
                       py::str(a.dtype()).cast<std::string>());
}

/// The numbers of samples, which must not be negative.
inline const std::int64_t* samples_of(const py::array& samples) {
  if (!py::isinstance<Array<std::int64_t>>(samples))
    throw py::type_error("samples: expected a C-contiguous array of int64, not " +
                         py::str(samples.dtype()).cast<std::string>());
  if (samples.ndim() != 1)
    throw py::value_error("samples: expected [samples], not " + shape_of(samples));
  const auto* data = static_cast<const std::int64_t*>(samples.data());
  const auto* end = data + samples.size();
  const auto* wrong = std::find_if(data, end, [](std::int64_t number) { return number < 0; });
  if (wrong != end)
    throw py::value_error("samples: expected numbers from 0 on, not " + std::to_string(*wrong));
  return data;
}

}  // namespace snnrun
