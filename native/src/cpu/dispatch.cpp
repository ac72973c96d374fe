// Which CPU level's kernels run here.
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "snnrun/kernels.hpp"

namespace snnrun {
namespace baseline {
extern const Kernels kernel_table;
}
#ifdef SNNRUN_X86_LEVELS
namespace avx2 {
extern const Kernels kernel_table;
}
namespace avx512 {
extern const Kernels kernel_table;
}
#endif

namespace {

struct Level {
  const Kernels* table;
  bool runs;
};

/// Every compiled level, the fastest first.
const std::initializer_list<Level>& levels() {
#ifdef SNNRUN_X86_LEVELS
  static const bool avx2_runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  static const bool avx512_runs =
      avx2_runs && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  static const std::initializer_list<Level> all = {{&avx512::kernel_table, avx512_runs},
                                                   {&avx2::kernel_table, avx2_runs},
                                                   {&baseline::kernel_table, true}};
#else
  static const std::initializer_list<Level> all = {{&baseline::kernel_table, true}};
#endif
  return all;
}

const Kernels& choose() {
  const char* wanted = std::getenv("SNNRUN_CPU");
  std::string known;
  for (const Level& level : levels()) {
    if (!level.runs) continue;
    if (wanted == nullptr || *wanted == '\0' || level.table->level == std::string(wanted))
      return *level.table;
    known = level.table->level + (known.empty() ? "" : ", " + known);
  }
  throw std::runtime_error("SNNRUN_CPU=" + std::string(wanted) +
                           " does not run on this machine; levels that do: " + known);
}

}  // namespace

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace snnrun
