// The native module, snnrun._native. Arguments are checked in the bindings and only there.
#include "bindings.hpp"

#include <exception>
#include <new>
#include <stdexcept>

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

namespace {

/// Memory that there is not, in words for people.
void say_memory(std::exception_ptr thrown) {
  constexpr const char* text = "there is not as much memory as this call needs";
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    PyErr_SetString(PyExc_MemoryError, text);
  } catch (const std::length_error&) {
    PyErr_SetString(PyExc_MemoryError, text);
  }
}

}  // namespace

PYBIND11_MODULE(_native, m) {
  m.doc() = "Compiled kernels of snnrun; see snnrun.kernels for the documented front doors.";
  m.def("cpu_level", [] { return snnrun::kernels().level; },
        "The instruction set in use: baseline, avx2 or avx512; SNNRUN_CPU chooses one.");

  m.def("keep_own_threads", &snnrun::keep_own_threads,
        "Leave the threads of torch alone: those of a process that was forked are gone.");

  pybind11::register_local_exception_translator(&say_memory);
  snnrun::bind_counted(m);
  snnrun::bind_first_spike(m);
  snnrun::bind_graph(m);
  snnrun::bind_lambertw(m);
  snnrun::bind_lif(m);
  snnrun::bind_lif_sequence(m);
  snnrun::bind_products(m);
  snnrun::bind_sbs(m);
  snnrun::bind_spike_counts(m);
  snnrun::kernels();  // a level that does not run here is refused at import
}
