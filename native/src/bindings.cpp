// The native module, snnrun._native. Arguments are checked in the bindings and only there.
#include "bindings.hpp"

#include "snnrun/kernels.hpp"
#include "snnrun/parallel.hpp"

PYBIND11_MODULE(_native, m) {
  m.doc() = "Compiled kernels of snnrun; see snnrun.kernels for the documented front doors.";
  m.def("cpu_level", [] { return snnrun::kernels().level; },
        "The instruction set in use: baseline, avx2 or avx512; SNNRUN_CPU chooses one.");

  m.def("keep_own_threads", &snnrun::keep_own_threads,
        "Leave the threads of torch alone: those of a process that was forked are gone.");

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
