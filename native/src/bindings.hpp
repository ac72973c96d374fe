// What each file of bindings adds to the module.
#pragma once
#include <pybind11/pybind11.h>

namespace snnrun {

void bind_counted(pybind11::module_& m);
void bind_first_spike(pybind11::module_& m);
void bind_graph(pybind11::module_& m);
void bind_lambertw(pybind11::module_& m);
void bind_lif(pybind11::module_& m);
void bind_lif_sequence(pybind11::module_& m);
void bind_products(pybind11::module_& m);
void bind_sbs(pybind11::module_& m);
void bind_spike_counts(pybind11::module_& m);

}  // namespace snnrun
