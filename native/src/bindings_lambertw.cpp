// Lambert W as Python sees it.
#include <string>
#include <vector>

#include "arguments.hpp"
#include "bindings.hpp"
#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace snnrun {
namespace {

template <class F>
py::tuple values_as(const py::array& z, int branch, Threads threads,
                      LambertWKernel<F> kernel) {
  const F* in = values<F>(z, "z");
  const std::vector<py::ssize_t> shape(z.shape(), z.shape() + z.ndim());
  Array<F> w(shape), slope(shape);
  F *out = w.mutable_data(), *out_slope = slope.mutable_data();
  const std::int64_t n = z.size(), chunk = 4096;
  {
    const py::gil_scoped_release unlocked;
    parallel_for((n + chunk - 1) / chunk, threads, [&](std::int64_t task) {
      const std::int64_t i = task * chunk;
      kernel(in + i, out + i, out_slope + i, std::min(chunk, n - i), branch);
    });
  }
  return py::make_tuple(w, slope);
}

py::tuple lambertw(const py::array& z, int branch, Threads threads) {
  require(branch == 0 || branch == -1,
          "lambertw: branch " + std::to_string(branch) + " is not real; expected 0 or -1");
  const Kernels& k = kernels();
  return is_float32(z, "z") ? values_as<float>(z, branch, threads, k.lambertw_float)
                            : values_as<double>(z, branch, threads, k.lambertw_double);
}

}  // namespace

void bind_lambertw(py::module_& m) {
  m.def("lambertw", &lambertw, py::arg("z"), py::arg("branch"), py::arg("threads"),
        "Lambert W of each z on branch 0 or -1, and its derivative.");
}

}  // namespace snnrun
