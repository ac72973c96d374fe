// Counts over what neurons did, as Python sees them.
#include "arguments.hpp"
#include "bindings.hpp"
#include "snnrun/spike_counts.hpp"

namespace snnrun {
namespace {

template <class F>
py::tuple count(const py::array& spikes, Threads threads) {
  const F* const data = values<F>(spikes, "spikes");
  const std::int64_t steps = spikes.shape(0), width = steps ? spikes.size() / steps : 0;
  SpikeCounts found;
  {
    const py::gil_scoped_release unlocked;
    found = count_spikes(data, steps, width, threads);
  }
  return py::make_tuple(found.spikes, found.silent, found.saturated);
}

template <class F>
std::int64_t felt(const py::array& membranes, int surrogate, double threshold, double sharpness,
                  double level, Threads threads) {
  const F* const data = values<F>(membranes, "membranes");
  const Hump<F> hump = {static_cast<Surrogate>(surrogate), static_cast<F>(threshold),
                        static_cast<F>(sharpness)};
  const std::int64_t size = membranes.size();
  const py::gil_scoped_release unlocked;
  return count_felt(data, size, hump, static_cast<F>(level), threads);
}

}  // namespace

void bind_spike_counts(py::module_& m) {
  m.def(
      "spike_counts",
      [](const py::array& spikes, Threads threads) {
        require(spikes.ndim() > 0, "spikes: expected [time, ...], not a number");
        return (is_float32(spikes, "spikes") ? count<float> : count<double>)(spikes, threads);
      },
      py::arg("spikes"), py::arg("threads"),
      "Spikes, neurons without a spike, and neurons with one at every step.");
  m.def(
      "felt_membranes",
      [](const py::array& membranes, int surrogate, double threshold, double sharpness,
         double level, Threads threads) {
        require(surrogate >= 0 && surrogate < kSurrogates,
                "surrogate: must lie in 0 to " + std::to_string(kSurrogates - 1) + ", not " +
                    std::to_string(surrogate));
        const auto run = is_float32(membranes, "membranes") ? felt<float> : felt<double>;
        return run(membranes, surrogate, threshold, sharpness, level, threads);
      },
      py::arg("membranes"), py::arg("surrogate"), py::arg("threshold"), py::arg("sharpness"),
      py::arg("level"), py::arg("threads"),
      "How many membranes feel a surrogate derivative above a level, a share of its height.");
}

}  // namespace snnrun
