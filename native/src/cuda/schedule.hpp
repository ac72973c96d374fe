// First spikes on a device, step 1: the inputs of each list in order of arrival.
#pragma once
#include "launch.hpp"
#include "layer.hpp"

namespace snnrun {
inline namespace SNNRUN_LEVEL {

/// A list to be sorted: the i-th key and its tag lie `step` apart.
template <class F>
struct Keys {
  F* key;
  std::int32_t* tag;
  std::int64_t step;

  /// Put two entries into order.
  SNNRUN_HD void exchange(std::int64_t low, std::int64_t high) const {
    F &a = key[low * step], &b = key[high * step];
    std::int32_t &x = tag[low * step], &y = tag[high * step];
    if (!(b < a)) return;
    const F larger_key = a;
    const std::int32_t its_tag = x;
    a = b, x = y;
    b = larger_key, y = its_tag;
  }
};

/// Batcher's merge exchange, for any number of entries: about log^2 steps, each of independent
/// exchanges.
template <class F>
SNNRUN_HD void sort(const Team& team, const Keys<F>& keys, std::int64_t count) {
  std::int64_t top = 1;
  while (2 * top < count) top *= 2;
  for (std::int64_t p = top; p > 0; p /= 2) {
    std::int64_t q = top, r = 0, d = p;
    for (;;) {
      team.each(larger<std::int64_t>(0, count - d), [&](std::int64_t i) {
        if ((i & p) == r) keys.exchange(i, i + d);
      });
      if (q == p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
}

/// The first arrival of each list.
template <class F>
struct FindOrigin {
  Layer<F> y;

  SNNRUN_HD void operator()(const Team& team, std::int64_t list) const {
    const F none = F(INFINITY);
    const F first = team.fold(
        y.pre, none,
        [&](std::int64_t i) {
          const F t = y.arrivals[place(y, list, i)];
          return finite(t) ? t : none;
        },
        [](F a, F b) { return smaller(a, b); });
    team.each(1, [&](std::int64_t) { y.origin[list] = first < none ? first : F(0); });
  }
};

/// Sort the inputs of each list; decays between them. Needs the origins.
template <class F>
struct Order {
  Layer<F> y;
  Schedule<F> to;
  bool fast;  // does a list fit into the fast memory?

  SNNRUN_HD void operator()(const Team& team, std::int64_t list) const {
    const std::int64_t pre = y.pre, first = scheduled(y, list, 0);
    const std::int64_t step = scheduled(y, list, 1) - first;
    F* room = reinterpret_cast<F*>(team.memory());
    const Keys<F> in_place = {to.arrival + first, to.order + first, step};
    const Keys<F> keys =
        fast ? Keys<F>{room, reinterpret_cast<std::int32_t*>(room + pre), 1} : in_place;
    team.each(pre, [&](std::int64_t i) {
      keys.key[i * keys.step] = arrival(y, list, i);
      keys.tag[i * keys.step] = static_cast<std::int32_t>(i);
    });
    sort(team, keys, pre);
    team.each(pre, [&](std::int64_t k) {
      in_place.tag[k * step] = keys.tag[k * keys.step];
      in_place.key[k * step] = smaller(keys.key[k * keys.step], F(kFar));
    });
    team.each(1, [&](std::int64_t) { in_place.key[pre * step] = F(kFar); });
    decays(team, in_place, first);
  }

  SNNRUN_HD void decays(const Team& team, const Keys<F>& sorted, std::int64_t first) const {
    team.each(y.pre, [&](std::int64_t k) {
      const std::int64_t here = k * sorted.step, next = here + sorted.step;
      const F gap = sorted.key[next] - sorted.key[here];
      const Step<F> over = y.ratio == 1 ? step_over<1>(gap) : step_over<2>(gap);
      to.decay[first + here] = over.membrane;
      to.reach[first + here] = over.reach;
    });
  }
};

template <class F>
void find_origins(const Layer<F>& y, void* stream) {
  launch_teams(lists(y), 0, FindOrigin<F>{y}, stream);
}

template <class F>
void order_inputs(const Layer<F>& y, const Schedule<F>& to, void* stream) {
  const std::int64_t bytes = y.pre * (sizeof(F) + sizeof(std::int32_t));
  const bool fast = kPartialBytes + bytes <= kFastBytes;
  launch_teams(lists(y), fast ? bytes : 0, Order<F>{y, to, fast}, stream);
}

}  // namespace SNNRUN_LEVEL
}  // namespace snnrun
