// Counted random numbers as Python sees them.
#include <limits>

#include "arguments.hpp"
#include "bindings.hpp"
#include "snnrun/counted.hpp"

namespace snnrun {
namespace {

std::uint64_t key_of(const py::object& key) {
  const auto whole = py::reinterpret_steal<py::object>(PyNumber_Index(key.ptr()));
  if (!whole) throw py::error_already_set();
  const unsigned long long value = PyLong_AsUnsignedLongLong(whole.ptr());
  if (!PyErr_Occurred()) return value;
  PyErr_Clear();
  throw py::value_error("key: expected 64 bits, from 0 to 2^64 - 1, not " +
                        py::str(whole).cast<std::string>());
}

/// Refuse a number that is negative, above 2^34, or more than memory has addresses for.
void check_count(const char* name, std::int64_t count, std::int64_t each) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 8;
  if (count < 0 || count > kMostNumbers || (each > 0 && count > most / each))
    throw py::value_error(std::string(name) + ": expected 0 to 2^34, not " +
                          std::to_string(count));
}

CountedRows rows_of(const py::object& key, const py::array& samples, std::int64_t count) {
  const CountedRows rows = {key_of(key), samples_of(samples), samples.size(), count};
  check_count("count", count, rows.rows);
  return rows;
}

template <class T, class Fill>
py::array filled(const CountedRows& rows, const Fill& fill) {
  Array<T> out({rows.rows, rows.count});
  T* to = out.mutable_data();
  const py::gil_scoped_release unlocked;
  fill(to);
  return std::move(out);
}

py::array words(const py::object& key, const py::array& samples, std::int64_t count, int kind,
                int threads) {
  const CountedRows rows = rows_of(key, samples, count);
  if (kind < 0 || kind >= kKinds)
    throw py::value_error("kind: expected 0 to " + std::to_string(kKinds - 1) + ", not " + std::to_string(kind));
  return filled<std::uint32_t>(
      rows, [&](auto* to) { counted_words(rows, static_cast<Kind>(kind), to, threads); });
}

py::array uniform(const py::object& key, const py::array& samples, std::int64_t count,
                  int threads) {
  const CountedRows rows = rows_of(key, samples, count);
  return filled<float>(rows, [&](float* to) { counted_uniform(rows, to, threads); });
}

py::array normal(const py::object& key, const py::array& samples, std::int64_t count, int threads) {
  const CountedRows rows = rows_of(key, samples, count);
  return filled<float>(rows, [&](float* to) { counted_normal(rows, to, threads); });
}

template <class F>
py::array bernoulli_as(CountedSpikes<F> y, const py::array& chances, int threads) {
  y.chances = values<F>(chances, "chances");
  const F* end = y.chances + chances.size();
  const F* wrong = std::find_if_not(y.chances, end, [](F p) { return p >= 0 && p <= 1; });
  if (wrong != end)
    throw py::value_error("chances: expected numbers from 0 to 1, not " +
                          py::repr(py::float_(*wrong)).cast<std::string>());
  Array<F> out({y.steps, y.rows, y.width});
  y.spikes = out.mutable_data();
  const py::gil_scoped_release unlocked;
  counted_bernoulli(y, threads);
  return std::move(out);
}

py::array bernoulli(const py::object& key, const py::array& chances, const py::array& samples,
                    std::int64_t steps, int threads) {
  const std::uint64_t number = key_of(key);
  const std::int64_t *data = samples_of(samples), rows = samples.size();
  if (chances.ndim() != 2 || chances.shape(0) != rows)
    throw py::value_error("chances: expected [samples, n] with " + std::to_string(rows) +
                          " samples, not " + shape_of(chances));
  const std::int64_t width = chances.shape(1);
  if (width > std::int64_t(1) << kPlaceBits)
    throw py::value_error("chances: expected at most 2^29 of a sample, not " +
                          std::to_string(width));
  check_count("steps", steps, rows * width);
  return is_float32(chances, "chances")
             ? bernoulli_as<float>({number, data, nullptr, rows, width, steps, nullptr}, chances,
                                   threads)
             : bernoulli_as<double>({number, data, nullptr, rows, width, steps, nullptr}, chances,
                                    threads);
}

py::tuple intervals(const py::object& key, const py::array& samples, const Array<std::int32_t>& levels,
                    const Array<std::uint32_t>& limits, const Array<std::uint32_t>& guide,
                    int threads) {
  const std::uint64_t number = key_of(key);
  const std::int64_t *data = samples_of(samples), rows = samples.size();
  if (levels.ndim() != 2 || levels.shape(0) != rows)
    throw py::value_error("levels: expected [samples, n] with " + std::to_string(rows) +
                          " samples, not " + shape_of(levels));
  if (limits.ndim() != 2 || limits.shape(1) < 1)
    throw py::value_error("limits: expected [levels, steps], not " +
                          shape_of(limits));
  const std::int64_t count = limits.shape(0), steps = limits.shape(1), width = levels.shape(1);
  if (!has_shape(guide, {count, 256}))
    throw py::value_error("guide: expected [levels, 256], not " + shape_of(guide));
  if (width > std::int64_t(1) << kPlaceBits)
    throw py::value_error("levels: expected at most 2^29 of a sample, not " + std::to_string(width));
  if (std::any_of(levels.data(), levels.data() + levels.size(),
                  [&](std::int32_t level) { return level >= count; }))
    throw py::value_error("levels: expected less than " + std::to_string(count));
  Array<std::int64_t> starts({rows, steps + 1});
  std::vector<std::int32_t> places;
  {
    std::int64_t* to = starts.mutable_data();
    const py::gil_scoped_release unlocked;
    counted_intervals({number, data, levels.data(), rows, width, steps, limits.data(), guide.data()},
                      to, &places, threads);
  }
  Array<std::int32_t> found(static_cast<py::ssize_t>(places.size()));
  std::copy(places.begin(), places.end(), found.mutable_data());
  return py::make_tuple(starts, found);
}

}  // namespace

void bind_counted(py::module_& m) {
  m.def("counted_words", &words, py::arg("key"), py::arg("samples"), py::arg("count"),
        py::arg("kind"), py::arg("threads"), "Random words [samples, count].");
  m.def("counted_uniform", &uniform, py::arg("key"), py::arg("samples"), py::arg("count"),
        py::arg("threads"), "Numbers [samples, count] in [0, 1).");
  m.def("counted_normal", &normal, py::arg("key"), py::arg("samples"), py::arg("count"),
        py::arg("threads"), "Standard normal numbers [samples, count].");
  m.def("counted_intervals", &intervals, py::arg("key"), py::arg("samples"),
        py::arg("levels").noconvert(), py::arg("limits").noconvert(), py::arg("guide").noconvert(),
        py::arg("threads"), "Spikes at random intervals: starts [samples, steps + 1] and places.");
  m.def("counted_bernoulli", &bernoulli, py::arg("key"), py::arg("chances"), py::arg("samples"),
        py::arg("steps"), py::arg("threads"), "Spikes [steps, samples, n].");
}

}  // namespace snnrun
