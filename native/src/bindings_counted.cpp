// Counted random numbers as Python sees them.
#include <limits>

#include "arguments.hpp"
#include "bindings.hpp"
#include "snnrun/counted.hpp"

namespace snnrun {
namespace {

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
  Array<T> out = empty<T>("count", {rows.rows, rows.count});
  T* to = out.mutable_data();
  const py::gil_scoped_release unlocked;
  fill(to);
  return std::move(out);
}

py::array words(const py::object& key, const py::array& samples, std::int64_t count, int kind,
                Threads threads) {
  const CountedRows rows = rows_of(key, samples, count);
  if (kind < 0 || kind >= kKinds)
    throw py::value_error("kind: expected 0 to " + std::to_string(kKinds - 1) + ", not " + std::to_string(kind));
  return filled<std::uint32_t>(
      rows, [&](auto* to) { counted_words(rows, static_cast<Kind>(kind), to, threads); });
}

py::array uniform(const py::object& key, const py::array& samples, std::int64_t count,
                  Threads threads) {
  const CountedRows rows = rows_of(key, samples, count);
  return filled<float>(rows, [&](float* to) { counted_uniform(rows, to, threads); });
}

py::array normal(const py::object& key, const py::array& samples, std::int64_t count,
                 Threads threads) {
  const CountedRows rows = rows_of(key, samples, count);
  return filled<float>(rows, [&](float* to) { counted_normal(rows, to, threads); });
}

template <class F>
py::array bernoulli_as(CountedSpikes<F> y, const py::array& chances, Threads threads) {
  y.chances = values<F>(chances, "chances");
  const F* end = y.chances + chances.size();
  const F* wrong = std::find_if_not(y.chances, end, [](F p) { return p >= 0 && p <= 1; });
  if (wrong != end)
    throw py::value_error("chances: expected numbers from 0 to 1, not " +
                          py::repr(py::float_(*wrong)).cast<std::string>());
  Array<F> out = empty<F>("steps", {y.steps, y.rows, y.width});
  y.spikes = out.mutable_data();
  const py::gil_scoped_release unlocked;
  counted_bernoulli(y, threads);
  return std::move(out);
}

py::array bernoulli(const py::object& key, const py::array& chances, const py::array& samples,
                    std::int64_t steps, Threads threads) {
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

py::tuple intervals(const py::object& key, const py::array& samples, const py::array& levels,
                    const py::array& limits, const py::array& guide,
                    Threads threads) {
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
  const auto* const level = values<std::int32_t>(levels, "levels");
  const auto* const limit = values<std::uint32_t>(limits, "limits");
  const auto* const guided = values<std::uint32_t>(guide, "guide");
  if (std::any_of(level, level + levels.size(), [&](std::int32_t one) { return one >= count; }))
    throw py::value_error("levels: expected less than " + std::to_string(count));
  Array<std::int64_t> starts = empty<std::int64_t>("limits", {rows, steps + 1});
  std::vector<std::int32_t> places;
  {
    std::int64_t* to = starts.mutable_data();
    const py::gil_scoped_release unlocked;
    counted_intervals({number, data, level, rows, width, steps, limit, guided},
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
        py::arg("levels"), py::arg("limits"), py::arg("guide"),
        py::arg("threads"), "Spikes at random intervals: starts [samples, steps + 1] and places.");
  m.def("counted_bernoulli", &bernoulli, py::arg("key"), py::arg("chances"), py::arg("samples"),
        py::arg("steps"), py::arg("threads"), "Spikes [steps, samples, n].");
}

}  // namespace snnrun
