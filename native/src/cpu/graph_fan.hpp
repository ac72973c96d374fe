// Synapses that are not all to all, or have delays far apart: to whom each neuron sends, and when it arrives.
#pragma once
#include <algorithm>
#include <numeric>
#include <vector>

#include "snnrun/graph.hpp"

namespace snnrun {

/// The synapses of each neuron of pre, by delay: those of neuron i with delays[d] are the entries
/// from starts[i * delays.size() + d] up to the next start.
struct Fan {
  struct Entry {
    std::int32_t post, weight;
  };
  std::vector<std::int64_t> delays;  // all that there are, ascending
  std::vector<std::int64_t> starts;
  std::vector<Entry> entries;

  bool empty() const { return delays.empty(); }
  std::int64_t longest() const { return delays.back(); }

  template <class F>
  static Fan of(const GraphSynapses<F>& s, std::int64_t pre, std::int64_t post) {
    Fan fan;
    const std::int64_t count = s.rows * s.width;
    if (s.delays) {
      fan.delays.assign(s.delays, s.delays + count);
      std::sort(fan.delays.begin(), fan.delays.end());
      fan.delays.erase(std::unique(fan.delays.begin(), fan.delays.end()), fan.delays.end());
    } else {
      fan.delays = {s.delay};
    }
    const auto kinds = static_cast<std::int64_t>(fan.delays.size());
    const auto each = [&](auto act) {
      for (std::int64_t p = 0; p < post; ++p) {
        for (std::int64_t k = 0; k < s.width; ++k) {
          const std::int64_t weight = p / s.places * s.width + k;
          const std::int64_t i = s.sees ? s.sees[p % s.windows * s.width + k] : k;
          if (i < 0 || (s.mask && !s.mask[weight])) continue;
          std::int64_t d = 0;
          if (s.delays)
            d = std::lower_bound(fan.delays.begin(), fan.delays.end(), s.delays[weight]) -
                fan.delays.begin();
          act(i * kinds + d, Entry{static_cast<std::int32_t>(p), static_cast<std::int32_t>(weight)});
        }
      }
    };
    fan.starts.assign(pre * kinds + 1, 0);
    each([&](std::int64_t bucket, Entry) { ++fan.starts[bucket + 1]; });
    std::partial_sum(fan.starts.begin(), fan.starts.end(), fan.starts.begin());
    fan.entries.resize(fan.starts.back());
    std::vector<std::int64_t> next(fan.starts.begin(), fan.starts.end() - 1);
    each([&](std::int64_t bucket, Entry entry) { fan.entries[next[bucket]++] = entry; });
    return fan;
  }
};

}  // namespace snnrun
