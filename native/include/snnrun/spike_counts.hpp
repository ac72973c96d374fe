// How active a layer was, counted over all that its neurons did.
#pragma once
#include <cstdint>

#include "snnrun/surrogates.hpp"

namespace snnrun {

struct SpikeCounts {
  double spikes = 0;                     // of all neurons at all steps
  std::int64_t silent = 0, saturated = 0;  // neurons without a spike, and with one at every step
};

/// What is counted of spikes [steps, width], 0 or 1; the result does not depend on `threads`.
template <class F>
SpikeCounts count_spikes(const F* spikes, std::int64_t steps, std::int64_t width, int threads);

/// A surrogate derivative, as a share of its height: psi((H - threshold) sharpness).
template <class F>
struct Hump {
  Surrogate kind;
  F threshold, sharpness;
};

/// How many of the membranes H [count] feel a derivative above `level`.
template <class F>
std::int64_t count_felt(const F* membranes, std::int64_t count, const Hump<F>& hump, F level,
                        int threads);

}  // namespace snnrun
