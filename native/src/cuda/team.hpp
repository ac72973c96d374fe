// A block of threads that works together, so written that the same lines run on the host.
//
// All work is inside `each`, and ends before the next begins; what stands between is the same for
// all threads. On the host the threads of a step run one after the other, in either direction: a
// step whose threads touch each other's memory gives different numbers in the two.
#pragma once
#include <cstdint>

#include "snnrun/math.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// Threads of a team; part of the order of sums, so the same everywhere.
constexpr std::int64_t kTeam = 128;
constexpr std::int64_t kPartialBytes = kTeam * sizeof(double);

#ifndef __CUDA_ARCH__
inline bool backwards = false;  // the order of the emulation
#endif

class Team {
 public:
  explicit SNNRUN_HD Team(char* memory) : memory_(memory) {}

  /// Call work(i) for i below count, on different threads; then wait for all.
  template <class Work>
  SNNRUN_HD void each(std::int64_t count, Work work) const {
#ifdef __CUDA_ARCH__
    for (std::int64_t i = threadIdx.x; i < count; i += kTeam) work(i);
#else
    for (std::int64_t i = 0; i < count; ++i) work(backwards ? count - 1 - i : i);
#endif
    wait();
  }

  /// combine(... combine(start, term(0)) ..., term(count - 1)) as a tree that depends on count
  /// alone.
  template <class F, class Term, class Combine>
  SNNRUN_HD F fold(std::int64_t count, F start, Term term, Combine combine) const {
    F* partial = reinterpret_cast<F*>(memory_);
    each(kTeam, [&](std::int64_t thread) {
      F found = start;
      for (std::int64_t i = thread; i < count; i += kTeam) found = combine(found, term(i));
      partial[thread] = found;
    });
    for (std::int64_t half = kTeam / 2; half > 0; half /= 2)
      each(half, [&](std::int64_t i) { partial[i] = combine(partial[i], partial[i + half]); });
    const F found = partial[0];
    wait();  // before anyone writes there again
    return found;
  }

  /// Fast memory beyond that of `fold`.
  SNNRUN_HD char* memory() const { return memory_ + kPartialBytes; }

 private:
  SNNRUN_HD void wait() const {
#ifdef __CUDA_ARCH__
    __syncthreads();
#endif
  }
  char* memory_;
};

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
