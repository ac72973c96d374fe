// Products of spikes and weights, as Python sees them.
#include <limits>

#include "arguments.hpp"
#include "bindings.hpp"
#include "outputs.hpp"
#include "snnrun/narrow.hpp"
#include "snnrun/products.hpp"

namespace snnrun {
namespace {

void need_matrix(const py::array& a, const char* name) {
  require(a.ndim() == 2, std::string(name) + ": expected a matrix, not shape " + shape_of(a));
}

template <class F>
py::object make(const py::array& x, double share) {
  const F* data = values<F>(x, "x");
  std::unique_ptr<Sparse<F>> made;
  {
    const py::gil_scoped_release unlocked;
    const auto most = static_cast<std::int64_t>(share * static_cast<double>(x.size()));
    made = make_sparse<F>(data, x.shape(0), x.shape(1), most);
  }
  return made ? py::cast(std::move(made)) : py::none();
}

py::object sparse(const py::array& x, double share) {
  need_matrix(x, "x");
  require(share >= 0 && share <= 1,
          "share: expected a number from 0 to 1, not " + std::to_string(share));
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  require(x.shape(0) <= most && x.shape(1) <= most,
          "x: expected at most 2^31 - 1 rows and columns, not shape " + shape_of(x));
  return is_float32(x, "x") ? make<float>(x, share) : make<double>(x, share);
}

template <class F>
void product(const SparseRows<F>& m, std::int64_t inner, const py::array& right, py::array& out,
             Threads threads) {
  need_matrix(right, "right");
  const std::int64_t rows = m.rows(), width = right.shape(1);
  require(right.shape(0) == inner, "right: expected " + std::to_string(inner) + " rows, not shape " +
                                       shape_of(right));
  const F* from = values<F>(right, "right");
  F* to = writable<F>(out, "out");
  require(has_shape(out, {rows, width}), "out: expected [" + std::to_string(rows) + ", " +
                                             std::to_string(width) + "], not " + shape_of(out));
  const py::gil_scoped_release unlocked;
  sparse_product<F>(m, from, to, width, threads);
}

template <class F>
void bind_sparse(py::module_& m, const char* name) {
  class_of<Sparse<F>>(m, name, "A matrix of few elements that are not zero.")
      .def("product",
           [](const Sparse<F>& x, const py::array& right, py::array out, Threads threads) {
             product<F>(x.by_row, x.by_column.rows(), right, out, threads);
           },
           py::arg("right"), py::arg("out"), py::arg("threads"), "out = x right.")
      .def("transposed_product",
           [](const Sparse<F>& x, const py::array& right, py::array out, Threads threads) {
             product<F>(x.by_column, x.by_row.rows(), right, out, threads);
           },
           py::arg("right"), py::arg("out"), py::arg("threads"), "out = x^T right.");
}

/// A narrow product, checked.
template <class F>
NarrowProduct<F> narrow(const py::array& x, const py::array& weights) {
  need_matrix(x, "x");
  const std::int64_t inputs = x.shape(1);
  require(weights.ndim() == 2 && weights.shape(1) == inputs && weights.shape(0) > 0 &&
              weights.shape(0) <= kNarrow,
          "weights: expected 1 to " + std::to_string(kNarrow) + " rows of " +
              std::to_string(inputs) + ", not shape " + shape_of(weights));
  return {values<F>(x, "x"), values<F>(weights, "weights"), x.shape(0), inputs, weights.shape(0)};
}

template <class F>
py::object narrow_forward(const py::array& x, const py::array& weights, Threads threads) {
  const NarrowProduct<F> y = narrow<F>(x, weights);
  Output<F> out(true, {y.rows, y.units});
  {
    const py::gil_scoped_release unlocked;
    narrow_product(y, out.data(), threads);
  }
  return out.get();
}

template <class F>
py::tuple narrow_backward(const py::array& x, const py::array& weights, const py::array& signal,
                          bool want_x, bool want_weights, Threads threads) {
  const NarrowProduct<F> y = narrow<F>(x, weights);
  require(has_shape(signal, {y.rows, y.units}),
          "signal: expected [" + std::to_string(y.rows) + ", " + std::to_string(y.units) +
              "], not " + shape_of(signal));
  const F* const from = values<F>(signal, "signal");
  Output<F> on_x(want_x, {y.rows, y.inputs}), on_weights(want_weights, {y.units, y.inputs});
  {
    const py::gil_scoped_release unlocked;
    narrow_gradient(y, from, on_x.data(), on_weights.data(), threads);
  }
  return py::make_tuple(on_x.get(), on_weights.get());
}

}  // namespace

void bind_products(py::module_& m) {
  bind_sparse<float>(m, "SparseFloat");
  bind_sparse<double>(m, "SparseDouble");
  m.def("sparse", &sparse, py::arg("x"), py::arg("share"),
        "x in sparse form; None if more than this share of it is not zero.");
  m.def(
      "narrow_product",
      [](const py::array& x, const py::array& weights, Threads threads) {
        const bool single = is_float32(x, "x");
        return (single ? narrow_forward<float> : narrow_forward<double>)(x, weights, threads);
      },
      py::arg("x"), py::arg("weights"), py::arg("threads"), "x W^T for W of few rows.");
  m.def(
      "narrow_gradient",
      [](const py::array& x, const py::array& weights, const py::array& signal, bool want_x,
         bool want_weights, Threads threads) {
        const auto run = is_float32(x, "x") ? narrow_backward<float> : narrow_backward<double>;
        return run(x, weights, signal, want_x, want_weights, threads);
      },
      py::arg("x"), py::arg("weights"), py::arg("signal"), py::arg("want_x"),
      py::arg("want_weights"), py::arg("threads"),
      "signal W and signal^T x, each None unless wanted.");
}

}  // namespace snnrun
