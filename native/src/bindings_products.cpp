// Products with a sparse left factor, as Python sees them.
#include "arguments.hpp"
#include "bindings.hpp"
#include "snnrun/products.hpp"

namespace snnrun {
namespace {

void need_matrix(const py::array& a, const char* name) {
  require(a.ndim() == 2, std::string(name) + ": expected a matrix, not shape " + shape_of(a));
}

/// The writable data of a C-contiguous array of this shape and type.
template <class F>
F* writable(py::array& a, std::int64_t rows, std::int64_t columns) {
  values<F>(a, "out");
  require(has_shape(a, {rows, columns}), "out: expected [" + std::to_string(rows) + ", " +
                                             std::to_string(columns) + "], not " + shape_of(a));
  return static_cast<F*>(a.mutable_data());
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
  return is_float32(x, "x") ? make<float>(x, share) : make<double>(x, share);
}

template <class F>
void product(const SparseRows<F>& m, std::int64_t inner, const py::array& right, py::array& out,
             int threads) {
  need_matrix(right, "right");
  const std::int64_t rows = m.rows(), width = right.shape(1);
  require(right.shape(0) == inner, "right: expected " + std::to_string(inner) + " rows, not shape " +
                                       shape_of(right));
  const F* from = values<F>(right, "right");
  F* to = writable<F>(out, rows, width);
  const py::gil_scoped_release unlocked;
  sparse_product<F>(m, from, to, width, threads);
}

template <class F>
void bind_sparse(py::module_& m, const char* name) {
  py::class_<Sparse<F>>(m, name, "A matrix of few elements that are not zero.")
      .def("product",
           [](const Sparse<F>& x, const py::array& right, py::array out, int threads) {
             product<F>(x.by_row, x.by_column.rows(), right, out, threads);
           },
           py::arg("right"), py::arg("out"), py::arg("threads"), "out = x right.")
      .def("transposed_product",
           [](const Sparse<F>& x, const py::array& right, py::array out, int threads) {
             product<F>(x.by_column, x.by_row.rows(), right, out, threads);
           },
           py::arg("right"), py::arg("out"), py::arg("threads"), "out = x^T right.");
}

}  // namespace

void bind_products(py::module_& m) {
  bind_sparse<float>(m, "SparseFloat");
  bind_sparse<double>(m, "SparseDouble");
  m.def("sparse", &sparse, py::arg("x"), py::arg("share"),
        "x in sparse form; None if more than this share of it is not zero.");
}

}  // namespace snnrun
